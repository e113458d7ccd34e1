package step

import "time"

// A Timer is the time at which a core is to be called again. The zero Timer is not
// set. It does not call anybody: the owner of the core reads At after each step and
// sleeps until then.
type Timer struct{ at time.Time }

// By sets the timer to t, unless it is set to an earlier time. A zero t means that
// there is nothing to wait for, and changes nothing.
func (w *Timer) By(t time.Time) {
	if !t.IsZero() && (w.at.IsZero() || t.Before(w.at)) {
		w.at = t
	}
}

// Due says whether the time has come. If so, the timer is not set any more: whoever
// does what is due sets it again for what is left.
func (w *Timer) Due(now time.Time) bool {
	if w.at.IsZero() || now.Before(w.at) {
		return false
	}
	w.at = time.Time{}
	return true
}

// At returns the time that the timer is set to. Zero: it is not set.
func (w *Timer) At() time.Time { return w.at }

// Earliest returns the first of the times that are not zero. Zero: there is none.
func Earliest(times ...time.Time) time.Time {
	var w Timer
	for _, t := range times {
		w.By(t)
	}
	return w.at
}
