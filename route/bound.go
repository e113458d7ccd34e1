package route

import (
	"bytes"
	"encoding/binary"
	"time"

	"hopwire/link/identity"
)

// Who invents identities must not push out others. So when the store is full somebody
// leaves for each that comes (wire.md, "Store"), and who would leave at once is refused
// before its signature is verified, and remembered, so that digests do not fetch it again.

func (m *Map) full() bool { return len(m.order) >= m.c.MaxNodes }

// admit stores a new node and has another leave when there are too many; nil: itself.
func (m *Map) admit(now time.Time, from *near, a raw, age time.Duration) *node {
	o := m.insert(now, from.origin(), a, age)
	if len(m.order) <= m.c.MaxNodes {
		return o
	}
	worst := m.leaves(o)
	m.remove(worst)
	if worst == o {
		m.spurn(from, a)
		return nil
	}
	m.N.Evicted++
	return o
}

// keeps says whether a new node would stay.
func (m *Map) keeps(now time.Time, from *near, a raw) bool {
	o := m.insert(now, from.origin(), a, 0)
	worst := m.leaves(o)
	m.remove(o)
	return worst != o
}

// leaves chooses who leaves now that x has come: who has no way; else the farthest of
// those behind a node, or first heard from one neighbour, that have more than their
// share; else the farthest of all.
func (m *Map) leaves(x *node) *node {
	m.measure()
	g := &m.graph
	if g.unreached > 0 {
		return m.farthest(x, func(*node) bool { return true })
	}
	if v := g.cuts.crowded(x.vertex); v != 0 {
		return m.farthest(x, func(o *node) bool { return g.cuts.within[o.vertex] == v })
	}
	if who, over := m.talker(x.from); over {
		return m.farthest(x, func(o *node) bool { return o.from.of(who) })
	}
	return m.farthest(x, func(*node) bool { return true })
}

// farthest returns the node to leave: no way to it, else most hops, else newest, which
// is x.
func (m *Map) farthest(x *node, in func(*node) bool) (worst *node) {
	if in(x) {
		worst = x
	}
	for _, o := range m.order {
		if in(o) && (worst == nil || o.further(worst)) {
			worst = o
		}
	}
	return worst
}

func (o *node) further(than *node) bool {
	if (o.distance < 0) != (than.distance < 0) {
		return o.distance < 0
	}
	if o.distance != than.distance {
		return o.distance > than.distance
	}
	return o.at.After(than.at)
}

// tooFar says without much work that a new node would leave at once, as most do that
// come from beyond the horizon. False: it may have to.
func (m *Map) tooFar(n *near, a raw) bool {
	m.measure()
	g := &m.graph
	hops, inside := m.reach(a)
	switch {
	case hops == 0:
		return true // no way, and the newest
	case g.unreached > 0 || hops < g.farthest || g.cuts.forked:
		return false
	case g.cuts.inner != 0:
		return inside
	}
	who, over := m.talker(n.origin())
	return !over || n.origin().of(who)
}

// reach says how far away a new node would be, by the links that it states and others
// state too (0: no way), and whether all of them are behind the innermost node that
// has more than its share behind it.
func (m *Map) reach(a raw) (hops int, inside bool) {
	short, c := a.key().Short(), &m.graph.cuts
	for _, n := range m.near {
		if n.short == short {
			return 1, false
		}
	}
	inside = true
	for links := a.links(); len(links) > 0; links = links[linkSize:] {
		p := m.node(identity.ShortID(links[offLinkID:]))
		if p == nil || p.distance < 0 {
			continue
		}
		if _, ok := p.states(short); ok {
			if hops == 0 || p.distance+1 < hops {
				hops = p.distance + 1
			}
			inside = inside && (p.vertex == c.inner || c.within[p.vertex] == c.inner)
		}
	}
	return hops, inside
}

// of says whether an origin is, or is on, another.
func (o origin) of(who origin) bool {
	return o.port == who.port && (o.short == who.short || who.short == identity.ShortID{})
}

// count keeps the number of nodes first heard from each port and neighbour. What a
// neighbour says of itself does not count for it.
func (m *Map) count(o *node, by int) {
	add := func(who origin) {
		if m.heard[who] += by; m.heard[who] == 0 {
			delete(m.heard, who)
		}
	}
	add(origin{port: o.from.port})
	if o.from.short != o.short {
		add(o.from)
	}
}

// talker returns the port or neighbour that has told more than its share: that of x,
// if it has; else the one that has told most.
func (m *Map) talker(x origin) (who origin, over bool) {
	ports := 0
	for _, p := range m.ports {
		ports += min(len(p.near), 1)
	}
	share := func(o origin) int {
		parts := len(m.near)
		if o.short == (identity.ShortID{}) {
			parts = ports
		}
		return max(m.c.MaxNodes/max(parts, 1), m.c.MaxNodes/8)
	}
	for _, own := range [...]origin{{port: x.port}, x} {
		if m.heard[own] > share(own) {
			return own, true
		}
	}
	most := 0
	for o, n := range m.heard {
		if n > share(o) && (n > most || n == most && o.before(who)) {
			who, most = o, n
		}
	}
	return who, most > 0
}

func (o origin) before(b origin) bool {
	return o.port < b.port || o.port == b.port && bytes.Compare(o.short[:], b.short[:]) < 0
}

// A refusal is an announcement that a neighbour has and the full store does not want.
// It holds for that neighbour alone: another may have a better one.
type refusal struct {
	id       identity.ShortID
	sequence uint32
	of       uint32 // the neighbour
	lost     bool   // there was no way to it
}

// spurn remembers what was refused.
func (m *Map) spurn(n *near, a raw) {
	m.N.Refused++
	if m.refused == nil {
		m.refused = make([]refusal, 4*m.c.MaxNodes)
	}
	hops, _ := m.reach(a)
	r := m.refusal(n, a.key().Short())
	*r = refusal{a.key().Short(), a.sequence(), n.tag(), hops == 0}
}

func (n *near) tag() uint32 { return binary.LittleEndian.Uint32(n.short[:]) }

// refusal is the place of one; what stood there before is forgotten.
func (m *Map) refusal(n *near, id identity.ShortID) *refusal {
	return &m.refused[(binary.LittleEndian.Uint32(id[:])^n.tag())%uint32(len(m.refused))]
}

// spurned says whether what a neighbour has was refused before.
func (m *Map) spurned(n *near, id identity.ShortID, sequence uint32) bool {
	if m.refused == nil || !m.full() {
		return false
	}
	r := m.refusal(n, id)
	return r.id == id && r.of == n.tag() && int32(sequence-r.sequence) <= 0
}

// recall asks again for nodes to which there was no way, when one that links to them
// has come.
func (m *Map) recall(n *near, o *node) {
	if m.refused == nil {
		return
	}
	for links := o.raw.links(); len(links) > 0; links = links[linkSize:] {
		id := identity.ShortID(links[offLinkID:])
		if r := m.refusal(n, id); r.id == id && r.of == n.tag() && r.lost {
			m.wish(n, id, r.sequence)
			*r = refusal{}
		}
	}
}
