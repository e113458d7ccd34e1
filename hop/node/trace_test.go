package node

import (
	"errors"
	"slices"
	"testing"
	"time"

	"hopwire/hop"
)

// An echoed is what a question has brought.
type echoed struct {
	rtt   time.Duration
	ok    bool
	times int
}

func (e *echoed) done(_ time.Time, rtt time.Duration, ok bool) {
	e.rtt, e.ok = rtt, ok
	e.times++
}

// TestPing: the first round trip has the opening in it, the second has not; without
// an answer the question ends after five seconds, once.
func TestPing(t *testing.T) {
	w := line4(t, 90, 10*time.Millisecond)
	src, dst := w.members[0], w.members[3]
	ping := func(d time.Duration) *echoed {
		e := new(echoed)
		src.host.Turn(func(now time.Time) {
			if err := src.Ping(now, dst.Key(), e.done); err != nil {
				t.Error(err)
			}
		})
		w.Run(d)
		return e
	}
	if e := ping(time.Second); !e.ok || e.times != 1 || e.rtt < 120*time.Millisecond || e.rtt > 121*time.Millisecond {
		t.Errorf("first: %+v, want 120 ms: two round trips", e)
	}
	if e := ping(time.Second); !e.ok || e.times != 1 || e.rtt < 60*time.Millisecond || e.rtt > 61*time.Millisecond {
		t.Errorf("second: %+v, want 60 ms", e)
	}
	dst.listen(true)
	e := ping(4900 * time.Millisecond)
	if e.times != 0 {
		t.Errorf("silent: %+v after 4.9 s, want nothing yet", e)
	}
	if w.Run(200 * time.Millisecond); e.ok || e.times != 1 {
		t.Errorf("silent: %+v after 5.1 s, want no answer", e)
	}
	if w.Run(10 * time.Second); e.times != 1 {
		t.Errorf("silent: ended %d times, want once", e.times)
	}
}

// TestTraceHop: every hop of the circuit in use answers, from its place; one that is
// beyond the last is no path.
func TestTraceHop(t *testing.T) {
	w := line4(t, 91, 10*time.Millisecond)
	src, dst := w.members[0], w.members[3]
	w.connect(src, dst)
	if got, want := w.numbers(src.Route(dst.Key())), []int{1, 2, 3}; !slices.Equal(got, want) {
		t.Fatalf("the route is %v, want %v", got, want)
	}
	for i := range 4 {
		var e echoed
		var err error
		src.host.Turn(func(now time.Time) { err = src.TraceHop(now, dst.Key(), i, e.done) })
		w.Run(time.Second)
		want := time.Duration(i+1) * 20 * time.Millisecond
		switch {
		case i == 3 && !errors.Is(err, hop.ErrNoPath):
			t.Errorf("hop %d: %v, want %v", i, err, hop.ErrNoPath)
		case i < 3 && (err != nil || !e.ok || e.times != 1 || e.rtt < want || e.rtt > want+time.Millisecond):
			t.Errorf("hop %d: %+v, %v, want %v", i, e, err, want)
		}
	}
}

// TestQuestionsAreBounded: 256 questions may be open at once.
func TestQuestionsAreBounded(t *testing.T) {
	w := diamond(t, 92)
	src, dst := w.ends()
	w.connect(src, dst)
	dst.listen(true)
	var e echoed
	src.host.Turn(func(now time.Time) {
		for i := range 257 {
			err := src.Ping(now, dst.Key(), e.done)
			if full := errors.Is(err, hop.ErrTooMany); full != (i == 256) {
				t.Fatalf("question %d: %v", i, err)
			}
		}
	})
	w.Run(6 * time.Second)
	if e.times != 256 || len(src.waits) != 0 {
		t.Errorf("%d questions ended, %d are open", e.times, len(src.waits))
	}
}

// TestPingsWithoutAnswerAreForgotten: pings to a node that nobody can reach do not keep
// out those that follow when it is back, nor anything busy.
func TestPingsWithoutAnswerAreForgotten(t *testing.T) {
	w := diamond(t, 27)
	src, dst := w.ends()
	ways := src.way.ways[3]
	delete(src.way.ways, 3)
	failed, answered := 0, false
	src.host.Turn(func(now time.Time) {
		for range maxQueue {
			src.Ping(now, dst.Key(), func(_ time.Time, _ time.Duration, ok bool) { failed++ })
		}
	})
	w.Run(waitFor + warmFor + time.Second)
	if p := src.mate(dst); failed != maxQueue || p != nil && (len(p.pings) > 0 || p.busy(w.Now)) {
		t.Fatalf("%d of %d pings failed, and the peer is still busy", failed, maxQueue)
	}
	src.way.ways[3] = ways
	src.host.Turn(func(now time.Time) {
		src.Ping(now, dst.Key(), func(_ time.Time, _ time.Duration, ok bool) { answered = ok })
	})
	w.Run(waitFor + time.Second)
	if !answered {
		t.Error("no answer when the node was back")
	}
}
