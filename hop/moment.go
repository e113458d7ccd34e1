package hop

import "time"

// A moment is a time in nanoseconds since a point an hour before the circuit layer
// first saw one, so that the zero moment is long ago. It takes a third of the memory
// of a time.Time, and has no pointer; it goes by the same monotonic clock.
type moment int64

// at returns now as a moment.
func (cs *Circuits) at(now time.Time) moment {
	if cs.epoch.IsZero() {
		cs.epoch = now.Add(-time.Hour)
	}
	return moment(now.Sub(cs.epoch))
}

func (m moment) since(o moment) time.Duration { return time.Duration(m - o) }
func (m moment) add(d time.Duration) moment   { return m + moment(d) }

// A pace is a small token bucket. The zero pace is full at its first use.
type pace struct {
	last   moment
	tokens float32
}

func (p *pace) take(now moment, perSecond, burst float32) bool {
	if p.last == 0 {
		p.tokens = burst
	}
	p.tokens = min(burst, p.tokens+max(0, float32(now.since(p.last).Seconds()))*perSecond)
	p.last = now
	if p.tokens < 1 {
		return false
	}
	p.tokens--
	return true
}
