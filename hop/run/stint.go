package run

import "time"

// Constants of a lane's stints (queues.md, "Stints").
const (
	stintTime  = 2 * time.Millisecond  // of work on a port before the others are looked at
	stintSpan  = 20 * time.Millisecond // of work, for one measurement
	stintLeast = 4                     // frames: of smaller batches the calls cost more than the frames
)

// A stint is how many frames a lane takes of a port before it looks at the others.
// Where the processor is what is slow, a whole batch is long, and what waits elsewhere
// would wait for several. What the lane can handle is measured while it works, for which
// no backlog is needed.
type stint struct {
	_      [0]func()     // not compared: saves the code
	frames int           // of this measurement, in batches that were not too small,
	busy   time.Duration // and how long the lane worked on them
	rate   float64       // frames a second of work; 0: not known
	most   int
}

// took notes that a batch took the lane so long; true: it has measured.
func (s *stint) took(frames int, busy time.Duration) bool {
	if frames < stintLeast {
		return false
	}
	s.frames += frames
	if s.busy += busy; s.busy < stintSpan {
		return false
	}
	rate := float64(s.frames) / s.busy.Seconds()
	if s.rate > 0 {
		rate = (3*s.rate + rate) / 4
	}
	most := int(min(batchSize, rate*stintTime.Seconds()))
	*s = stint{rate: rate, most: max(stintLeast, most)}
	return true
}
