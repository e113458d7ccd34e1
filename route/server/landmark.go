package server

import "slices"

// Landmarks are relays from which ways lead to every other: spread out, so that one of
// the ways comes by near whoever asks, and where many ways pass. They are public and the
// same for all.
type Landmarks struct {
	g       *Graph
	trees   []*Tree
	servers int // of them, the first
}

// Spread chooses up to n landmarks: first those given (route servers, to which every
// node's gradient knows a way, so that this way always joins), then again and again the
// relay that is farthest from all chosen before (Gonzalez 1985) of the busiest fifth: no
// two are near each other, and none is needed where one is. (The farthest of all lie at
// the edge, where no way passes: 1.18 of the best way at the 90th percentile, not 1.11.)
// Relays without a way to the first are none.
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
	l.servers = len(l.trees)
	for busy := busiest(g); len(l.trees) < n && g.Len() > 0; {
		next := l.farthest(nearest, busy)
		if next < 0 {
			next = l.farthest(nearest, g.passes)
		}
		if next < 0 {
			break
		}
		add(next)
	}
	return l
}

// farthest returns the next landmark, of some relays; −1: there is nobody left.
func (l *Landmarks) farthest(nearest []uint32, of []bool) int32 {
	if len(l.trees) == 0 {
		return int32(slices.Index(of, true))
	}
	best, most := int32(-1), uint32(0)
	for i, c := range nearest {
		if c > most && c != Far && of[i] {
			best, most = int32(i), c
		}
	}
	return best
}

// samples is how many trees say where many ways pass.
const samples = 12

// busiest marks the fifth of the relays that pass on through which most ways lead, by
// trees from all over the map (relays near each other have near numbers).
func busiest(g *Graph) []bool {
	behind, busy := make([]uint32, g.Len()), make([]bool, g.Len())
	for i := range min(samples, g.Len()) {
		NewTree(g, int32(i*g.Len()/samples%g.Len())).load(behind)
	}
	var sorted []uint32
	for v, n := range behind {
		if g.passes[v] {
			sorted = append(sorted, n)
		}
	}
	slices.Sort(sorted)
	for v, n := range behind {
		busy[v] = g.passes[v] && n >= sorted[len(sorted)*4/5]
	}
	return busy
}

// Trees returns the landmarks' trees, those of the servers first; they must not be
// changed.
func (l *Landmarks) Trees() []*Tree { return l.trees }
