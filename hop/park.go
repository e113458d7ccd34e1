package hop

import (
	"slices"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

// A parkedFrame waits for the set-up of its label: the Diffie-Hellman takes
// milliseconds on a router, and a lost set-up is sent again.
type parkedFrame struct {
	h  link.Header
	f  *link.Frame
	at time.Time
}

// park keeps a frame of a label that may be set up in a moment.
func (cs *Circuits) park(now time.Time, s *side, h link.Header, f *link.Frame) {
	same := 0
	if s.over(h.Label) || int(h.Label&indexMask) >= cs.c.MaxCircuits {
		same = parkLabel
	}
	for i := range s.parked {
		if s.parked[i].h.Label == h.Label {
			same++
		}
	}
	if same >= parkLabel || !cs.takePark(s.account) {
		cs.N.UnknownLabel++
		cs.noteUnknown(now, s, h.Label)
		cs.c.Env.Free(f)
		return
	}
	cs.N.Parked++
	s.parked = append(s.parked, parkedFrame{h, f, now})
	cs.next.By(now.Add(parkFor))
}

// resume passes on what waited for a circuit.
func (cs *Circuits) resume(now time.Time, s *side, label uint32) {
	for _, p := range cs.unparked(s, label) {
		if s.relay(label) != nil {
			cs.Frame(now, s.l, p.h, p.f)
		} else {
			cs.c.Env.Free(p.f)
		}
	}
}

// dropParked drops what waited for a circuit that will not be.
func (cs *Circuits) dropParked(s *side, label uint32) {
	for _, p := range cs.unparked(s, label) {
		cs.c.Env.Free(p.f)
	}
}

// unparked takes out the frames of a label, in the order in which they came.
func (cs *Circuits) unparked(s *side, label uint32) (mine []parkedFrame) {
	s.parked = slices.DeleteFunc(s.parked, func(p parkedFrame) bool {
		if p.h.Label == label {
			mine = append(mine, p)
		}
		return p.h.Label == label
	})
	cs.unpark(s.account, len(mine))
	return mine
}

// expireParked drops what waited too long, but not while its set-up is worked on.
func (cs *Circuits) expireParked(now time.Time, s *side) {
	s.parked = slices.DeleteFunc(s.parked, func(p parkedFrame) bool {
		if due := p.at.Add(parkFor); now.Before(due) {
			cs.next.By(due)
			return false
		}
		if s.relay(p.h.Label) != nil || s.pending(p.h.Label) != nil && now.Sub(p.at) < 10*parkFor {
			cs.next.By(now.Add(parkFor))
			return false
		}
		cs.unpark(s.account, 1)
		cs.N.ParkExpired++
		cs.noteUnknown(now, s, p.h.Label)
		cs.c.Env.Free(p.f)
		return true
	})
}

// unparkAll drops everything of a link that went down.
func (cs *Circuits) unparkAll(s *side) {
	for _, p := range s.parked {
		cs.c.Env.Free(p.f)
	}
	cs.unpark(s.account, len(s.parked))
	s.parked = nil
}

// A follower waits until its set-up has left, so that frames do not overtake it. It is a
// relay, by link and label, with the frames parked for it; or a circuit of ours with
// its keys, whose owner is then told that frames can be sent.
type follower struct {
	side    *side
	label   uint32
	circuit *Circuit
	keys    []*onion.HopKeys
}

// afterSetup lets frames follow once the set-up of this turn is on its way: the
// links send messages at the end of a turn, and frames at once.
func (cs *Circuits) afterSetup(now time.Time, f follower) {
	cs.behind = append(cs.behind, f)
	cs.next.By(now)
}

// followSetups serves the followers whose set-ups have left, and keeps those of this
// turn, whose set-ups leave at its end, for the next call.
func (cs *Circuits) followSetups(now time.Time) {
	ready := cs.follow
	cs.follow, cs.behind = cs.behind, nil
	if len(cs.follow) > 0 {
		cs.next.By(now)
	}
	for _, f := range ready {
		switch c := f.circuit; {
		case c == nil:
			cs.resume(now, f.side, f.label)
		case !c.ended:
			c.setKeys(f.keys)
			c.reached(now)
		default:
			wipe(f.keys)
		}
	}
}
