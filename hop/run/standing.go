package run

import "time"

// A standing tells a queue that stands from one that a burst has filled: one that stands
// has not been empty for standsFor (Nichols, Jacobson 2012; queues.md, "Standing queues").
// Then one flow after another is told to go slower; a flow that cannot be told loses a
// packet.
type standing struct{ since, told time.Time }

const (
	standsFor = 5 * time.Millisecond
	tellGap   = 10 * time.Millisecond
)

// tell is called at each look at the queue, and says whether a flow is to be told now.
func (s *standing) tell(now time.Time, waits bool) bool {
	switch {
	case !waits:
		s.since = time.Time{}
	case s.since.IsZero():
		s.since = now
	case now.Sub(s.since) >= standsFor && now.Sub(s.told) >= tellGap:
		s.told = now
		return true
	}
	return false
}
