package step

import (
	"testing"
	"time"
)

// at is a time s seconds after an arbitrary start.
func at(s int) time.Time { return time.Unix(1e9, 0).Add(time.Duration(s) * time.Second) }

// TestTimer: it keeps the earliest time, is due once, and is set anew by what is left.
func TestTimer(t *testing.T) {
	var w Timer
	if w.Due(at(0)) || !w.At().IsZero() {
		t.Error("due before it was set")
	}
	for _, s := range []int{5, 3, 4} {
		w.By(at(s))
	}
	w.By(time.Time{})
	if !w.At().Equal(at(3)) {
		t.Errorf("set to %v, want %v", w.At(), at(3))
	}
	if w.Due(at(2)) || !w.At().Equal(at(3)) {
		t.Errorf("a second before: due, or set to %v", w.At())
	}
	if !w.Due(at(3)) || w.Due(at(4)) || !w.At().IsZero() {
		t.Errorf("at its time: not due, or due again; set to %v", w.At())
	}
	if w.By(at(9)); !w.At().Equal(at(9)) {
		t.Errorf("set again to %v, want %v", w.At(), at(9))
	}
}

func TestEarliest(t *testing.T) {
	zero := time.Time{}
	for _, c := range []struct {
		times []time.Time
		want  time.Time
	}{
		{nil, zero},
		{[]time.Time{zero, zero}, zero},
		{[]time.Time{zero, at(2), zero}, at(2)},
		{[]time.Time{at(2), at(1), at(3)}, at(1)},
		{[]time.Time{zero.Add(1), at(1)}, zero.Add(1)},
	} {
		if got := Earliest(c.times...); !got.Equal(c.want) {
			t.Errorf("Earliest(%v) = %v, want %v", c.times, got, c.want)
		}
	}
}
