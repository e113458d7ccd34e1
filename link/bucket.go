package link

import "time"

// A bucket is a token bucket. The zero bucket is full at its first use.
type bucket struct {
	tokens float64
	last   time.Time
}

// take takes one token, of rate a second and burst at most.
func (b *bucket) take(now time.Time, rate, burst float64) bool {
	if b.last.IsZero() {
		b.tokens = burst
	} else if d := now.Sub(b.last); d > 0 {
		b.tokens = min(burst, b.tokens+d.Seconds()*rate)
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// A seenCache remembers the last few thousand first messages in two generations.
type seenCache struct{ now, before map[uint64]struct{} }

// add says whether h is new and remembers it.
func (s *seenCache) add(h uint64) bool {
	if s.has(h) {
		return false
	}
	if s.now == nil || len(s.now) >= seenSize/2 {
		s.before, s.now = s.now, map[uint64]struct{}{}
	}
	s.now[h] = struct{}{}
	return true
}

func (s *seenCache) has(h uint64) bool {
	_, a := s.now[h]
	_, b := s.before[h]
	return a || b
}
