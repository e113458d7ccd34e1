package run

import (
	"testing"
	"time"
)

// TestStint: a lane takes as many frames at once as 2 ms of its work are, between four
// and a batch; small batches and single slow ones say nothing.
func TestStint(t *testing.T) {
	for _, c := range []struct {
		frame time.Duration
		want  int
	}{{5 * time.Microsecond, batchSize}, {100 * time.Microsecond, 20}, {250 * time.Microsecond, 8}, {2 * time.Millisecond, stintLeast}} {
		s := stint{most: batchSize}
		for range 200 {
			s.took(stintLeast-1, time.Second)
		}
		if s.most != batchSize {
			t.Fatalf("%d frames after small batches", s.most)
		}
		for range 1000 {
			s.took(s.most, time.Duration(s.most)*c.frame)
		}
		if s.most < c.want-1 || s.most > c.want {
			t.Errorf("%v a frame: %d at once, want %d", c.frame, s.most, c.want)
		}
		s.took(s.most, 25*time.Millisecond) // kept from the processor once
		if s.most < c.want/2 {
			t.Errorf("%v a frame: %d at once after one pause", c.frame, s.most)
		}
		for range 8000 {
			s.took(s.most, time.Duration(s.most)*5*time.Microsecond)
		}
		if s.most != batchSize {
			t.Errorf("%d at once when the work has become easy", s.most)
		}
	}
}
