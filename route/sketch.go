package route

import (
	"math"
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route/announce"
)

// A sketch is a copy of what searches see of the store, for a job that touches nothing of
// the core, with what somebody has answered drawn into it. What was not stored is not
// verified either.
type sketch struct {
	searcher
	places []place // by vertex, as in the graph; behind them what is new
	index  map[identity.ShortID]int
	avoid  []avoided
	used   []int // how often a vertex is on a way chosen before
	dest   int
}

// A place is a node in a sketch.
type place struct {
	raw     announce.Raw // nil: a free place
	short   identity.ShortID
	age     time.Duration
	edges   []edge
	stored  bool // verified, and this is its newest
	settled bool // and linked to the same nodes for a while
	in      bool // in the answer
}

type avoided struct {
	pair
	steps announce.Step
}

// sketch copies the store; that takes about as long as to relay ten frames.
func (m *Map) sketch(now time.Time) *sketch {
	g := m.look()
	s := &sketch{places: make([]place, len(g.nodes), len(g.nodes)+64)}
	room := len(g.mine)
	for _, o := range m.order {
		room += len(o.edges)
	}
	edges := append(make([]edge, 0, room), g.mine...)
	for v, o := range g.nodes {
		if o != nil {
			from := len(edges)
			edges = append(edges, o.edges...)
			s.places[v] = place{raw: o.raw, short: o.short, age: o.ageAt(now), edges: edges[from:len(edges):len(edges)],
				stored: true, settled: now.Sub(o.since) >= settledAfter}
		}
	}
	s.places[0] = place{raw: m.own, short: m.short, age: now.Sub(m.ownAt), edges: edges[:len(g.mine):len(g.mine)], stored: true}
	for k, a := range m.avoid {
		if now.Before(a.until) {
			s.avoid = append(s.avoid, avoided{k, announce.Times(a.factor)})
		}
	}
	return s
}

// enter draws an announcement in that is not on it, or newer than what is. False: it is
// older than one that we have had for long.
func (s *sketch) enter(raw announce.Raw, age time.Duration) (ok bool) {
	short := raw.Key().Short()
	v, known := s.index[short]
	switch {
	case !known:
		v = len(s.places)
		s.places = append(s.places, place{short: short})
		s.index[short] = v
	case s.places[v].in || s.places[v].raw == nil || !s.places[v].raw.SameKey(raw):
		return true
	}
	p := &s.places[v]
	p.in = true
	if v == 0 || known && !p.raw.Before(raw) {
		return !raw.Before(p.raw) || p.age < settledAfter
	}
	s.part(v)
	p.raw, p.age, p.stored, p.settled = raw, age, false, false
	s.join(v)
	return true
}

// join finds the edges of what has been entered.
func (s *sketch) join(v int) {
	p := &s.places[v]
	links := p.raw.Links()
	for i := range links.Len() {
		w, ok := s.index[links.ID(i)]
		if !ok || w == v || w == 0 {
			continue
		}
		q := &s.places[w]
		if back, ok := q.raw.Links().Find(p.short); ok {
			c := announce.Cost(links.At(i), back)
			p.edges = append(p.edges, edge{uint16(w), c})
			q.edges = append(q.edges, edge{uint16(v), c})
		}
	}
}

// part takes the edges of a vertex away. Those of ours stay: we measure them.
func (s *sketch) part(v int) {
	for _, e := range s.places[v].edges {
		q := &s.places[e.to]
		keep := q.edges[:0]
		for _, back := range q.edges {
			if int(back.to) != v {
				keep = append(keep, back)
			}
		}
		q.edges = keep
	}
	s.places[v].edges = nil
}

func (s *sketch) edges(v int) []edge { return s.places[v].edges }

// relays says whether a vertex passes circuits on.
func (s *sketch) relays(v int) bool { return s.places[v].raw.Flags()&announce.FlagRelay != 0 }

// back finds the cheapest ways from everywhere to the destination, over those vertices
// that count.
func (s *sketch) back(counts func(p *place) bool) {
	s.from(s.dest, 0, len(s.places), s.edges, func(from, to int) float64 {
		if from != s.dest && !s.relays(from) || !counts(&s.places[to]) {
			return math.Inf(1)
		}
		return 1
	})
}

// shun makes the links dear that have failed us.
func (s *sketch) shun() {
	for _, a := range s.avoid {
		from, ok := s.index[a.from]
		to, also := s.index[a.to]
		if !ok || !also {
			continue
		}
		for i := range s.places[from].edges {
			if e := &s.places[from].edges[i]; int(e.to) == to {
				e.cost = e.cost.Plus(a.steps)
			}
		}
	}
}

// ahead returns the cheapest way to the destination; nil: none, or one with too many hops.
// Nodes of the ways before are dear.
func (s *sketch) ahead() []int {
	s.from(0, s.dest, len(s.places), s.edges, func(from, to int) float64 {
		if from != 0 && !s.relays(from) {
			return math.Inf(1)
		}
		f := 1.0
		if to != s.dest || from == 0 {
			for range s.used[to] {
				f *= penaltyShared
			}
		}
		return f
	})
	way := s.way(s.dest)
	if len(way) > hop.MaxHops {
		return nil
	}
	for _, v := range way {
		s.used[v]++
	}
	return way
}
