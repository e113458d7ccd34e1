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
	order := append(l.nearest(l.trees[:l.servers], to), l.nearest(l.trees[l.servers:], to)...)
	for _, t := range order {
		if !a.add(t.Way(a.way[:0], to)) {
			break
		}
	}
	return a.relays
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
