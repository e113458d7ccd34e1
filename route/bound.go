package route

import (
	"encoding/binary"

	"hopwire/link/identity"
)

// Who invents identities must not push out others. So when the store is full somebody
// leaves for each that comes (wire.md, "Store"), and who would leave at once is refused
// before its signature is verified, and remembered, so that digests do not fetch it again.

// admit has a stored node in the vicinity, and another leave when there are too many; that
// may be itself.
func (m *Map) admit(from *near, w *unverified, o *node) {
	m.settle(o, from.port)
	if m.members[inVicinity] <= m.c.MaxNodes {
		return
	}
	worst := m.leaves(o)
	if worst == o {
		m.spurn(from, w, o.distance)
	} else {
		m.N.Evicted++
	}
	m.release(worst, inVicinity)
}

// keeps says whether a new node would stay.
func (m *Map) keeps(from *near, w *unverified) bool {
	if !m.full() || w.short == m.short {
		return true
	}
	o := m.node(w.short)
	if o == nil {
		o = m.insert(w)
	}
	m.settle(o, from.port)
	stays := m.leaves(o) != o
	if !stays {
		m.spurn(from, w, o.distance)
	}
	m.release(o, inVicinity)
	return stays
}

// leaves chooses who leaves now that x has come: who has no way; else the farthest of
// those behind a node, or first heard on one port, that have more than their share; else
// the farthest of all.
func (m *Map) leaves(x *node) *node {
	m.measure()
	g := &m.graph
	if g.unreached > 0 {
		return m.farthest(x, func(*node) bool { return true })
	}
	if v := g.cuts.crowded(x.vertex); v != 0 {
		return m.farthest(x, func(o *node) bool { return g.cuts.within[o.vertex] == v })
	}
	if p := m.talker(x.from); p != nil {
		return m.farthest(x, func(o *node) bool { return o.from == p })
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
		if o.class&inVicinity != 0 && in(o) && (worst == nil || o.further(worst)) {
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
func (m *Map) tooFar(n *near, w *unverified) bool {
	if o := m.node(w.short); !m.full() || w.short == m.short || o != nil && o.class&inVicinity != 0 {
		return false
	}
	m.measure()
	g := &m.graph
	hops, inside := m.reach(w)
	far := hops == 0 // no way, and the newest
	if !far && g.unreached == 0 && hops >= g.farthest && !g.cuts.forked {
		p := m.talker(n.port)
		far = inside && g.cuts.inner != 0 || g.cuts.inner == 0 && (p == nil || p == n.port)
	}
	if far {
		m.spurn(n, w, hops)
	}
	return far
}

// reach says how far away a new node would be, by the links that it states and others
// state too (0: no way), and whether all of them are behind the innermost node that
// has more than its share behind it.
func (m *Map) reach(w *unverified) (hops int, inside bool) {
	c := &m.graph.cuts
	for _, n := range m.near {
		if n.short == w.short {
			return 1, false
		}
	}
	inside = true
	links := w.a.Links()
	for i := range links.Len() {
		p := m.node(links.ID(i))
		if p == nil || p.distance < 0 {
			continue
		}
		if _, ok := p.raw.Links().Find(w.short); ok {
			if hops == 0 || p.distance+1 < hops {
				hops = p.distance + 1
			}
			inside = inside && (p.vertex == c.inner || c.within[p.vertex] == c.inner)
		}
	}
	return hops, inside
}

// talker returns the port on which more than its share was first heard: p, if it is
// one; else that with the most; nil: there is none.
func (m *Map) talker(p *port) (most *port) {
	ports := 1
	for _, q := range m.ports {
		if len(q.near) > 0 && q != p {
			ports++
		}
	}
	share := max(m.c.MaxNodes/ports, m.c.MaxNodes/8)
	if p.heard > share {
		return p
	}
	for _, q := range m.ports {
		if q.heard > share && (most == nil || q.heard > most.heard) {
			most = q
		}
	}
	return most
}

// A refusal is an announcement that a neighbour has and the full store does not want.
// It holds for that neighbour alone: another may have a better one.
type refusal struct {
	_        [0]func() // not to be compared, which would take code
	id       identity.ShortID
	sequence uint32
	of       uint32 // the neighbour
}

// spurn remembers what was refused, unless there is no way: its neighbour may come later.
func (m *Map) spurn(n *near, w *unverified, hops int) {
	m.N.Refused++
	if hops <= 0 {
		return
	}
	if m.refused == nil {
		m.refused = make([]refusal, 4*m.c.MaxNodes)
	}
	r := m.refusal(n, w.short)
	r.id, r.sequence, r.of = w.short, w.a.Sequence(), n.tag()
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
