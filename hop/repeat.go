package hop

import "time"

// Nothing acknowledges the first frame of a session, nor an Extend: it is sent again
// until something comes back. All tries fit into Patience.
const (
	Patience    = 4 * time.Second        // then the circuit is given up for another path
	repeatFirst = 300 * time.Millisecond // gap before the first repetition; each next is a fifth longer
	repeatTries = 8
)

// A Repeat says when something is sent again. The zero Repeat is of what has not been
// sent yet.
type Repeat struct {
	Tries int
	At    time.Time // of the next
	gap   time.Duration
}

// Sent notes a try and returns when the next is due.
func (r *Repeat) Sent(now time.Time) time.Time {
	if r.gap == 0 {
		r.gap = repeatFirst
	}
	r.Tries++
	r.At = now.Add(r.gap)
	r.gap += r.gap / 5
	return r.At
}

// Over says that there are no more tries.
func (r *Repeat) Over() bool { return r.Tries >= repeatTries }
