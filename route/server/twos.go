package server

import (
	mrand "math/rand/v2"
	"slices"
)

// drawn is how many relays are looked at for each share of the map that matters.
const drawn = 10

// twos looks for gates of two. Between a relay behind one and the root there are two ways
// that share nothing, and no third (Menger 1927); where they end is a gate, and of all
// such the one nearest to the root has most behind it.
func (w *wardens) twos(f *Finder, root int32, r *mrand.Rand) {
	tree, n := NewTree(w.g, root), w.g.Len()
	f.exact = tree
	defer func() { f.exact = nil }()
	looked := map[int32]bool{root: true}
	for range drawn * n / max(w.most, 1) {
		v := w.top[r.IntN(n)]
		if looked[v] || w.crowded(v) || tree.cost[v] == Far || w.g.link(v, root) >= 0 {
			continue
		}
		looked[v] = true
		if gate := f.gate(v, root); gate != nil {
			w.pair(root, gate)
		}
	}
}

// crowded says whether a relay is behind a gate of two already.
func (w *wardens) crowded(v int32) bool {
	n := w.within[v]
	return n >= 0 && len(w.gates[n].Relays) == 2
}

// gate returns the two relays nearest to the root that all ways to a relay pass, or the
// one (where others only seem to be ways, since their relays pass nothing on); nil: there
// are three ways that share nothing, or none.
func (f *Finder) gate(v, root int32) (gate []int32) {
	f.begin(Query{From: v, To: root, K: 3, Disjoint: true}, weigher{})
	for i := 0; f.round(); i++ {
		if i == 2 {
			return nil
		}
	}
	f.flood(root)
	for _, way := range f.disjoint() {
		gate = append(gate, f.first(way.Relays))
	}
	slices.Sort(gate)
	return gate
}

// flood marks the states from which more ways could come to the root.
func (s *search) flood(root int32) {
	s.turn++
	s.best = 0
	m := s.mark(root)
	m.dist[back], m.turn[back] = 0, s.turn
	s.heaps[back] = append(s.heaps[back][:0], entry{0, root})
	for len(s.heaps[back]) > 0 {
		if d, x := s.heaps[back].pop(); d == s.marks[x].dist[back] {
			s.expand(x, back)
		}
	}
}

// first is the first relay of a way from whose departure more ways could come to the
// root: the last that is full.
func (s *search) first(way []int32) int32 {
	for _, v := range way[1 : len(way)-1] {
		if m := &s.marks[v+int32(s.g.Len())]; m.query == s.query && m.turn[back] == s.turn {
			return v
		}
	}
	return way[len(way)-2]
}

// pair enters a gate: behind it is who cannot be reached without it.
func (w *wardens) pair(root int32, gate []int32) {
	reached := make([]bool, w.g.Len())
	for _, v := range gate {
		reached[v] = true
	}
	w.g.reach(root, reached)
	var behind []int32
	for _, v := range gate { // those of the same component
		behind = append(behind, w.g.reach(v, reached)...)
	}
	w.enter(Gate{gate, len(behind)}, slices.Values(behind))
}

// reach marks and returns the relays to which there are ways that avoid those already
// marked.
func (g *Graph) reach(from int32, reached []bool) (all []int32) {
	reached[from] = true
	all = []int32{from}
	for i := 0; i < len(all); i++ {
		if i > 0 && !g.passes[all[i]] {
			continue
		}
		for _, e := range g.from(all[i]) {
			if !reached[e.to] {
				reached[e.to] = true
				all = append(all, e.to)
			}
		}
	}
	return all[1:]
}
