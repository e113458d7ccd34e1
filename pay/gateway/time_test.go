//go:build (amd64 || arm64) && !race

package gateway

import (
	"errors"
	"testing"
	"time"

	"hopwire/pay"
)

// TestTimekeeper: time follows the monotonic clock, and never falls.
func TestTimekeeper(t *testing.T) {
	c := &clocks{wall: time.UnixMilli(start0), mono: time.Hour}
	k, err := newTimekeeper(c, start0+5000)
	if err != nil || k.now() != start0+5000 {
		t.Errorf("%d: %v: it waits at the last signed time, 5 s ahead", k.now()-start0, err)
	}
	c.pass(7 * time.Second)
	if k.now() != start0+7000 || k.skew() != 0 {
		t.Errorf("%d, skew %v", k.now()-start0, k.skew())
	}
	for _, jump := range []time.Duration{time.Hour, -2 * time.Hour} { // a system clock that is set is not followed
		c.wall = c.wall.Add(jump)
		c.pass(time.Second)
	}
	if k.now() != start0+9000 || k.skew() != -time.Hour {
		t.Errorf("%d, skew %v", k.now()-start0, k.skew())
	}
}

// TestClockAtStart: only a clock from just before the last signed time to ten days after it
// may start.
func TestClockAtStart(t *testing.T) {
	for after, want := range map[time.Duration]bool{-11 * time.Second: false, -10 * time.Second: true, 0: true, 10 * 24 * time.Hour: true, 10*24*time.Hour + time.Second: false, -1 << 40: false} {
		_, err := newTimekeeper(&clocks{wall: time.UnixMilli(start0).Add(after)}, start0)
		if (err == nil) != want || err != nil && !errors.Is(err, ErrTime) {
			t.Errorf("%v after the last signed time: %v", after, err)
		}
	}
}

// TestSignedTime: what is signed bears times that do not fall, over restarts and with a
// clock that is set back a little, also where nothing else is stored.
func TestSignedTime(t *testing.T) {
	w := newWorld(t).open()
	a, last := w.client(1), int64(0)
	for range 6 {
		for range 2 {
			a.must(pay.OpDeposit, nil) // stores nothing
			if a.r.Time < last {
				t.Errorf("time falls by %d ms", last-a.r.Time)
			}
			last = a.r.Time
			w.clock.pass(4 * time.Second)
		}
		w.clock.wall = w.clock.wall.Add(-3 * time.Second)
		w.reopen()
		w.clock.pass(time.Minute)
	}
	w.clock.pass(time.Minute)
	a.fund(pay.Coin)
	w.clock.wall = w.clock.wall.Add(-time.Minute)
	w.g.Close()
	if _, err := Open(w.c); !errors.Is(err, ErrTime) {
		t.Errorf("a clock behind: %v", err)
	}
	w.clock.wall = w.clock.wall.Add(11 * 24 * time.Hour)
	if _, err := Open(w.c); !errors.Is(err, ErrTime) {
		t.Errorf("a clock far ahead: %v", err)
	}
	if err := SetTime(w.c.Database, w.c.Gateway, a.r.Time-60_000); !errors.Is(err, ErrTime) {
		t.Errorf("signed time is set back: %v", err)
	}
	if err := SetTime(w.c.Database, w.c.Gateway, w.clock.wall.UnixMilli()); err != nil {
		t.Error(err)
	}
	g, err := Open(w.c)
	if err != nil {
		t.Fatal(err)
	}
	w.g = g
	defer g.Close()
	if a.must(pay.OpBalance, nil); a.r.Time < w.clock.wall.UnixMilli() {
		t.Errorf("time is %d", a.r.Time)
	}
}
