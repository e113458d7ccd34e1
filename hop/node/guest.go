package node

import (
	"time"

	"hopwire/link/identity"
)

// A guest is a peer that came by itself: we have no traffic of our own for it. Anybody can
// make up guests, so they get no more than three quarters of the table of peers: the rest
// is for our own calls out. Among themselves guests share by source.

// guestRest is how long a guest must have been silent to make room for another of the
// same source, which may be as bad or as good.
const guestRest = 2 * time.Second

//go:noinline
func (p *peer) guest(now time.Time) bool {
	return p.active == nil && p.opening == nil && p.idle(now)
}

// welcome returns the state of a peer that has come by itself; nil: there is no room.
func (n *Node) welcome(now time.Time, key identity.Key, from source) *peer {
	most := n.c.MaxPeers - n.c.MaxPeers/4
	if n.peers[key] == nil && len(n.order) >= most && !n.crowd(now, most, from) {
		n.N.NoRoom++
		return nil
	}
	return n.peer(now, key)
}

// A tally is how many guests each source has brought.
type tally map[source]int

func (t tally) add(s source) {
	t[s]++
	t[s.port()]++
}

// crowd makes room for a guest when guests have all that they may: of the port that has
// brought most of them, and of the neighbour on it that has, the one silent for longest
// goes. The newcomer counts too: it is refused when its own source has most, and none of
// that source rests.
func (n *Node) crowd(now time.Time, most int, from source) bool {
	t, guests := tally{}, n.guests(now)
	if len(guests) < most {
		return true
	}
	t.add(from)
	worst := t.worst(guests)
	s := worst.from
	more := t[s.port()] > t[from.port()] || s.port() == from.port() && t[s] > t[from]
	if !more && now.Sub(worst.touched) < guestRest {
		return false
	}
	worst.forget(now)
	return true
}

// oust makes room for a peer of our own when the table is full, as long as guests have
// more than half of it.
func (n *Node) oust(now time.Time) bool {
	guests := n.guests(now)
	if len(guests) <= n.c.MaxPeers/2 {
		return false
	}
	tally{}.worst(guests).forget(now)
	return true
}

// guests are those that have a circuit here, or had one and still have a call.
func (n *Node) guests(now time.Time) (all []*peer) {
	for _, p := range n.order {
		if p.from != 0 && p.guest(now) {
			all = append(all, p)
		}
	}
	return all
}

// worst counts the guests and returns the one that goes first.
func (t tally) worst(guests []*peer) (worst *peer) {
	for _, p := range guests {
		t.add(p.from)
	}
	most := 0
	for _, p := range guests {
		s := p.from
		order := t[s.port()]<<16 + t[s]
		if order > most || order == most && p.touched.Before(worst.touched) {
			worst, most = p, order
		}
	}
	return worst
}
