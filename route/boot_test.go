package route_test

import (
	"testing"
	"time"

	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// everybodyKnows is how long it takes until each node has a way to each other.
func everybodyKnows(t *testing.T, m *meshtest.Mesh, most time.Duration) time.Duration {
	begun := m.Now
	for i := 0; i < len(m.Nodes); {
		switch {
		case m.Now.Sub(begun) > most:
			t.Errorf("node %d has not a way to everybody after %v", i, most)
			return most
		case knowsAll(m, i):
			i++
		default:
			m.Run(50 * time.Millisecond)
		}
	}
	return m.Now.Sub(begun)
}

func knowsAll(m *meshtest.Mesh, i int) bool {
	for j, o := range m.Nodes {
		if j == i {
			continue
		}
		if _, err := m.Nodes[i].Map.Paths(m.Now, o.ID.Key(), 1); err != nil {
			return false
		}
	}
	return true
}

// TestBootTimes: fifty small routers that boot together, or one after the other, know
// one another soon (1.1 and 0.75 s when the first announcement waited for 250 ms).
func TestBootTimes(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	for _, c := range []struct{ gap, most time.Duration }{{0, 1400 * time.Millisecond}, {200 * time.Millisecond, 900 * time.Millisecond}} {
		m := meshtest.Random(meshtest.Options{Seed: 10, Costs: linktest.MIPS}, 50, 4)
		for i, n := range m.Nodes {
			m.After(time.Duration(i)*c.gap, n.Boot)
		}
		m.Run(49*c.gap + time.Millisecond)
		if at := everybodyKnows(t, m, time.Minute); at > c.most {
			t.Errorf("boot %v apart: %v until everybody knows everybody, want at most %v", c.gap, at, c.most)
		} else {
			t.Logf("boot %v apart: %v", c.gap, at)
		}
	}
}

// TestFirstPing: from the start of three nodes to the first ping over one, with the
// times of a PC and of a small router.
func TestFirstPing(t *testing.T) {
	pc := linktest.Costs{DH: 100 * time.Microsecond, KEM: 50 * time.Microsecond, Sign: 60 * time.Microsecond}
	for _, c := range []struct {
		costs linktest.Costs
		most  time.Duration
	}{{pc, 50 * time.Millisecond}, {linktest.MIPS, 350 * time.Millisecond}} {
		m := meshtest.Line(meshtest.Options{Seed: 1, Costs: c.costs}, 3)
		begun := m.Now
		linked := func() bool {
			return len(m.Nodes[0].Links.All())+len(m.Nodes[1].Links.All())+len(m.Nodes[2].Links.All()) == 4
		}
		m.RunUntil(time.Second, linked)
		links := m.Now.Sub(begun)
		m.RunUntil(time.Second, func() bool { return knowsAll(m, 0) })
		ways := m.Now.Sub(begun)
		m.MustPing(0, 2, time.Second)
		t.Logf("links %v, ways %v, ping %v", links, ways, m.Now.Sub(begun))
		if d := m.Now.Sub(begun); d > c.most {
			t.Errorf("first ping after %v, want at most %v", d, c.most)
		}
	}
}
