package hop

import (
	"time"

	"hopwire/link"
)

// endsATurn is how many circuits of links that went down end in one turn: it has the node
// to itself, and all 2,048 of a full table would keep frames of others waiting for 2 ms on
// amd64, and for a tenth of a second on MIPS.
const endsATurn = 256

// LinkDown ends every circuit over the link: those that came from it are gone,
// those that went to it are broken. Many do not end at once, but in the next calls of
// Advance; until then the link loses what is sent by it.
func (cs *Circuits) LinkDown(now time.Time, l *link.Link) {
	s := cs.side(l)
	if s == nil {
		return
	}
	cs.links[l.Index] = nil
	s.down, s.outs, s.ins = true, len(s.out), len(s.in)
	cs.unparkAll(s)
	cs.leave(s.account)
	cs.ending = append(cs.ending, s)
	cs.next.By(now)
}

// endSome goes on with the circuits of links that went down.
func (cs *Circuits) endSome(now time.Time) {
	for left := endsATurn; len(cs.ending) > 0; {
		if left = cs.ending[0].end(now, left); left == 0 {
			cs.next.By(now)
			return
		}
		cs.ending[0] = nil
		cs.ending = cs.ending[1:]
	}
	cs.ending = nil
}

// end ends at most so many circuits of a link that went down, and returns how many less it
// were: zero, there may be more. First come our own, whose traffic has to move.
func (s *side) end(now time.Time, left int) int {
	cs := s.cs
	for i := len(cs.own) - 1; i >= 0 && left > 0; i-- {
		if i >= len(cs.own) {
			continue // ending one may have ended others
		}
		if c := cs.own[i]; c.side == s {
			cs.breakSlot(now, s.slot(c.label), ReasonLinkDown)
			left--
		}
	}
	for ; s.outs > 0 && left > 0; s.outs-- {
		if o := &s.out[s.outs-1]; o.of != 0 {
			cs.breakSlot(now, o, ReasonLinkDown)
			left--
		}
	}
	for ; s.ins > 0 && left > 0; s.ins-- {
		if r := cs.relay(s.in[s.ins-1].of); r != nil {
			r.free(now)
			left--
		}
	}
	return left
}
