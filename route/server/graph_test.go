package server

import (
	"container/heap"
	"encoding/binary"
	mrand "math/rand/v2"
	"slices"
	"testing"

	"hopwire/link/identity"
)

// id is a short id that sorts as its number does.
func id(n int) (s identity.ShortID) {
	binary.BigEndian.PutUint64(s[:], uint64(n))
	return s
}

// graphOf makes a graph of relays 0 to n−1 that all pass on, from links {from, to, cost}
// as they are stated.
func graphOf(n int, links ...[3]int) *Graph {
	b := NewBuilder(n)
	for i := range n {
		b.Relay(id(i), true)
		for _, l := range links {
			if l[0] == i {
				b.Link(id(l[1]), uint32(l[2]))
			}
		}
	}
	return b.Graph()
}

// random is a connected graph of n relays with about degree links each; every tenth
// passes nothing on.
func random(r *mrand.Rand, n, degree int) *Graph {
	links := make([]map[int]uint32, n)
	for i := range links {
		links[i] = map[int]uint32{}
	}
	for k := range n * degree / 2 {
		i, j := r.IntN(n), r.IntN(n)
		if k < n-1 {
			i, j = k+1, r.IntN(k+1)
		}
		if i != j {
			links[i][j] = uint32(1 + r.IntN(50))
			links[j][i] = uint32(1 + r.IntN(50))
		}
	}
	b := NewBuilder(n)
	for _, i := range r.Perm(n) {
		b.Relay(id(i), i%10 != 7)
		for j := range n {
			if c, ok := links[i][j]; ok {
				b.Link(id(j), c)
			}
		}
	}
	return b.Graph()
}

func TestGraph(t *testing.T) {
	g := graphOf(4,
		[3]int{0, 1, 10}, [3]int{1, 0, 30}, // the worse counts
		[3]int{1, 2, 5},                        // the other end does not state it
		[3]int{2, 3, 0}, [3]int{3, 2, 1 << 30}, // at least 1, at most MostCost
		[3]int{3, 3, 7}, [3]int{0, 9, 7}) // oneself; nobody
	want := [][]edge{{{1, 30}}, {{0, 30}}, {{3, MostCost}}, {{2, MostCost}}}
	for i, w := range want {
		if got := g.from(int32(i)); !slices.Equal(got, w) {
			t.Errorf("relay %d: %v, want %v", i, got, w)
		}
	}
	if g.Len() != 4 || g.Find(id(2)) != 2 || g.Find(id(9)) != -1 || g.ID(3) != id(3) {
		t.Errorf("%d relays, %d, %d, %x", g.Len(), g.Find(id(2)), g.Find(id(9)), g.ID(3))
	}
}

// TestGraphOrder: the order in which relays come changes nothing.
func TestGraphOrder(t *testing.T) {
	r := mrand.New(mrand.NewPCG(1, 1))
	a := random(mrand.New(mrand.NewPCG(2, 2)), 200, 6)
	b := NewBuilder(200)
	for _, i := range r.Perm(200) {
		b.Relay(a.ID(int32(i)), a.passes[i])
		for _, e := range a.from(int32(i)) {
			b.Link(a.ID(e.to), e.cost)
		}
	}
	if g := b.Graph(); !slices.Equal(g.links, a.links) || !slices.Equal(g.first, a.first) || !slices.Equal(g.passes, a.passes) {
		t.Error("another graph")
	}
}

// A waiting relay, for the slow twin.
type waiting struct {
	relay int32
	cost  uint32
}

type heapOf []waiting

func (h heapOf) Len() int           { return len(h) }
func (h heapOf) Less(i, j int) bool { return h[i].cost < h[j].cost }
func (h heapOf) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heapOf) Push(x any)        { *h = append(*h, x.(waiting)) }
func (h *heapOf) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// slowCosts is Dijkstra with a heap, for reading. in says which relays there are; nil: all.
func slowCosts(g *Graph, root int32, in func(int32) bool) []uint32 {
	cost := slices.Repeat([]uint32{Far}, g.Len())
	cost[root] = 0
	h := &heapOf{{root, 0}}
	for h.Len() > 0 {
		w := heap.Pop(h).(waiting)
		if w.cost > cost[w.relay] || w.relay != root && !g.passes[w.relay] {
			continue
		}
		for _, e := range g.from(w.relay) {
			if c := w.cost + e.cost; c < cost[e.to] && (in == nil || in(e.to)) {
				cost[e.to] = c
				heap.Push(h, waiting{e.to, c})
			}
		}
	}
	return cost
}

// TestTreeTwin: costs are those of the slow twin, and every way is made of links that
// add up to its cost.
func TestTreeTwin(t *testing.T) {
	for seed := range uint64(50) {
		r := mrand.New(mrand.NewPCG(seed, 7))
		g := random(r, 2+r.IntN(150), 2+r.IntN(6))
		root := int32(r.IntN(g.Len()))
		tree, want := NewTree(g, root), slowCosts(g, root, nil)
		for i := range int32(g.Len()) {
			if tree.Cost(i) != want[i] {
				t.Fatalf("seed %d: relay %d at %d, want %d", seed, i, tree.Cost(i), want[i])
			}
			if got := addUp(t, g, tree.Way(nil, i)); want[i] != Far && got != want[i] {
				t.Fatalf("seed %d: the way from %d takes %d, want %d", seed, i, got, want[i])
			}
		}
	}
}

// addUp is what a way costs.
func addUp(t *testing.T, g *Graph, way []int32) (sum uint32) {
	for i := 1; i < len(way); i++ {
		k := slices.IndexFunc(g.from(way[i-1]), func(e edge) bool { return e.to == way[i] })
		if k < 0 {
			t.Fatalf("no link from %d to %d", way[i-1], way[i])
		}
		if i > 1 && !g.passes[way[i-1]] {
			t.Fatalf("%d passes nothing on", way[i-1])
		}
		sum += g.from(way[i-1])[k].cost
	}
	return sum
}
