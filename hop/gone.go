package hop

import (
	"encoding/binary"
	"time"

	"hopwire/hop/onion"
)

// How the end of a circuit is told (wire.md, "Ends"): downstream by Gone, to the
// source by Broken, and by Gone in the other direction where a label is not known.

// saidByNext marks the reason of a Broken cell that is not its sender's own: the next
// hop gave it, in a set-up failed message, since it has no keys yet to speak to the
// source. Without the mark the source would avoid the wrong hop.
const saidByNext = 1 << 7

// ofNext turns the reason of a set-up failed message into that of a Broken cell.
// Refused blames the link between the two hops and needs no mark. A reason that is not
// known counts as Refused.
func ofNext(why Reason) Reason {
	switch why {
	case ReasonFull, ReasonBusy, ReasonNoNext:
		return why | saidByNext
	}
	return ReasonRefused
}

// breakSlot ends the circuit whose next hop was lost. A neighbour whose link still
// stands is told, in case it has the circuit.
func (cs *Circuits) breakSlot(now time.Time, o *slot, why Reason) {
	switch r, c := cs.relay(o.of), cs.circuit(o.of); {
	case r != nil:
		r.lose(now, why)
	case c != nil:
		c.Close(now)
		hop := -1 // the link from us to the first
		if why&saidByNext != 0 {
			hop = 0
		}
		cs.ev.CircuitBroken(now, c, hop, why&^saidByNext)
	}
}

// takeGone: forward, the upstream side has ended the circuit; backward, the
// downstream side does not know it.
func (cs *Circuits) takeGone(now time.Time, s *side, label uint32) {
	cs.N.GoneHeard++
	if label&backward != 0 {
		if o := s.slot(label); o != nil && o.acked {
			cs.breakSlot(now, o, ReasonLinkDown)
		}
		return
	}
	if label&generations == 0 || int(label&indexMask) >= cs.c.MaxCircuits {
		return
	}
	if e := s.entry(label); e.newest == 0 || later(label, e.newest) {
		e.newest = label // it may have overtaken its set-up, which must not be opened then
	}
	if r := s.relay(label); r != nil {
		r.free(now)
	}
	cs.dropPending(s, label)
	cs.dropParked(s, label)
}

// gone has the neighbour told that a circuit of a label of ours has ended.
func (cs *Circuits) gone(now time.Time, s *side, label uint32) {
	if !s.down && len(s.ended) < goneAhead {
		s.ended = append(s.ended, label)
		cs.next.By(now)
	}
}

// tell sends the labels that have ended, many in one message: a thousand circuits
// end with a link. What the link does not take now it is given later.
func (cs *Circuits) tell(now time.Time) {
	for _, s := range cs.links {
		for s != nil && len(s.ended) > 0 {
			n := min(len(s.ended), goneMost)
			if !cs.postGone(now, s, s.ended[:n]) {
				cs.next.By(now.Add(goneRetry))
				break
			}
			s.ended = s.ended[:copy(s.ended, s.ended[n:])]
		}
	}
}

func (cs *Circuits) postGone(now time.Time, s *side, labels []uint32) bool {
	b := make([]byte, 0, 4*len(labels))
	for _, l := range labels {
		b = binary.LittleEndian.AppendUint32(b, l)
	}
	ok := s.l.Post(now, kindGone, b, nil)
	if ok {
		cs.N.GoneSent += uint64(len(labels))
	}
	return ok
}

// unknown is labels, each at the place of its lowest bits, so that none has to be looked
// for: labels are dense. One whose place is taken waits for the next message.
type unknown struct {
	labels *[goneMost]uint32 // 0: none; nil: none yet
	n      int
}

// noteUnknown has the upstream side told that there is no circuit of its label.
func (cs *Circuits) noteUnknown(now time.Time, s *side, label uint32) {
	u := &s.unknown
	if u.labels == nil {
		u.labels = new([goneMost]uint32)
	}
	if place := &u.labels[label%goneMost]; *place == 0 {
		*place = label
		u.n++
		cs.next.By(now) // sayUnknown knows when
	}
}

// sayUnknown tells the upstream side which of its labels have no circuit here, at most
// once a second. A label whose set-up has come in the meantime, or is being worked on,
// is not unknown any more.
func (cs *Circuits) sayUnknown(now time.Time, s *side) {
	switch {
	case s.unknown.n == 0:
		return
	case now.Before(s.goneAt):
		cs.next.By(s.goneAt)
		return
	}
	var labels []uint32
	for _, label := range s.unknown.labels {
		if label != 0 && !s.uses(label) {
			labels = append(labels, label|backward)
		}
	}
	s.unknown = unknown{}
	if len(labels) > 0 {
		cs.postGone(now, s, labels)
		s.goneAt = now.Add(goneGap)
	}
}

// lose makes the relay a tombstone: its next hop is lost, the source shall know.
func (r *relay) lose(now time.Time, why Reason) {
	if r.broken != 0 || r.freed {
		return
	}
	r.cs.N.Tombs++
	r.detach(now)
	r.broken, r.heard, r.cs.noneRests = why, r.cs.at(now), time.Time{}
	r.repeat(now)
}

// repeat says Broken in answer to the newest forward frame. Without one it is
// said to the first that comes.
func (r *relay) repeat(now time.Time) {
	if seq, ok := r.fwd.Highest(); ok {
		r.sayBroken(now, seq)
	}
}

// sayBroken answers a forward frame with the reason, at most once a second.
func (r *relay) sayBroken(now time.Time, seq uint32) {
	at := r.cs.at(now)
	if at.since(r.brokenAt) < brokenGap-momentStep { // a moment is coarse: just brokenGap may look a step shorter
		return
	}
	r.brokenAt = at
	r.answer(now, seq, onion.CellBroken, []byte{byte(r.broken)})
}

// part ends a circuit that could go on, and tells its source why.
func (r *relay) part(now time.Time, why Reason) {
	if seq, ok := r.fwd.Highest(); ok && r.broken == 0 {
		r.answer(now, seq, onion.CellBroken, []byte{byte(why)})
	}
	r.free(now)
}

// detach gives the downstream label back, telling the neighbour.
func (r *relay) detach(now time.Time) {
	if d := r.down; d != nil {
		r.down = nil
		r.onward.End()
		d.release(now, r.downLabel)
		r.cs.gone(now, d, r.downLabel)
	}
}
