package route

import (
	"math"
	"slices"
	"time"
)

// Of nodes of a sketch.
const (
	answered class = 1 << 6 // it is in the answer
	unsigned class = 1 << 7 // nobody has verified it
)

// sketch returns a copy of the store and of what searches need, for a job that touches
// nothing of the core, to draw in what somebody has answered. Nothing but that and searches
// is done with it. To copy takes about as long as to relay ten frames.
func (m *Map) sketch(now time.Time) *Map {
	g := m.look()
	s := &Map{short: m.short, own: m.own, ownAt: m.ownAt, order: make([]*node, len(m.order), len(m.order)+64), avoid: map[pair]*avoidance{}}
	s.graph.nodes, s.graph.mine = slices.Clone(g.nodes), slices.Clone(g.mine)
	room := 0
	for _, o := range m.order {
		room += len(o.edges)
	}
	nodes, edges := make([]node, len(m.order)), make([]edge, 0, room)
	for i, o := range m.order {
		from := len(edges)
		edges = append(edges, o.edges...)
		p := &nodes[i]
		*p = *o
		p.class, p.edges = 0, edges[from:len(edges):len(edges)]
		s.order[i], s.graph.nodes[p.vertex] = p, p
	}
	for k, a := range m.avoid {
		if now.Before(a.until) {
			a := *a
			s.avoid[k] = &a
		}
	}
	return s
}

// draw draws an announcement into a sketch that is not on it, or newer than what is. False:
// it is older than one that we have had for long.
func (m *Map) draw(w *unverified) (ok bool) {
	o := m.node(w.short)
	switch {
	case w.short == m.short:
		return m.own == nil || !m.own.SameKey(w.a) || !w.a.Before(m.own) || w.at.Sub(m.ownAt) < settledAfter
	case o == nil:
		o = m.insert(w)
	case o.class&answered != 0 || !o.raw.SameKey(w.a):
		return true
	case !o.raw.Before(w.a):
		o.class |= answered
		return !w.a.Before(o.raw) || o.ageAt(w.at) < settledAfter
	default:
		m.replace(o, w.a)
		o.age, o.at, o.since = w.age, w.at, w.at
	}
	o.class |= answered | unsigned
	return true
}

// back finds the cheapest ways from everywhere to a vertex, over those nodes that count.
func (g *graph) back(dest int, counts func(o *node) bool) {
	g.from(dest, 0, len(g.nodes), g.edges, func(from, to int) float64 {
		if from != dest && !g.nodes[from].passes() || !counts(g.nodes[to]) {
			return math.Inf(1)
		}
		return 1
	})
}
