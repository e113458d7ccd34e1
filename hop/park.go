package hop

import (
	"slices"
	"time"

	"hopwire/link"
)

// A parkedFrame waits for the set-up of its label: the Diffie-Hellman takes
// milliseconds on a router, and a lost set-up is sent again.
type parkedFrame struct {
	h  link.Header
	f  *link.Frame
	at time.Time
}

// park keeps a frame of an unknown label for a moment.
func (cs *Circuits) park(now time.Time, s *side, h link.Header, f *link.Frame) {
	same := 0
	for i := range s.parked {
		if s.parked[i].h.Label == h.Label {
			same++
		}
	}
	if same >= parkLabel || len(s.parked) >= parkLink || cs.parked >= parkAll {
		cs.N.UnknownLabel++
		cs.unknown(now, s, h.Label)
		cs.c.Env.Free(f)
		return
	}
	cs.N.Parked++
	cs.parked++
	s.parked = append(s.parked, parkedFrame{h, f, now})
	cs.wake(now.Add(parkFor))
}

// unknown has the upstream side told, at most once a second, unless the set-up of
// the label is being worked on.
func (cs *Circuits) unknown(now time.Time, s *side, label uint32) {
	if s.pending(label) != nil || len(s.unknown) >= goneMost || slices.Contains(s.unknown, label|backward) {
		return
	}
	s.unknown = append(s.unknown, label|backward)
	cs.wake(now)
}

// resume passes on what waited for a relay.
func (cs *Circuits) resume(now time.Time, s *side, r *relay) {
	var mine []parkedFrame
	s.parked = slices.DeleteFunc(s.parked, func(p parkedFrame) bool {
		if p.h.Label == r.upLabel {
			mine = append(mine, p)
		}
		return p.h.Label == r.upLabel
	})
	cs.parked -= len(mine)
	for _, p := range mine {
		if r.freed {
			cs.c.Env.Free(p.f)
		} else {
			r.forward(now, p.h, p.f)
		}
	}
}

// expireParked drops what waited too long, but not while its set-up is worked on.
func (cs *Circuits) expireParked(now time.Time, s *side) {
	s.parked = slices.DeleteFunc(s.parked, func(p parkedFrame) bool {
		if due := p.at.Add(parkFor); now.Before(due) {
			cs.wake(due)
			return false
		}
		if s.pending(p.h.Label) != nil && now.Sub(p.at) < 10*parkFor {
			cs.wake(now.Add(parkFor))
			return false
		}
		cs.parked--
		cs.N.ParkExpired++
		cs.unknown(now, s, p.h.Label)
		cs.c.Env.Free(p.f)
		return true
	})
}

// unpark drops everything of a link that went down.
func (cs *Circuits) unpark(s *side) {
	for _, p := range s.parked {
		cs.c.Env.Free(p.f)
	}
	cs.parked -= len(s.parked)
	s.parked = nil
}
