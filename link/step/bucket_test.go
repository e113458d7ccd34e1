package step

import (
	"testing"
	"time"
)

// drain takes until the bucket is empty and returns how many there were.
func drain(b *Bucket, now time.Time, perSecond, burst float64) (n int) {
	for b.Take(now, perSecond, burst) {
		n++
	}
	return n
}

// TestBucket: full at first use, then filled by the time that passes, up to the burst.
func TestBucket(t *testing.T) {
	var b Bucket
	for _, c := range []struct {
		name string
		at   int // seconds
		want int
	}{
		{"at first use", 0, 10},
		{"at the same time", 0, 0},
		{"after 2 s", 2, 6},
		{"after a rest", 1000, 10},
		{"a second back", 999, 0},
		{"and forward again", 1000, 3},
	} {
		if got := drain(&b, at(c.at), 3, 10); got != c.want {
			t.Errorf("%s: %d tokens, want %d", c.name, got, c.want)
		}
	}
}

// TestBucketFractions: what is less than a token is kept.
func TestBucketFractions(t *testing.T) {
	var b Bucket
	drain(&b, at(0), 0.5, 1)
	for s := 1; s <= 10; s++ {
		if got, want := b.Take(at(s), 0.5, 1), s%2 == 0; got != want {
			t.Errorf("after %d s: %v, want %v", s, got, want)
		}
	}
}

// TestBucketFull: it is full again no earlier than it could pass for a new one.
func TestBucketFull(t *testing.T) {
	var b Bucket
	if !b.Full(at(0), 2, 8) {
		t.Error("a new one is not full")
	}
	drain(&b, at(0), 2, 8)
	for s, want := range map[int]bool{-1: false, 0: false, 3: false, 4: true, 1000: true} {
		if got := b.Full(at(s), 2, 8); got != want {
			t.Errorf("full after %d s: %v, want %v", s, got, want)
		}
	}
	if got := drain(&b, at(4), 2, 8); got != 8 {
		t.Errorf("%d tokens when full, want 8: to ask must not change it", got)
	}
}
