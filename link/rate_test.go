package link_test

import (
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/linktest"
)

// TestSetRate: a rate reaches the link at its address, is smoothed, and is its
// capacity; nothing known changes nothing.
func TestSetRate(t *testing.T) {
	s := linktest.New(3)
	a, _, _ := pair(t, s, nil)
	if !s.RunUntil(2*time.Second, func() bool { return len(a.up) == 1 }) {
		t.Fatal("no link")
	}
	ls, l := a.Links, a.up[0]
	id, info := l.Port()
	if q := l.Quality(); q.Capacity != info.Capacity {
		t.Errorf("capacity %d before a rate, want the port's", q.Capacity)
	}
	ls.SetRate(id, l.Addr(), link.StationRate{Kbits: 65_000, Expected: 40_000})
	if q := l.Quality(); q.Capacity != 40_000 {
		t.Errorf("capacity %d, want 40000", q.Capacity)
	}
	ls.SetRate(id, l.Addr(), link.StationRate{})
	ls.SetRate(id, link.MACAddr([6]byte{9}), link.StationRate{Kbits: 1})
	ls.SetRate(99, l.Addr(), link.StationRate{Kbits: 1})
	if q := l.Quality(); q.Capacity != 40_000 {
		t.Errorf("capacity %d after nothing, want 40000", q.Capacity)
	}
	for range 10 {
		ls.SetRate(id, l.Addr(), link.StationRate{Kbits: 65_000, Expected: 10_000})
	}
	if q := l.Quality(); q.Capacity > 10_100 || q.Capacity < 9_900 {
		t.Errorf("capacity %d after ten times 10000", q.Capacity)
	}
}
