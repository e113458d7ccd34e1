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

func (p *peer) guest(now time.Time) bool {
	return p.active == nil && p.opening == nil && p.idle(now)
}

// source is where the peer was last heard of.
func (p *peer) source() (s source) {
	if len(p.terminals) > 0 {
		s = p.terminals[0].source()
	}
	return s
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

// A tally says how many guests each source has brought, and how many there are.
type tally struct {
	of  map[source]int
	all int
}

func (n *Node) tally(now time.Time) (t tally) {
	t.of = map[source]int{}
	for _, p := range n.order {
		if p.guest(now) && len(p.terminals) > 0 {
			t.add(p.source())
		}
	}
	return t
}

func (t *tally) add(s source) {
	t.all++
	t.of[s]++
	t.of[source{port: s.port}]++
}

// crowd makes room for a guest when guests have all that they may: of the port that has
// brought most of them, and of the neighbour on it that has, the one silent for longest
// goes. The newcomer counts too: it is refused when its own source has most, and none of
// that source rests.
func (n *Node) crowd(now time.Time, most int, from source) bool {
	t := n.tally(now)
	if t.all < most {
		return true
	}
	t.add(from)
	worst := n.worst(now, t)
	s := worst.source()
	more := t.of[source{port: s.port}] > t.of[source{port: from.port}] || s.port == from.port && t.of[s] > t.of[from]
	if !more && now.Sub(worst.touched) < guestRest {
		return false
	}
	worst.forget(now)
	return true
}

// oust makes room for a peer of our own when the table is full, as long as guests have
// more than half of it.
func (n *Node) oust(now time.Time) bool {
	t := n.tally(now)
	if t.all <= n.c.MaxPeers/2 {
		return false
	}
	n.worst(now, t).forget(now)
	return true
}

// worst is the guest that goes first.
func (n *Node) worst(now time.Time, t tally) (worst *peer) {
	var ports, sides int
	for _, p := range n.order {
		if !p.guest(now) || len(p.terminals) == 0 {
			continue
		}
		s := p.source()
		a, b := t.of[source{port: s.port}], t.of[s]
		if worst == nil || a > ports || a == ports && (b > sides || b == sides && p.touched.Before(worst.touched)) {
			worst, ports, sides = p, a, b
		}
	}
	return worst
}
