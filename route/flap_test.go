package route_test

import (
	"testing"
	"time"

	"hopwire/route/meshtest"
)

// TestTwoRelaysInTurn: five routers in a ring, two of them restarted in turn every
// 16 s: whoever is there reaches whoever is there, out for at most a second each time,
// the eighth time as the first.
func TestTwoRelaysInTurn(t *testing.T) {
	m := meshtest.Ring(meshtest.Options{Seed: 70}, 5)
	m.Run(5 * time.Second)
	answered(m, 0, 2, time.Second)
	for round := range 8 {
		relay := [2]int{1, 4}[round%2] // the ways from 0 to 2 lead over 1, or over 4 and 3
		m.After(2*time.Second, m.Nodes[relay].Host.Kill)
		m.After(5*time.Second, m.Nodes[relay].Boot)
		if gap := stream(m, 0, 2, 15*time.Second); gap > time.Second {
			t.Errorf("round %d: relay %d restarts, no answer for %v", round, relay, gap)
		}
	}
}

// TestCableFlaps: on a ring of four a cable flaps eight times, each time until both ends
// know, and has been back for three seconds when the other way leaves.
func TestCableFlaps(t *testing.T) {
	for _, up := range []time.Duration{0, 300 * time.Millisecond, time.Second, 2 * time.Second} {
		m := meshtest.Ring(meshtest.Options{Seed: 71}, 4)
		m.Run(5 * time.Second)
		answered(m, 0, 2, time.Second)
		flapping, other := m.Cables[[2]int{1, 2}], m.Cables[[2]int{2, 3}]
		until := func(links int) {
			if !m.RunUntil(time.Minute, func() bool { return len(m.Nodes[1].Links.All())+len(m.Nodes[2].Links.All()) == links }) {
				t.Fatalf("not %d links", links)
			}
		}
		for range 8 {
			flapping.Down = true
			until(2)
			flapping.Down = false
			until(4)
			m.Run(up)
		}
		m.Run(2*time.Second - up)
		m.After(time.Second, func() { other.Down = true })
		gap := stream(m, 0, 2, 4*time.Second)
		t.Logf("up for %v each time: no answer for %v", up, gap)
		if gap > time.Second {
			t.Errorf("up for %v each time: no answer for %v, want at most 1 s", up, gap)
		}
	}
}
