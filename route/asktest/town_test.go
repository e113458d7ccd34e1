package asktest

import (
	"testing"
	"time"

	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// TestTown: eighty nodes that know twenty each, and two route servers. When all has been
// asked for, nodes know ways to what they want, these stand, and who is at their ends
// answers: also behind a cut, each half with its own server, and after it has healed,
// with what the servers had learnt before. No neighbour of a server carries more than a
// modest multiple of what any other carries.
func TestTown(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	p := meshtest.Plan{Size: 80, Long: 0.02, Boot: 10 * time.Second, Servers: 2,
		Join: 40 * time.Second, Steady: 4 * time.Minute, Cut: 2 * time.Minute, Heal: 2 * time.Minute, Look: 5 * time.Second, Sample: 40}
	m := New(meshtest.Options{Seed: 7, MaxNodes: 20, Costs: linktest.MIPS, MaxCircuits: 256}, p)
	m.Stages[2].Span = 6 * time.Minute
	seen := 0
	m.Done = func(r meshtest.Row) {
		if r.Name == "join" || r.Name == "steady" {
			return
		}
		seen++
		w, l := m.Ways(), m.Load(&r)
		t.Logf("%s: %+v, load %+v", r.Name, w, l)
		for _, b := range w.Broken() {
			t.Errorf("%s: %s", r.Name, b)
		}
		if w.Clients.Asked == 0 || l.Neighbours > 10*l.Median {
			t.Errorf("%s: %d questions; neighbours of servers carry %.0f bytes a second, others %.0f", r.Name, w.Clients.Asked, l.Neighbours, l.Median)
		}
	}
	if m.Run(); seen != 3 {
		t.Errorf("%d phases after asking began, want 3", seen)
	}
}
