package gateway

import (
	"errors"
	"fmt"
	"time"
)

// A Clock is the machine's: both may be read at any time.
type Clock interface {
	// Wall is the system clock, which may be set.
	Wall() time.Time
	// Elapsed is the monotonic clock.
	Elapsed() time.Duration
}

// Bounds of time.
const (
	maxPause  = 10 * 24 * time.Hour // between the last signed time and a start
	timeAhead = 10 * time.Second    // how far signed time may be stored ahead
	maxSkew   = 2 * time.Second     // of the system clock against the monotonic one
)

// ErrTime is returned at a start when the system clock cannot be right.
var ErrTime = errors.New("gateway: the system clock does not fit the last signed time")

// A timekeeper is gateway time: it never falls, and follows the monotonic clock from the
// system clock of the start on. The writer has it.
type timekeeper struct {
	clock Clock
	start int64         // ms since 1970, at since
	since time.Duration // of the monotonic clock
	last  int64         // that was read
}

// newTimekeeper begins at the system clock, or at last, when that is a little later:
// signed time is stored ahead by timeAhead at most.
func newTimekeeper(c Clock, last int64) (*timekeeper, error) {
	now := c.Wall()
	if last != 0 {
		if at := time.UnixMilli(last); now.Before(at.Add(-timeAhead)) || now.After(at.Add(maxPause)) {
			return nil, fmt.Errorf("%w: it is %s, the last signed time was %s", ErrTime, now.UTC().Format(time.DateTime), at.UTC().Format(time.DateTime))
		}
	}
	return &timekeeper{clock: c, start: now.UnixMilli(), since: c.Elapsed(), last: last}, nil
}

// now is gateway time in ms.
func (t *timekeeper) now() int64 {
	t.last = max(t.last, t.start+(t.clock.Elapsed()-t.since).Milliseconds())
	return t.last
}

// skew is by how much the system clock is ahead of what it was at the start and what has
// passed since; zero: by less than maxSkew. It is said, and not followed.
func (t *timekeeper) skew() time.Duration {
	d := time.Duration(t.clock.Wall().UnixMilli()-t.start)*time.Millisecond - (t.clock.Elapsed() - t.since)
	if d.Abs() < maxSkew {
		return 0
	}
	return d
}
