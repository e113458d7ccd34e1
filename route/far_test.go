package route_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/route/meshtest"
)

// TestTooFar: a way of more hops than a circuit can have is told from no way, with its
// length.
func TestTooFar(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m := meshtest.Line(meshtest.Options{Seed: 91}, hop.MaxHops+3)
	m.Run(2 * time.Minute)
	for hops := hop.MaxHops - 1; hops < len(m.Nodes); hops++ {
		paths, err := m.Nodes[0].Map.Paths(m.Now, m.Nodes[hops].ID.Key(), 3)
		switch {
		case hops <= hop.MaxHops && (err != nil || len(paths[0].Hops) != hops):
			t.Errorf("%d hops: %v", hops, err)
		case hops == hop.MaxHops+1 && (!errors.Is(err, hop.ErrTooFar) || !strings.Contains(err.Error(), "more than 48 hops: the way has 49")):
			t.Errorf("%d hops: %v, want %v", hops, err, hop.ErrTooFar)
		case hops > hop.MaxHops && !errors.Is(err, hop.ErrTooFar):
			t.Errorf("%d hops: %v, want %v", hops, err, hop.ErrTooFar)
		}
	}
}
