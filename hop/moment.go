package hop

import "time"

// A moment is a time in steps of 2^20 ns, a millisecond: a sixth of the memory of a
// time.Time, and no pointer; it goes by the same monotonic clock. It wraps around after
// 52 days, so two can be compared (by since) that are less than 26 days apart; a
// circuit lives for an hour at most.
type moment uint32

const (
	momentBits = 20
	momentStep = time.Duration(1) << momentBits
)

// at returns now as a moment.
func (cs *Circuits) at(now time.Time) moment {
	if cs.epoch.IsZero() {
		cs.epoch = now.Add(-time.Hour)
	}
	return moment(now.Sub(cs.epoch) >> momentBits)
}

func (m moment) since(o moment) time.Duration { return time.Duration(int32(m-o)) << momentBits }
func (m moment) add(d time.Duration) moment   { return m + moment(d>>momentBits) }

// A pace is a token bucket like step.Bucket, in a quarter of its memory: it
// goes by moments. Every relay in the table has two. The zero pace is full at its first use.
type pace struct {
	last   moment
	tokens float32
}

func (p *pace) take(now moment, perSecond, burst float32) bool {
	if p.last == 0 {
		p.tokens = burst
	}
	p.tokens = min(burst, p.tokens+max(0, float32(now.since(p.last).Seconds()))*perSecond)
	p.last = max(now, 1)
	if p.tokens < 1 {
		return false
	}
	p.tokens--
	return true
}
