package linktest

import (
	mrand "math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestQueueInOrder: events happen by their times, those of one time as they were
// scheduled, also when some are scheduled meanwhile.
func TestQueueInOrder(t *testing.T) {
	s, r := New(1), mrand.New(mrand.NewPCG(1, 2))
	type mark struct {
		at    time.Duration
		order int
	}
	var got []mark
	n := 0
	add := func(d time.Duration) {
		m := mark{s.Now.Sub(s.start) + d, n}
		n++
		s.After(d, func() { got = append(got, m) })
	}
	for range 500 {
		add(time.Duration(r.IntN(40)) * time.Millisecond)
	}
	for range 20 {
		s.Run(5 * time.Millisecond)
		for range r.IntN(30) {
			add(time.Duration(r.IntN(40)) * time.Millisecond)
		}
	}
	s.Run(time.Second)
	if len(got) != n {
		t.Fatalf("%d of %d events happened", len(got), n)
	}
	if !slices.IsSortedFunc(got, func(a, b mark) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.order - b.order
	}) {
		t.Error("not in order")
	}
}

// TestEventsCostNothing: a host that is called again and again allocates nothing.
func TestEventsCostNothing(t *testing.T) {
	s := New(1)
	h := s.Host()
	h.Core = ticker{}
	h.Turn(func(time.Time) {})
	s.Run(time.Second)
	if n := testing.AllocsPerRun(100, func() { s.Run(100 * time.Millisecond) }); n > 0 {
		t.Errorf("%v allocations for a hundred calls, want none", n)
	}
}

// A ticker is a core that is called every millisecond.
type ticker struct{ Core }

func (ticker) Advance(now time.Time) time.Time { return now.Add(time.Millisecond) }
