package hop

import (
	"testing"
	"time"
)

// TestMoment: moments differ as their times do, to a step, also where they wrap around.
func TestMoment(t *testing.T) {
	const step = momentStep
	cs, start := &Circuits{}, time.Unix(1e9, 0)
	cs.at(start)
	wrap := step * (1 << 32)
	for _, at := range []time.Duration{0, time.Second, wrap / 2, wrap - 2*time.Hour, wrap - time.Hour - time.Second, wrap - time.Hour, 3 * wrap / 2} {
		for _, later := range []time.Duration{0, step, 100 * time.Millisecond, time.Minute, 2 * time.Hour, 25 * 24 * time.Hour} {
			a, b := cs.at(start.Add(at)), cs.at(start.Add(at+later))
			if d := b.since(a) - later; d <= -step || d >= step {
				t.Errorf("%v after %v: since is off by %v", later, at, d)
			}
			if d := a.add(later).since(b); d < -step || d > step {
				t.Errorf("%v after %v: add is off by %v", later, at, d)
			}
			if d := a.since(b) + later; d <= -step || d >= step {
				t.Errorf("%v before %v: since is off by %v", later, at+later, d)
			}
		}
	}
}

// TestPaceWraps: a bucket fills at its rate whatever the clock is.
func TestPaceWraps(t *testing.T) {
	const rate = 32
	for _, m := range []moment{1, 1 << 31, ^moment(0) - 2000} {
		var p pace
		taken := 0
		for end := m.add(10 * time.Second); end.since(m) > 0; m++ {
			if p.take(m, rate, rate) {
				taken++
			}
		}
		if taken < 11*rate-1 || taken > 11*rate+1 {
			t.Errorf("%d taken in ten seconds, want %d", taken, 11*rate)
		}
	}
}
