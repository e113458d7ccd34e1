package node

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/linktest"
)

// lossy4 is the row of four with a second way, whose map swaps its ways when it is told
// of loss, and a session that has run for a while.
func lossy4(t testing.TB, seed uint64) *world {
	w := line4(t, seed, cableDelay)
	src, dst := w.members[0], w.members[3]
	src.way.onFailed = func(f failure) {
		if f.why == hop.ReasonLoss && slices.Equal(f.way, src.way.ways[3][0]) {
			src.way.swap(3)
		}
	}
	w.connect(src, dst)
	w.stream(src, dst, 20*time.Millisecond, 10*time.Second, true)
	src.wantOwn(dst, "active", []int{1, 2, 3})
	src.wantOwn(dst, "warm", []int{4, 3})
	return w
}

// lose loses a share of the frames from one node to the next.
func (w *world) lose(from, to int, share float64) {
	g := w.lane(from, to)
	was := g.Cut
	g.Cut = func(a, b *linktest.End) bool {
		return a.Host == w.members[from].host && w.Rand.Float64() < share || was != nil && was(a, b)
	}
}

// TestLossMovesTraffic: a leg of the circuit in use loses frames that no queue
// accounts for, on the way there or back. The map hears which hop the leg leads
// to, and traffic follows its advice; for half a minute nothing is said again.
func TestLossMovesTraffic(t *testing.T) {
	for _, c := range []struct {
		from, to, hop int
	}{
		{0, 1, 0}, {1, 2, 1}, {2, 3, 2}, // there
		{1, 0, 0}, {2, 1, 1}, {3, 2, 2}, // back
	} {
		t.Run(fmt.Sprintf("%d to %d", c.from, c.to), func(t *testing.T) {
			w := lossy4(t, 60)
			src, dst := w.members[0], w.members[3]
			w.lose(c.from, c.to, 0.2)
			begun := w.Now
			for w.Now.Sub(begun) < 25*time.Second && src.N.Lossy == 0 {
				w.stream(src, dst, 20*time.Millisecond, 100*time.Millisecond, true)
			}
			told, took := src.way.failed, w.Now.Sub(begun)
			if len(told) != 1 || told[0].hop != c.hop || told[0].why != hop.ReasonLoss || !slices.Equal(told[0].way, []int{1, 2, 3}) {
				t.Fatalf("the map was told %+v, want once: hop %d, loss", told, c.hop)
			}
			if took < 4*time.Second {
				t.Errorf("told after %v: one window may be chance", took)
			}
			src.wantOwn(dst, "active", []int{4, 3})
			w.lose(0, 4, 0.2) // the other way is as bad
			w.stream(src, dst, 20*time.Millisecond, 29*time.Second, true)
			if src.wantOwn(dst, "active", []int{4, 3}); src.N.Lossy != 1 {
				t.Errorf("moved %d times within half a minute, want once", src.N.Lossy)
			}
			w.stream(src, dst, 20*time.Millisecond, 25*time.Second, true)
			if src.N.Lossy != 2 {
				t.Errorf("moved %d times in a minute, want twice", src.N.Lossy)
			}
		})
	}
}

// TestLossThatMovesNothing: what queues have dropped and counted, what is little, and
// what a late answer seems to show is no reason to move.
func TestLossThatMovesNothing(t *testing.T) {
	for _, c := range []struct {
		name   string
		length time.Duration
		fault  func(w *world) (held func() int)
	}{
		{"two in a hundred everywhere", time.Minute, func(w *world) func() int {
			for k := range w.cables {
				w.lose(k[0], k[1], 0.02)
				w.lose(k[1], k[0], 0.02)
			}
			return func() int { return 1 }
		}},
		{"a relay's queue", time.Minute, func(w *world) func() int { return w.narrow(1, 2) }},
		{"a relay's queue, back", time.Minute, func(w *world) func() int { return w.narrow(2, 1) }},
		{"our own queue", time.Minute, func(w *world) func() int { return w.narrow(0, 1) }},
		{"the far end's queue", time.Minute, func(w *world) func() int { return w.narrow(3, 2) }},
		{"one bad window", time.Minute, func(w *world) func() int {
			w.After(2300*time.Millisecond, func() { w.lose(1, 2, 0.3) })
			w.After(5800*time.Millisecond, func() { w.lane(1, 2).Cut = nil })
			return func() int { return 1 }
		}},
		{"late answers", 3 * time.Minute, func(w *world) func() int { return w.members[0].lateAnswers() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := lossy4(t, 61)
			src, dst := w.members[0], w.members[3]
			held := c.fault(w)
			w.stream(src, dst, 20*time.Millisecond, c.length, true)
			if held() == 0 {
				t.Fatal("nothing was lost or late")
			}
			if src.N.Lossy != 0 || len(src.way.failed) != 0 {
				t.Errorf("moved %d times because of loss, the map was told %+v; want nothing", src.N.Lossy, src.way.failed)
			}
			src.wantOwn(dst, "active", []int{1, 2, 3})
		})
	}
}

// narrow gives the port of a node towards another two thirds of what a stream of a
// packet every 20 ms needs; it returns how many frames its queue has dropped.
func (w *world) narrow(from, to int) func() int {
	port, _ := w.members[from].to(to).Port()
	q := w.members[from].host.Ends[port].Limit(2./3*50*link.FrameLong, 64)
	return func() int { return int(q.Dropped) }
}

// lateAnswers holds every other answer of hops to a source, by chance, for up to
// three seconds; it returns how many.
func (m *member) lateAnswers() func() int {
	n := 0
	m.atAnswer = func(_ time.Time, c *hop.Circuit, hop int, cell onion.Cell) bool {
		if m.w.Rand.IntN(2) == 0 {
			return false
		}
		n++
		cell.Data = slices.Clone(cell.Data)
		by := 110*time.Millisecond + time.Duration(m.w.Rand.Int64N(int64(3*time.Second)))
		m.w.After(by, func() {
			m.host.Turn(func(now time.Time) { (*events)(m.Node).CircuitAnswer(now, c, hop, cell) })
		})
		return true
	}
	return func() int { return n }
}
