package server

import (
	"math"
	"slices"
)

// A Metric says which of two ways is the better.
type Metric byte

const (
	Latency  Metric = iota // the least cost, as circuits find their ways
	Capacity               // the widest; of those the least cost
	Loss                   // the least loss; of those the least cost
	Price                  // the cheapest; of those the least cost
)

// A Query asks for ways between two relays. It names who asks and what he avoids, so it
// is for a server's own people only (routes.md, "Paths").
type Query struct {
	From, To int32
	K        int // ways, at most MostWays
	By       Metric
	Disjoint bool    // no relay in two ways; else as few as can be had
	Avoid    []int32 // no way goes through these
	Limits   Limits
}

// Limits are what a way may have at most, or at least; 0: any.
type Limits struct {
	Hops  int     // at most
	Cost  uint64  // at most, µs
	Kbits uint32  // at least
	Loss  float64 // at most, 0 to 1
	Price uint64  // at most, of all relays in between
}

// A Way is the relays of a way, both ends included, and what it comes to.
type Way struct {
	Relays []int32
	Cost   uint64  // µs
	Kbits  uint32  // of the narrowest link, a power of two
	Loss   float64 // 0 to 1
	Price  uint64  // of the relays in between
}

// MostWays is how many ways one question has at most.
const MostWays = 8

// shared is what a relay of an earlier way costs, as a factor, when ways need not be
// disjoint: as in the node's own search (route/announce/wire.md, "Cost").
const shared = 16

// A Finder answers questions. It holds 118 bytes for each relay, and is not safe for
// concurrent use; Finders of one Landmarks may be used side by side.
type Finder struct {
	search
	widths *widths
}

// NewFinder returns a Finder on the graph of some landmarks: their trees say how far it
// is at least, so that a search looks at little else than what lies between.
func NewFinder(l *Landmarks) *Finder {
	return &Finder{search: newSearch(l), widths: newWidths(l.g)}
}

// Paths returns up to q.K ways, the best first; none when there is none within the
// limits. Disjoint ways have the least sum (Suurballe 1974); by Capacity, the narrowest
// of them is as wide as can be.
func (f *Finder) Paths(q Query) []Way {
	n := int32(f.g.Len())
	if q.From < 0 || q.To < 0 || q.From >= n || q.To >= n || q.From == q.To {
		return nil
	}
	q.K = min(max(q.K, 1), MostWays)
	if q.By != Capacity {
		return f.within(q, rateOf(max(q.Limits.Kbits, 1), 0).bits)
	}
	return f.widest(q)
}

// widest looks for ways that are as wide as can be: first at the width of the widest,
// then at half of it, until there are as many as are wanted.
func (f *Finder) widest(q Query) (best []Way) {
	least := rateOf(max(q.Limits.Kbits, 1), 0).bits
	for bits := f.widths.between(q.From, q.To); bits >= least && bits > 0 && len(best) < q.K; bits-- {
		if ways := f.within(q, bits); len(ways) > len(best) {
			best = ways
		}
		if !q.Disjoint && len(best) > 0 {
			break
		}
	}
	return best
}

// within finds ways of links of at least a width. Where the best exceed a limit, the
// excess is weighed in, ever more, and at last alone, until they do not (the constrained
// problem itself is NP-hard; this is the relaxation of Jüttner and others 2001, in steps).
// Ways that exceed a limit even so are left out.
func (f *Finder) within(q Query, bits byte) []Way {
	w := weigher{by: q.By, bits: bits}
	ways := f.find(q, w)
	if e := q.Limits.exceededBy(ways); e != nothing {
		tries := []weigher{{by: q.By, bits: bits, also: e, extra: 4}, {by: q.By, bits: bits, also: e, extra: 10},
			{by: q.By, bits: bits, also: e, extra: 16}, e.alone(bits)}
		for i := 0; i < len(tries) && q.Limits.exceededBy(ways) != nothing; i++ {
			ways = f.find(q, tries[i])
		}
	}
	return slices.DeleteFunc(ways, func(w Way) bool { return q.Limits.exceeded(w) != nothing })
}

// find is one search for all ways, by one weigher.
func (f *Finder) find(q Query, w weigher) (ways []Way) {
	f.begin(q, w)
	for range q.K {
		if !f.round() {
			break
		}
		if !q.Disjoint {
			if way := f.take(); !slices.ContainsFunc(ways, func(o Way) bool { return slices.Equal(o.Relays, way.Relays) }) {
				ways = append(ways, way)
			}
		}
	}
	if q.Disjoint {
		ways = f.disjoint()
	}
	return ways
}

// exceededBy says which limit one of some ways exceeds.
func (l *Limits) exceededBy(ways []Way) excess {
	for _, w := range ways {
		if e := l.exceeded(w); e != nothing {
			return e
		}
	}
	return nothing
}

// exceeded says which limit a way exceeds.
func (l *Limits) exceeded(w Way) excess {
	switch {
	case l.Hops > 0 && len(w.Relays)-1 > l.Hops:
		return hops
	case l.Cost > 0 && w.Cost > l.Cost:
		return cost
	case l.Loss > 0 && w.Loss > l.Loss:
		return loss
	case l.Price > 0 && w.Price > l.Price:
		return price
	}
	return nothing
}

// sum says what a way comes to.
func (g *Graph) sum(relays []int32) Way {
	w, arrives := Way{Relays: relays, Kbits: math.MaxUint32}, 1.0
	for i, to := range relays[1:] {
		e := g.link(relays[i], to)
		w.Cost += uint64(g.links[e].cost)
		w.Kbits = min(w.Kbits, 1<<(g.rates[e].bits-1))
		arrives *= 1 - float64(g.rates[e].loss)/256
		if i+2 < len(relays) {
			w.Price += uint64(g.prices[to])
		}
	}
	w.Loss = 1 - arrives
	return w
}

// link is the number of a link; −1: there is none.
func (g *Graph) link(from, to int32) int32 {
	for i, e := range g.from(from) {
		if e.to == to {
			return g.first[from] + int32(i)
		}
	}
	return -1
}
