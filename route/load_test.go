package route_test

import (
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/route/meshtest"
)

// TestWarmCircuitsLeaveFullRelays: on a ring of four, 0 talks to 2 over one neighbour
// and keeps a warm circuit over the other, whose table others fill: the warm circuit
// goes when that relay announces it, and another is opened only when it has come down
// to 60 %. What is in use is not touched.
func TestWarmCircuitsLeaveFullRelays(t *testing.T) {
	const room = 10
	m := meshtest.New(meshtest.Options{Seed: 80, Change: func(i int, c *node.Config) {
		c.CircuitLife = time.Hour
		if i == 1 || i == 3 {
			c.MaxCircuits = room
		}
	}})
	for range 8 {
		m.Add()
	}
	for i := range 4 {
		m.Connect(i, (i+1)%4)
	}
	for _, relay := range []int{1, 3} { // each relay has two ends of its own
		m.Connect(relay, relay+3)
		m.Connect(relay, relay+4)
	}
	m.BootAll()
	m.Run(8 * time.Second)
	answered(m, 0, 2, 2*time.Second)
	stream(m, 0, 2, 5*time.Second)
	warm := 4 - way(m, 0, 2)[0]
	over := func() (n int) { // circuits from 0 to 2 over that relay
		for _, c := range m.Nodes[0].CircuitList(m.Now) {
			if c.Kind == "own" && c.State == "warm" && c.Hops[0] == m.Nodes[warm].ID.Key() {
				n++
			}
		}
		return n
	}
	var others []*hop.Circuit
	keep := func() { // others talk over it
		for _, c := range others {
			if f := m.Nodes[warm+3].Host.Alloc(); f != nil {
				f.N = link.FrameShort
				clear(f.Body())
				c.Send(m.Now, c.NextSeq(), f)
			}
		}
	}
	fill := func(n int) {
		m.Nodes[warm+3].Host.Turn(func(now time.Time) {
			for len(others) > n {
				others[0].Close(now)
				others = others[1:]
			}
			for len(others) < n {
				c, err := m.Nodes[warm+3].Circuits.Open(now, pathOf(m, warm, warm+4)(now), 2)
				if err != nil {
					t.Fatal(err)
				}
				others = append(others, c)
			}
		})
	}
	used := func() int { used, _ := m.Nodes[warm].Circuits.Load(); return used }
	talk := func(d time.Duration) {
		for range int(d / (5 * time.Second)) {
			m.Nodes[warm+3].Host.Turn(func(time.Time) { keep() })
			if gap := stream(m, 0, 2, 5*time.Second); gap > 60*time.Millisecond {
				t.Errorf("traffic stood still for %v", gap)
			}
		}
	}
	for _, step := range []struct {
		others, warm int
		why          string
	}{
		{6, 1, "70 % full"},
		{7, 0, "80 % full"},
		{6, 0, "60 % full, after 80"},
		{5, 1, "50 % full"},
		{6, 1, "70 % full again, not after 80"},
	} {
		fill(step.others)
		talk(45 * time.Second)
		if n := over(); n != step.warm || used() != step.others+step.warm {
			t.Fatalf("%s: %d warm circuits over the relay, want %d; %d circuits in its table", step.why, n, step.warm, used())
		}
	}
}
