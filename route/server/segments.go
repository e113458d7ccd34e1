package server

import (
	"cmp"
	"slices"
)

// Segments returns the relays on the cheapest ways from the landmarks to a relay, each
// once and the relay first: the ways from the servers, so that one that a node's gradient
// knows is always among them, then from the others; of each the nearest first. size says
// how many bytes a relay takes in an answer; a way that would take the whole beyond most
// is left out, and so are those that come after it. The same question has the same answer
// whoever asks.
func (l *Landmarks) Segments(to int32, most int, size func(relay int32) int) []int32 {
	a := answer{left: most, size: size, seen: make([]bool, l.g.Len())}
	l.gather(&a, to, nil)
	return a.relays
}

// Segments is that of Landmarks, and where there are few servers it has a second way from
// each, with no relay in common with the first: else all ways of an answer may enter a
// relay by the same few others, and a node that knows one server finds no second path.
// The second way is left out where it takes long to be found.
func (f *Finder) Segments(to int32, most int, size func(relay int32) int) []int32 {
	a := answer{left: most, size: size, seen: f.seen, way: f.room}
	f.l.gather(&a, to, f)
	for _, r := range a.relays {
		f.seen[r] = false
	}
	f.room = a.way
	return a.relays
}

// fewServers is with how many servers there are second ways from them in an answer. Of
// more servers the ways differ anyway (relays shared by both paths at p99: 4 with one
// server, 2 with four, 1 with eight).
const fewServers = 2

func (l *Landmarks) gather(a *answer, to int32, f *Finder) {
	servers, others := l.nearest(l.trees[:l.servers], to), l.nearest(l.trees[l.servers:], to)
	for _, t := range servers {
		if !a.add(t.Way(a.way[:0], to)) {
			return
		}
	}
	if f != nil && l.servers <= fewServers {
		for _, t := range servers {
			for _, w := range f.pair(to, t) {
				a.add(append(a.way[:0], w...))
			}
		}
	}
	for _, t := range others {
		if !a.add(t.Way(a.way[:0], to)) {
			return
		}
	}
}

// nearest puts trees in order of their distance; those without a way are left out.
func (l *Landmarks) nearest(trees []*Tree, to int32) []*Tree {
	order := slices.DeleteFunc(slices.Clone(trees), func(t *Tree) bool { return t.cost[to] == Far })
	slices.SortStableFunc(order, func(a, b *Tree) int { return cmp.Compare(a.cost[to], b.cost[to]) })
	return order
}

// An answer grows by whole ways.
type answer struct {
	relays []int32
	seen   []bool // of all relays
	left   int    // bytes
	size   func(relay int32) int
	way    []int32 // room for one
}

// add takes a way, or nothing of it when it is too large.
func (a *answer) add(way []int32) bool {
	a.way = slices.DeleteFunc(way, func(r int32) bool { return a.seen[r] })
	sum := 0
	for _, r := range a.way {
		sum += a.size(r)
	}
	if sum > a.left {
		return false
	}
	a.left -= sum
	for _, r := range a.way {
		a.seen[r] = true
	}
	a.relays = append(a.relays, a.way...)
	return true
}

// mostStates is how far a second way is looked for: 0.2 ms. Of 100,000 relays with 2 % of
// long links 97 in 100 have it; without any, where ways are 200 hops long, few.
const mostStates = 1000

// pair finds two ways from a relay to a landmark that share no other relay. Its tree says
// how far it is from everywhere, so that only what is on no best way is looked at: from
// the relay on, since from the landmark back all is on one.
func (f *Finder) pair(from int32, t *Tree) (ways [][]int32) {
	if from == t.Root || t.cost[from] == Far {
		return nil
	}
	f.exact, f.most = t, mostStates
	f.begin(Query{From: from, To: t.Root, K: 2, Disjoint: true}, weigher{})
	for range 2 {
		if !f.round() {
			break
		}
	}
	f.exact, f.most = nil, 0
	for _, w := range f.disjoint() {
		ways = append(ways, w.Relays)
	}
	return ways
}
