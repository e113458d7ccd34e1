package gateway

import (
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
)

// maxCallers is how many neighbours are told apart; the others share one bucket.
const maxCallers = 1024

// limits hold each neighbour, by whom circuits come, to its rate, and to its part of
// what waits. All that come by one share it: who they are is not known.
type limits struct {
	rate, burst float64
	share       int
	callers     map[identity.Key]*caller
	others      caller
}

type caller struct {
	bucket  step.Bucket
	waiting int
}

func newLimits(rate, burst float64, share int) *limits {
	return &limits{rate: rate, burst: burst, share: share, callers: map[identity.Key]*caller{}}
}

// take returns where a request is counted until done; nil: it is refused.
func (l *limits) take(from identity.Key, now time.Time) *caller {
	c := l.of(from, now)
	if c.waiting >= l.share || !c.bucket.Take(now, l.rate, l.burst) {
		return nil
	}
	c.waiting++
	return c
}

func (l *limits) of(from identity.Key, now time.Time) *caller {
	c := l.callers[from]
	if c != nil {
		return c
	}
	if len(l.callers) >= maxCallers {
		l.forget(now)
	}
	if len(l.callers) >= maxCallers {
		return &l.others
	}
	c = &caller{}
	l.callers[from] = c
	return c
}

// forget drops those of whom nothing need be known.
func (l *limits) forget(now time.Time) {
	for k, c := range l.callers {
		if c.waiting == 0 && c.bucket.Full(now, l.rate, l.burst) {
			delete(l.callers, k)
		}
	}
}
