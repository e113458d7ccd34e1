package server

import (
	"cmp"
	"slices"
)

// Landmarks are relays from which ways lead to every other: spread out, so that one of
// the ways comes by near whoever asks. They are public and the same for all.
type Landmarks struct {
	g     *Graph
	trees []*Tree
}

// Spread chooses up to n landmarks: first those given (route servers, to which every
// node's gradient knows a way, so that this way always joins), then again and again the
// relay that is farthest from all chosen before (Gonzalez 1985): no two are near each
// other, and none is needed where one is. Relays without a way to the first are none.
func Spread(g *Graph, first []int32, n int) *Landmarks {
	l := &Landmarks{g: g}
	nearest := slices.Repeat([]uint32{Far}, g.Len())
	add := func(relay int32) {
		t := NewTree(g, relay)
		l.trees = append(l.trees, t)
		for i, c := range t.cost {
			nearest[i] = min(nearest[i], c)
		}
	}
	for _, r := range first {
		if len(l.trees) < n && nearest[r] != 0 {
			add(r)
		}
	}
	for len(l.trees) < n && g.Len() > 0 {
		next := l.farthest(nearest)
		if next < 0 {
			break
		}
		add(next)
	}
	return l
}

// farthest returns the next landmark; −1: there is nobody left.
func (l *Landmarks) farthest(nearest []uint32) int32 {
	if len(l.trees) == 0 {
		return int32(slices.Index(l.g.passes, true))
	}
	best, most := int32(-1), uint32(0)
	for i, c := range nearest {
		if c > most && c != Far && l.g.passes[i] {
			best, most = int32(i), c
		}
	}
	return best
}

// Trees returns the landmarks' trees; they must not be changed.
func (l *Landmarks) Trees() []*Tree { return l.trees }

// Segments returns the relays on the cheapest ways from the landmarks to a relay, each
// once and the relay first: the way from its nearest landmark, what the next adds, and
// so on. size says how many bytes a relay takes in an answer; a way that would take the
// whole beyond most is left out, and so are those of landmarks still farther. The same
// question has the same answer whoever asks.
func (l *Landmarks) Segments(to int32, most int, size func(relay int32) int) []int32 {
	order := make([]*Tree, 0, len(l.trees))
	for _, t := range l.trees {
		if t.cost[to] != Far {
			order = append(order, t)
		}
	}
	slices.SortStableFunc(order, func(a, b *Tree) int { return cmp.Compare(a.cost[to], b.cost[to]) })
	var relays, way []int32
	seen := map[int32]bool{}
	for _, t := range order {
		way = slices.DeleteFunc(t.Way(way[:0], to), func(r int32) bool { return seen[r] })
		for _, r := range way {
			most -= size(r)
		}
		if most < 0 {
			break
		}
		for _, r := range way {
			seen[r] = true
		}
		relays = append(relays, way...)
	}
	return relays
}
