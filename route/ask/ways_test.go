package ask_test

import (
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route"
)

// TestWays: what is shown of ways is what is stated of their links; none goes by who is to
// be avoided, all by whom they are to go by, and to look changes nothing.
func TestWays(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	c, none := w.clients[0], identity.Key{}
	if _, err := c.Ways(w.Now, w.key(48), 3, nil, none); err != hop.ErrUnknown {
		t.Fatalf("before the question: %v", err)
	}
	w.Nodes[0].Host.Turn(func(now time.Time) {
		if !c.Refresh(now, w.key(48)) {
			t.Error("not asked for")
		}
	})
	w.Run(3 * time.Second)
	ways, err := c.Ways(w.Now, w.key(48), 3, nil, none)
	if err != nil || len(ways) < 2 {
		t.Fatalf("%d ways, %v", len(ways), err)
	}
	best := ways[0]
	if best.RTT < 12*4*time.Millisecond || best.RTT > 12*5*time.Millisecond || !best.Stands || best.Age == 0 ||
		best.From&route.WayAnswer == 0 || best.From&route.WayNear == 0 || best.Loss > 0.1 {
		t.Errorf("%+v; want 12 links of 4 ms, partly from an answer", best)
	}
	by := func(w route.Way, key identity.Key) bool {
		for _, h := range w.Path.Hops {
			if h.Key == key {
				return true
			}
		}
		return false
	}
	first := best.Path.Hops[0].Key
	ways, _ = c.Ways(w.Now, w.key(48), 3, []identity.Key{first}, none)
	for _, way := range ways {
		if by(way, first) {
			t.Errorf("%v goes by who is to be avoided", way)
		}
	}
	other := w.key(1)
	if first == other {
		other = w.key(7)
	}
	ways, err = c.Ways(w.Now, w.key(48), 2, nil, other)
	if err != nil || !by(ways[0], other) {
		t.Errorf("%v, %v; want ways by %v", ways, err, other)
	}
	if _, err := c.Ways(w.Now, w.key(48), 2, []identity.Key{w.key(1), w.key(7)}, none); err != hop.ErrNoPath {
		t.Errorf("without its neighbours: %v", err)
	}
}
