package step

import "time"

// A Bucket is a token bucket: it limits how often something is done, and allows a
// burst after a rest. The zero Bucket is full at its first use. Rate and burst are
// arguments, so that a table of buckets does not store them in each.
type Bucket struct {
	_      [0]func() // not compared: saves the code
	tokens float64
	last   time.Time // of the last Take; zero: none yet
}

// Take takes one token and says whether there was one. The bucket has gained
// perSecond tokens a second since the last call, up to burst. A now before that of
// the last call adds nothing.
func (b *Bucket) Take(now time.Time, perSecond, burst float64) bool {
	b.tokens = b.level(now, perSecond, burst)
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// Full says whether the bucket has as many tokens as it can hold. Then it is as good
// as a new one and need not be kept.
func (b *Bucket) Full(now time.Time, perSecond, burst float64) bool {
	return b.level(now, perSecond, burst) >= burst
}

// level is how many tokens there are at now.
func (b *Bucket) level(now time.Time, perSecond, burst float64) float64 {
	if b.last.IsZero() {
		return burst
	}
	return min(burst, b.tokens+max(0, now.Sub(b.last).Seconds())*perSecond)
}
