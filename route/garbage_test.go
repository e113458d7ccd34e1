//go:build !race

package route_test

import (
	"runtime"
	"testing"
	"time"

	"hopwire/route/meshtest"
)

// memory returns what has been allocated since the start, and what is live now.
func memory() (total, live float64) {
	runtime.GC()
	runtime.GC() // the second frees what had cleanups
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.TotalAlloc), float64(m.HeapAlloc)
}

// TestControlPlaneGarbage: an hour of a mesh at rest, in which nodes say hello, change
// their keys, announce themselves and compare digests, and one pair pings each other
// now and then. What a node allocates in it, the simulator's share included, is
// bounded; and what is live does not grow.
func TestControlPlaneGarbage(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	const (
		nodes = 50
		most  = 17e6 // bytes a node and hour; 11.5 measured, half of it the simulator's own, most of the rest new link keys
		grow  = 10e3 // bytes a node
	)
	m := meshtest.Random(meshtest.Options{Seed: 60, Delay: time.Millisecond}, nodes, 4)
	m.BootAll()
	m.Run(15 * time.Minute) // what grows once has grown then
	before, live := memory()
	for range 12 {
		answered(m, 0, nodes-1, 5*time.Second)
		m.Run(5*time.Minute - time.Second)
	}
	after, now := memory()
	each, more := (after-before)/nodes, (now-live)/nodes
	t.Logf("%.0f bytes a node and hour; live: %.0f a node before, %+.0f after", each, live/nodes, more)
	if each > most {
		t.Errorf("a node allocates %.0f bytes an hour, want at most %.0f", each, most)
	}
	if more > grow {
		t.Errorf("what a node holds has grown by %.0f bytes in an hour, want at most %.0f", more, grow)
	}
	runtime.KeepAlive(m)
}
