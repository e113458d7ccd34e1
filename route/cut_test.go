package route

import (
	mrand "math/rand/v2"
	"testing"

	"hopwire/link/identity"
)

// randomMap has n nodes linked by chance, few enough for cuts, and neighbours on three
// ports.
func randomMap(t *testing.T, seed uint64) *Map {
	r := mrand.New(mrand.NewPCG(seed, 1))
	m, _ := newTestMap(t, 64)
	n := 5 + r.IntN(55)
	c := &crowd{ids: make([]identity.Key, n), links: make([][]int, n)}
	for i := range n {
		c.ids[i] = identity.Key{byte(i), byte(seed), byte(seed >> 8)}
		if i > 0 && r.IntN(20) > 0 {
			c.join(i, max(0, i-1-r.IntN(4)))
		}
	}
	for range r.IntN(n) {
		i := r.IntN(n)
		c.join(i, min(n-1, i+r.IntN(5)))
	}
	for range 1 + r.IntN(4) {
		m.enter(m.port(r.IntN(3)), c.ids[r.IntN(n)].Short()).flying = sendWindow
	}
	for i := range n {
		m.install(m.near[0], said(c.says(i), testNow))
	}
	return m
}

// slowReach are the vertices that can be reached without one.
func slowReach(g *graph, without int) map[int]bool {
	seen, queue := map[int]bool{0: true}, []int{0}
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		for i := 0; ; i++ {
			w, ok := g.neighbour(v, i)
			if !ok {
				break
			}
			if w != without && !seen[w] {
				seen[w] = true
				queue = append(queue, w)
			}
		}
	}
	return seen
}

// TestCutsSlowTwin: on random graphs, what is behind each vertex is what cannot be
// reached when it is taken away; and a node is within the crowded vertex with the least
// behind it of those that it is behind.
func TestCutsSlowTwin(t *testing.T) {
	crowded := 0
	for seed := range uint64(400) {
		m := randomMap(t, seed)
		m.measure()
		g, c := &m.graph, &m.graph.cuts
		all, within := slowReach(g, -1), map[int]int{}
		for v := 1; v < len(g.nodes)+len(g.ports); v++ {
			left, behind := slowReach(g, v), 0
			for o := 1; o < len(g.nodes); o++ {
				if all[o] && !left[o] && o != v {
					behind++
				}
			}
			if c.behind[v] != behind {
				t.Fatalf("seed %d: %d nodes behind %d, want %d", seed, c.behind[v], v, behind)
			}
			for o := 1; o < len(g.nodes) && behind > m.c.MaxNodes/8; o++ {
				if w := within[o]; all[o] && !left[o] && o != v && (w == 0 || behind < c.behind[w]) {
					within[o] = v
				}
			}
		}
		for o := 1; o < len(g.nodes); o++ {
			if c.within[o] != within[o] {
				t.Fatalf("seed %d: %d is within %d, want %d", seed, o, c.within[o], within[o])
			}
			crowded += min(within[o], 1)
			if (g.nodes[o].distance < 0) == all[o] {
				t.Fatalf("seed %d: distance %d of %d", seed, g.nodes[o].distance, o)
			}
		}
	}
	if crowded < 1000 {
		t.Errorf("only %d nodes were behind a crowded vertex: the graphs are too dense", crowded)
	}
}

// TestRingHasNoCuts: the first neighbour that a search happens to visit is none.
func TestRingHasNoCuts(t *testing.T) {
	m, _ := newTestMap(t, 64)
	c := &crowd{ids: make([]identity.Key, 40), links: make([][]int, 40)}
	for i := range c.ids {
		c.ids[i] = identity.Key{byte(i), 1}
	}
	for i := range 39 {
		c.join(i, i+1)
	}
	m.enter(m.port(0), c.ids[0].Short()).flying = sendWindow
	m.enter(m.port(1), c.ids[39].Short()).flying = sendWindow
	for i := range c.ids {
		m.install(m.near[0], said(c.says(i), testNow))
	}
	m.measure()
	for v, n := range m.graph.cuts.behind {
		if n != 0 {
			t.Errorf("%d nodes behind vertex %d of a ring", n, v)
		}
	}
}
