package route_test

import (
	"testing"
	"time"

	"hopwire/hop/node"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// way is the circuit in use from one node to another, as node numbers.
func way(m *meshtest.Mesh, i, j int) (nodes []int) {
	for _, h := range m.Nodes[i].Route(m.Nodes[j].ID.Key()) {
		for k, n := range m.Nodes {
			if n.ID.Key() == h.Key {
				nodes = append(nodes, k)
			}
		}
	}
	return nodes
}

// TestLossyLinkMovesTraffic: on a ring of five the way from 0 to 2 is over 1, and a
// cable of it begins to lose frames. The other way is half as long again, too long
// for what the loss that its ends state adds to the cost: it is what the source
// finds missing at the hops that moves the traffic. One way of the cable is enough.
func TestLossyLinkMovesTraffic(t *testing.T) {
	for _, c := range []struct {
		name     string
		cable    [2]int
		loss     float64
		from, to int // only frames that go this way; -1: both
	}{
		{"both ways", [2]int{1, 2}, 0.15, -1, -1},
		{"a tenth", [2]int{1, 2}, 0.10, -1, -1},
		{"there", [2]int{1, 2}, 0.2, 1, 2},
		{"back", [2]int{1, 2}, 0.2, 2, 1},
		{"first hop, there", [2]int{0, 1}, 0.2, 0, 1},
		{"first hop, back", [2]int{0, 1}, 0.2, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := meshtest.Ring(meshtest.Options{Seed: 70}, 5)
			m.Run(8 * time.Second)
			answered(m, 0, 2, 2*time.Second)
			stream(m, 0, 2, 20*time.Second)
			if w := way(m, 0, 2); len(w) != 2 || m.Nodes[0].N.Lossy != 0 {
				t.Fatalf("without loss the way is %v, moved %d times", w, m.Nodes[0].N.Lossy)
			}
			g := m.Cables[c.cable]
			g.Cut = func(from, _ *linktest.End) bool {
				return (c.from < 0 || from.Host == m.Nodes[c.from].Host) && m.Rand.Float64() < c.loss
			}
			begun := m.Now
			var moved time.Duration
			for i := range 80 {
				m.After(time.Duration(i)*500*time.Millisecond, func() {
					if w := way(m, 0, 2); moved == 0 && len(w) == 3 && w[0] == 4 {
						moved = m.Now.Sub(begun)
					}
				})
			}
			stream(m, 0, 2, 40*time.Second)
			t.Logf("moved after %v; now %v", moved, way(m, 0, 2))
			if moved == 0 || moved > 25*time.Second || len(way(m, 0, 2)) != 3 {
				t.Errorf("traffic moved after %v; the way is %v", moved, way(m, 0, 2))
			}
			if n := m.Nodes[0].N.Lossy; n != 1 {
				t.Errorf("moved %d times because of loss, want once", n)
			}
		})
	}
}

// TestLittleLossMovesNothing: two in a hundred frames lost on every cable are what
// what is inside has to live with.
func TestLittleLossMovesNothing(t *testing.T) {
	m := meshtest.Ring(meshtest.Options{Seed: 71, Change: func(_ int, c *node.Config) { c.CircuitLife = time.Hour }}, 6)
	m.Run(8 * time.Second)
	answered(m, 0, 3, 2*time.Second)
	for _, g := range m.Cables {
		g.Loss = 0.02
	}
	seconds := 300 * time.Second
	if testing.Short() {
		seconds = 60 * time.Second
	}
	for i := range m.Nodes {
		if i != 3 {
			answered(m, i, 3, 2*time.Second)
		}
	}
	stream(m, 0, 3, seconds)
	for i, n := range m.Nodes {
		if n.N.Lossy != 0 {
			t.Errorf("node %d moved %d times because of loss", i, n.N.Lossy)
		}
	}
}
