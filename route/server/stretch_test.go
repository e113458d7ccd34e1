package server

import (
	mrand "math/rand/v2"
	"slices"
	"testing"

	"hopwire/route/geo"
)

// graphFrom is a generated map as a graph.
func graphFrom(m *geo.Map) *Graph {
	b := NewBuilder(len(m.Links))
	for i, links := range m.Links {
		b.Relay(id(i), true)
		for _, l := range links {
			b.Link(id(l.To), l.Cost)
		}
	}
	return b.Graph()
}

// nearest is the relays that one knows without asking: the nearest by hops.
func nearest(g *Graph, from int32, most int) map[int32]bool {
	seen, queue := map[int32]bool{from: true}, []int32{from}
	for ; len(queue) > 0 && len(seen) < most; queue = queue[1:] {
		for _, e := range g.from(queue[0]) {
			if len(seen) < most && !seen[e.to] {
				seen[e.to] = true
				queue = append(queue, e.to)
			}
		}
	}
	return seen
}

// announced is how many bytes a relay's announcement takes in an answer (route/announce/wire.md,
// "Announcement"): what is fixed, its links, its signature and its age.
func announced(g *Graph) func(relay int32) int {
	return func(relay int32) int { return 122 + 2 + 16*min(len(g.from(relay)), 56) + 64 + 4 }
}

// stretches asks for ways between relays drawn at random and returns what the way of the
// asker costs over the best there is, rising. The asker has the 512 relays nearest to it
// and the way to one server, and joins the answer to them.
func stretches(t *testing.T, g *Graph, l *Landmarks, pairs, most int) (all []float64, largest int) {
	r, size := mrand.New(mrand.NewPCG(8, 8)), announced(g)
	for len(all) < pairs {
		from, to := int32(r.IntN(g.Len())), int32(r.IntN(g.Len()))
		if l.Trees()[0].Cost(from) == Far || l.Trees()[0].Cost(to) == Far || from == to {
			continue
		}
		known := nearest(g, from, 512)
		for _, v := range l.Trees()[0].Way(nil, from) {
			known[v] = true
		}
		bytes := 0
		for _, v := range l.Segments(to, most, size) {
			known[v] = true
			bytes += size(v)
		}
		largest = max(largest, bytes)
		best := slowCosts(g, from, nil)[to]
		got := slowCosts(g, from, func(v int32) bool { return known[v] })[to]
		if got == Far {
			t.Fatalf("no way from %d to %d", from, to)
		}
		all = append(all, float64(got)/float64(best))
	}
	slices.Sort(all)
	return all, largest
}

// TestStretch: ways by segments are nearly the best ones: 10,000 relays, one
// server known to the asker, with 2 % of long links and without any; there an answer has
// room for the longer ways. (Where time is short, a mesh of 2,000 is asked less. Second
// ways, and beside other rules: scripts/bench/routes.)
func TestStretch(t *testing.T) {
	relays, pairs := 10_000, 150
	if testing.Short() {
		relays, pairs = 2_000, 40
	}
	for _, c := range []struct {
		long          float64
		p50, p90, p99 float64
		largest       int
	}{{0.02, 1.05, 1.25, 1.7, 96_000}, {0, 1.05, 1.25, 1.7, 256_000}} {
		g := graphFrom(geo.New(4, relays, c.long))
		all, largest := stretches(t, g, Spread(g, []int32{77}, landmarks), pairs, c.largest)
		p := func(part int) float64 { return all[len(all)*part/100] }
		t.Logf("long links %.0f %%: stretch %.2f / %.2f / %.2f, answers up to %d bytes", 100*c.long, p(50), p(90), p(99), largest)
		if p(50) > c.p50 || p(90) > c.p90 || p(99) > c.p99 || largest > c.largest {
			t.Errorf("more than %v / %v / %v in %d bytes", c.p50, c.p90, c.p99, c.largest)
		}
	}
}
