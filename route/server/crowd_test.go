package server

import (
	mrand "math/rand/v2"
	"slices"
	"testing"

	"hopwire/route/geo"
)

// joined is a mesh of n relays and one of m, with links between pairs of them.
func joined(n, m int, long float64, pairs ...[2]int) [][]geo.Link {
	links := geo.New(11, n, long).Links
	for _, l := range geo.New(12, m, 0.3).Links {
		for k := range l {
			l[k].To += n
		}
		links = append(links, l)
	}
	for _, p := range pairs {
		links[p[0]] = append(links[p[0]], geo.Link{To: p[1], Cost: 500})
		links[p[1]] = append(links[p[1]], geo.Link{To: p[0], Cost: 500})
	}
	return links
}

// crowdOf finds the crowds of a map, as seen from relay own, by its numbers.
func crowdOf(links [][]geo.Link, own, most int) (crowds, func(i int) bool) {
	b := NewBuilder(len(links))
	for i, l := range links {
		b.Relay(id(i), true)
		for _, to := range l {
			b.Link(id(to.To), to.Cost)
		}
	}
	g := b.Graph()
	c := findCrowds(Spread(g, []int32{g.Find(id(own))}, 24), g.Find(id(own)), most)
	return c, func(i int) bool { return c.has(g.Find(id(i))) }
}

// TestCrowd: whoever stands behind one relay or two is a crowd, however many they are and
// wherever we are; the honest mesh, and a village, are none.
func TestCrowd(t *testing.T) {
	for name, c := range map[string]struct {
		honest, invented int
		pairs            [][2]int
		most             int
		want             bool
	}{
		"behind one relay":           {2000, 6000, [][2]int{{700, 2000}, {700, 2500}, {700, 7000}}, 60, true},
		"behind one of theirs":       {2000, 6000, [][2]int{{700, 2000}, {800, 2000}, {900, 2000}}, 60, true},
		"behind two relays":          {2000, 6000, [][2]int{{700, 2000}, {1300, 2500}, {700, 7000}}, 60, true},
		"behind two of theirs":       {2000, 6000, [][2]int{{700, 2000}, {1300, 2500}, {900, 2500}, {70, 2000}}, 60, true},
		"behind nobody":              {2000, 6000, nil, 60, true},
		"a village behind one":       {2000, 50, [][2]int{{700, 2000}}, 60, false},
		"two meshes with many links": {2000, 2000, [][2]int{{1, 2001}, {300, 2300}, {600, 2600}, {900, 2900}, {1200, 3200}, {1500, 3500}}, 60, false},
	} {
		_, in := crowdOf(joined(c.honest, c.invented, 0.02, c.pairs...), 100, c.most)
		honest, invented := 0, 0
		for i := range c.honest + c.invented {
			switch {
			case !in(i):
			case i < c.honest:
				honest++
			default:
				invented++
			}
		}
		if honest > c.honest/20 || c.want && invented < c.invented*19/20 || !c.want && invented > c.invented/20 {
			t.Errorf("%s: %d of %d honest ones and %d of %d others are in crowds", name, honest, c.honest, invented, c.invented)
		}
	}
}

// TestCrowdLeaf: a server with one neighbour stands behind it; the mesh is no crowd.
func TestCrowdLeaf(t *testing.T) {
	links := geo.New(11, 2000, 0.02).Links
	links = append(links, []geo.Link{{To: 5, Cost: 500}})
	links[5] = append(links[5], geo.Link{To: 2000, Cost: 500})
	c, _ := crowdOf(links, 2000, 60)
	for _, m := range c.members[1:] {
		t.Errorf("a crowd of %d", len(m))
	}
}

// slowBehind are the relays without a way from a root when one is taken out, for reading.
func slowBehind(g *Graph, root, without int32) (behind []int32) {
	cost := slowCosts(g, root, func(v int32) bool { return v != without })
	for v := range int32(g.Len()) {
		if cost[v] == Far && v != without {
			behind = append(behind, v)
		}
	}
	return behind
}

// TestCrowdTwin: the crowds behind one relay are those of the slow twin.
func TestCrowdTwin(t *testing.T) {
	for seed := range uint64(60) {
		r := mrand.New(mrand.NewPCG(seed, 17))
		g := random(r, 20+r.IntN(120), 2)
		root, most := int32(r.IntN(g.Len())), 4
		for !g.passes[root] {
			root = int32(r.IntN(g.Len()))
		}
		f := newCrowdFinder(g, most)
		f.from(root, -1)
		reached := len(f.order)
		f.leaves()
		want := make([]bool, g.Len())
		for x := range int32(g.Len()) {
			behind := slices.DeleteFunc(slowBehind(g, root, x), func(v int32) bool { return f.seen[v] == 0 && g.passes[v] })
			n := len(slices.DeleteFunc(slices.Clone(behind), func(v int32) bool { return !g.passes[v] }))
			if x != root && g.passes[x] && n > most && reached-1-n > most {
				for _, v := range behind {
					want[v] = true
				}
			}
		}
		for v := range int32(g.Len()) {
			if f.found.has(v) != want[v] && g.passes[v] {
				t.Fatalf("seed %d: relay %d in a crowd: %v, want %v", seed, v, f.found.has(v), want[v])
			}
		}
	}
}

// TestSizes: those of the slow twin, which walks every way.
func TestSizes(t *testing.T) {
	for seed := range uint64(20) {
		r := mrand.New(mrand.NewPCG(seed, 18))
		g := random(r, 80, 3)
		tree := NewTree(g, 3)
		want := make([]int32, g.Len())
		for v := range int32(g.Len()) {
			for _, on := range tree.Way(nil, v) {
				want[on]++
			}
		}
		for v, k := range tree.sizes() {
			if tree.Cost(int32(v)) != Far && k != want[v] {
				t.Fatalf("seed %d: %d through %d, want %d", seed, k, v, want[v])
			}
		}
	}
}

func BenchmarkCrowds(b *testing.B) {
	g := graphFrom(geo.New(1, largest, 0.02))
	l := Spread(g, []int32{5}, 24)
	for b.Loop() {
		findCrowds(l, 5, largest/crowdPart)
	}
}
