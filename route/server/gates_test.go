package server

import (
	mrand "math/rand/v2"
	"slices"
	"testing"

	"hopwire/link/identity"
	"hopwire/route/geo"
)

// slowBehind is who has a way to the root, but none without a gate.
func slowBehind(g *Graph, root int32, gate ...int32) (all []int32) {
	with := slowCosts(g, root, nil)
	without := slowCosts(g, root, func(v int32) bool { return !slices.Contains(gate, v) })
	for v := range int32(g.Len()) {
		if with[v] != Far && without[v] == Far && !slices.Contains(gate, v) {
			all = append(all, v)
		}
	}
	return all
}

// whole is a random graph in which all pass on, with thin places.
func whole(r *mrand.Rand, n int) *Graph {
	links := map[[2]int]bool{}
	for i := 1; i < n; i++ {
		links[[2]int{r.IntN(i), i}] = true
		for range r.IntN(3) {
			if j := r.IntN(i); r.IntN(4) > 0 || j/8 == i/8 {
				links[[2]int{j, i}] = true
			}
		}
	}
	var stated [][3]int
	for l := range links {
		c := 1 + r.IntN(20)
		stated = append(stated, [3]int{l[0], l[1], c}, [3]int{l[1], l[0], c})
	}
	return graphOf(n, stated...)
}

// TestGatesTwin: what is said of a gate is so, and wherever more than most are behind two
// relays (and not behind one of them alone), each of them is behind a gate.
func TestGatesTwin(t *testing.T) {
	for seed := range uint64(150) {
		r := mrand.New(mrand.NewPCG(seed, 15))
		g := whole(r, 10+r.IntN(25))
		root, most := g.inside(int32(r.IntN(g.Len()))), 2+r.IntN(4)
		f := NewFinder(Spread(g, nil, 3))
		gates, within := f.Gates(root, most, mrand.New(mrand.NewPCG(seed, 16)))
		for i, gate := range gates {
			behind := slowBehind(g, root, gate.Relays...)
			if len(behind) != gate.Behind || gate.Behind <= most {
				t.Fatalf("seed %d: gate %v: %v are behind", seed, gate, behind)
			}
			for v, n := range within {
				if n == int32(i) && !slices.Contains(behind, int32(v)) {
					t.Fatalf("seed %d: %d is not behind %v", seed, v, gate)
				}
			}
		}
		for a := range int32(g.Len()) {
			if one := slowBehind(g, root, a); a != root && len(one) > most {
				for _, v := range one {
					if within[v] < 0 {
						t.Fatalf("seed %d: %d is behind %d with %d", seed, v, a, len(one))
					}
				}
			}
			for b := range a + 1 {
				if a == root || b == root {
					continue
				}
				one := append(slowBehind(g, root, a), slowBehind(g, root, b)...)
				both := slices.DeleteFunc(slowBehind(g, root, a, b), func(v int32) bool { return slices.Contains(one, v) })
				for _, v := range both {
					if within[v] < 0 && len(both) > most {
						t.Fatalf("seed %d: %d is behind %d and %d with %d", seed, v, a, b, len(both))
					}
				}
			}
		}
	}
}

// TestInventedRegion: 100,000 invented identities behind two real relays of a mesh of
// 10,000 are found, and no honest relay is taken for one of them.
func TestInventedRegion(t *testing.T) {
	real, invented := 10_000, 100_000
	if testing.Short() {
		real, invented = 1_000, 5_000
	}
	name := func(n int) identity.ShortID { return id(n*7919%(real+invented) + 1) }
	b := NewBuilder(real + invented)
	enter := func(m *geo.Map, at int, more map[int]int) {
		for i, links := range m.Links {
			b.Relay(name(at+i), true)
			for _, l := range links {
				b.Link(name(at+l.To), l.Cost)
			}
			if to, ok := more[i]; ok {
				b.Link(name(to), 500)
			}
		}
	}
	enter(geo.New(1, real, 0.02), 0, map[int]int{70: real + 5, 800: real + 900})
	enter(geo.New(2, invented, 0.02), real, map[int]int{5: 70, 900: 800})
	g := b.Graph()
	f := NewFinder(Spread(g, []int32{g.Find(name(3))}, 8))
	gates, within := f.Gates(g.Find(name(3)), g.Len()/64, mrand.New(mrand.NewPCG(1, 1)))
	caught, wronged := 0, 0
	for i := range real + invented {
		if w := within[g.Find(name(i))]; w >= 0 && i < real {
			wronged++
		} else if w >= 0 {
			caught++
		}
	}
	want := []int32{g.Find(name(70)), g.Find(name(800))}
	slices.Sort(want)
	if caught < invented*97/100 || wronged > 0 || !slices.ContainsFunc(gates, func(x Gate) bool { return slices.Equal(x.Relays, want) }) {
		t.Errorf("%d caught, %d honest among them; %v, want %v", caught, wronged, gates, want)
	}
}
