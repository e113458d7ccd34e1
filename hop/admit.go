package hop

import (
	"bytes"
	"slices"
	"time"

	"hopwire/link"
)

// A pending set-up waits for its Diffie-Hellman.
type pending struct {
	side   *side
	label  uint32
	packet [SetupSize]byte
	as     [SetupSize]byte // as it came, to know a duplicate by
	busy   bool
	gone   bool // ended before it was done
}

func (s *side) pending(label uint32) *pending {
	for _, p := range s.queue {
		if p.label == label {
			return p
		}
	}
	return nil
}

// takeSetup queues a set-up; the queues of the links are served in turn.
func (cs *Circuits) takeSetup(now time.Time, s *side, label uint32, packet *[SetupSize]byte) {
	cs.N.Setups++
	if label&backward != 0 || int(label&indexMask) >= cs.c.MaxCircuits {
		cs.N.BadMessage++
		return
	}
	if p := s.pending(label); p != nil {
		if !bytes.Equal(p.as[:], packet[:]) {
			cs.refuse(now, s, label, ReasonRefused)
		}
		return
	}
	if r := s.relay(label); r != nil {
		return // set up already
	}
	if !s.bucket.take(now, setupRate, setupBurst) || len(s.queue) >= setupQueue {
		cs.N.SetupsLimited++
		cs.refuse(now, s, label, ReasonBusy)
		return
	}
	s.queue = append(s.queue, &pending{side: s, label: label, packet: *packet, as: *packet})
	cs.pump(now)
}

// dropPending forgets a set-up whose circuit has ended already.
func (cs *Circuits) dropPending(s *side, label uint32) {
	if p := s.pending(label); p != nil {
		p.gone = true
	}
}

// refuse tells the upstream neighbour, which answers backward for us.
func (cs *Circuits) refuse(now time.Time, s *side, label uint32, why Reason) {
	cs.N.SetupsRefused++
	if !s.down {
		b := []byte{byte(label), byte(label >> 8), byte(label >> 16), byte(label >> 24), byte(why)}
		s.l.Post(now, kindFailed, b, nil)
	}
}

// pump starts the next set-ups, one of each link in turn.
func (cs *Circuits) pump(now time.Time) {
	for tried := 0; cs.jobs < setupJobs && tried < len(cs.links); tried++ {
		cs.turn = (cs.turn + 1) % len(cs.links)
		s := cs.links[cs.turn]
		if s == nil {
			continue
		}
		i := slices.IndexFunc(s.queue, func(p *pending) bool { return !p.busy })
		if i >= 0 && cs.work(now, s.queue[i]) {
			tried = -1
		}
	}
}

// work opens one set-up elsewhere.
func (cs *Circuits) work(now time.Time, p *pending) bool {
	onion, ok := cs.c.Onion.Private(now, SetupParity(&p.packet))
	if !ok {
		cs.finish(p)
		cs.refuse(now, p.side, p.label, ReasonRefused)
		return true
	}
	key := *onion
	fingerprint := SetupFingerprint(cs.fpKey, &p.packet)
	ok = cs.c.Env.Work(link.Cost{Class: link.ClassSetup, DH: 1}, func() func(time.Time) {
		info, keys, err := OpenSetup(&key, &p.packet)
		return func(now time.Time) {
			cs.jobs--
			cs.finish(p)
			if !p.side.down && !p.gone {
				cs.opened(now, p, info, keys, fingerprint, err)
			}
			cs.pump(now)
		}
	})
	if !ok {
		return false
	}
	p.busy = true
	cs.jobs++
	return true
}

func (cs *Circuits) finish(p *pending) {
	p.side.queue = slices.DeleteFunc(p.side.queue, func(o *pending) bool { return o == p })
}

// opened enters a circuit whose set-up has opened.
func (cs *Circuits) opened(now time.Time, p *pending, info Info, keys *HopKeys, fingerprint uint64, err error) {
	if err != nil {
		cs.refuse(now, p.side, p.label, ReasonRefused)
		return
	}
	if _, ok := cs.victim(now, p.side); !ok { // first: what is refused must not fill the filter
		cs.N.SetupsFull++
		cs.refuse(now, p.side, p.label, ReasonFull)
		return
	}
	fresh, full := cs.filter.Add(now, fingerprint)
	switch {
	case !fresh:
		cs.N.SetupsReplayed++
		cs.refuse(now, p.side, p.label, ReasonRefused)
	case full:
		cs.N.SetupsLimited++
		cs.refuse(now, p.side, p.label, ReasonBusy)
	case info.Last:
		cs.room(now, p.side)
		cs.enter(now, p, info, keys, nil)
	default:
		cs.onward(now, p, info, keys)
	}
}

// onward passes a set-up on.
func (cs *Circuits) onward(now time.Time, p *pending, info Info, keys *HopKeys) {
	next := cs.toward(info.Next)
	switch {
	case next == nil:
		cs.refuse(now, p.side, p.label, ReasonNoNext)
	case next.l.Peer() == p.side.l.Peer():
		cs.refuse(now, p.side, p.label, ReasonRefused)
	default:
		cs.room(now, p.side)
		cs.enter(now, p, info, keys, next)
	}
}

// enter makes the circuit; with a next hop, the set-up goes there ahead of any
// data, since both leave in this turn and messages go first.
func (cs *Circuits) enter(now time.Time, p *pending, info Info, keys *HopKeys, next *side) {
	r := &relay{cs: cs, up: p.side, upLabel: p.label, keys: keys, born: now, heard: now, end: now.Add(info.Life())}
	if next != nil && !r.extend(now, next, &p.packet) {
		cs.refuse(now, p.side, p.label, ReasonFull)
		return
	}
	s, i := p.side, int(p.label&indexMask)
	for len(s.in) <= i {
		s.in = append(s.in, nil)
	}
	if s.in[i] != nil {
		s.in[i].free(now) // its index was given away: it is over for the upstream side
	}
	s.in[i] = r
	s.passing++
	r.place = len(cs.relays)
	cs.relays = append(cs.relays, r)
	s.l.SetBusy(now, true)
	cs.wake(now.Add(time.Second))
	if next == nil {
		r.terminal = &Terminal{r: r}
		cs.ev.Accept(now, r.terminal)
	}
	cs.resume(now, s, r)
}

// room makes place for one circuit from a link, when victim has said that it can.
func (cs *Circuits) room(now time.Time, s *side) {
	if r, _ := cs.victim(now, s); r != nil {
		r.evict(now)
	}
}

// victim says whether a circuit from a link may enter, and which one goes for it:
// nil while there is room, else one that rests, else, when the link has less than
// its share, the youngest of the link with the most.
func (cs *Circuits) victim(now time.Time, s *side) (r *relay, ok bool) {
	if len(cs.relays) < cs.c.MaxCircuits {
		return nil, true
	}
	if r := cs.resting(now); r != nil {
		return r, true
	}
	sides := 0
	var most *side
	for _, o := range cs.links {
		if o == nil {
			continue
		}
		sides++
		if most == nil || o.passing > most.passing {
			most = o
		}
	}
	share := cs.c.MaxCircuits / sides
	if s.passing >= share || most.passing <= share || most == s {
		return nil, false
	}
	return cs.youngest(most), true
}

// resting returns the circuit that has been idle longest, if that is long enough.
func (cs *Circuits) resting(now time.Time) (idle *relay) {
	for _, r := range cs.relays {
		if now.Sub(r.heard) >= evictIdle && (idle == nil || r.heard.Before(idle.heard)) {
			idle = r
		}
	}
	return idle
}

func (cs *Circuits) youngest(s *side) (y *relay) {
	for _, r := range s.in {
		if r != nil && (y == nil || r.born.After(y.born)) {
			y = r
		}
	}
	return y
}
