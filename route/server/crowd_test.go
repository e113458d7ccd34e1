package server

import (
	mrand "math/rand/v2"
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
	f := NewFinder(Spread(g, []int32{g.Find(id(own))}, 24))
	c := findCrowds(f, g.Find(id(own)), most, mrand.New(mrand.NewPCG(1, 1)))
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

// TestCrowdRow: villages in a row, each behind the one before and none too large, are one
// crowd.
func TestCrowdRow(t *testing.T) {
	links := joined(2000, 50, 0.02, [2]int{700, 2000})
	for k := range 9 {
		n := len(links)
		links = append(links, shifted(joined(50, 0, 0.3), n)...)
		links[n-1] = append(links[n-1], geo.Link{To: n + k%3, Cost: 500})
		links[n+k%3] = append(links[n+k%3], geo.Link{To: n - 1, Cost: 500})
	}
	c, _ := crowdOf(links, 100, 60)
	largest := 0
	for _, m := range c.members[1:] {
		largest = max(largest, len(m))
	}
	if largest < 400 {
		t.Errorf("the largest crowd has %d of 500", largest)
	}
}

// shifted is a map whose numbers begin at n.
func shifted(links [][]geo.Link, n int) [][]geo.Link {
	for _, l := range links {
		for k := range l {
			l[k].To += n
		}
	}
	return links
}
