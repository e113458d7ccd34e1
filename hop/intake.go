package hop

import "time"

// Constants of what waits in front of a lane, in the kernel (wire.md, "Queues").
const (
	intakeQueue = 10 * time.Millisecond // of what the lane can handle
	intakeLeast = 16                    // long frames: a window of TCP that has just begun
	intakeMost  = 113                   // what a socket has at first
	intakeTurn  = 2 * time.Millisecond  // of work on a queue before the others have their turn
	intakeBatch = 4                     // frames: smaller batches say more of the calls than of the frames
	intakeSpan  = 20 * time.Millisecond // of work, for one measurement
	intakeGap   = 100 * time.Millisecond
)

// An intake is one receive queue of a port as its lane sees it. When the processor is
// what is slow, frames wait in the socket, in the order in which they came: so it
// holds no more than some milliseconds of what the lane can do. That is measured while
// it works, so it holds for short backlogs too.
type intake struct {
	frames int           // in batches of some size,
	busy   time.Duration // for which it worked so long
	rate   float64       // frames a second of work; 0: not known
	buffer int           // long frames, as set
	next   time.Time     // not set before
}

// most is how many frames the lane takes at once.
func (i *intake) most() int {
	if i.rate == 0 {
		return batchSize
	}
	return max(intakeBatch, min(batchSize, int(i.rate*intakeTurn.Seconds())))
}

// took notes that a batch has taken the lane from one time to another.
func (i *intake) took(frames int, from, to time.Time, set func(bytes int)) {
	if frames < intakeBatch {
		return
	}
	i.frames += frames
	if i.busy += to.Sub(from); i.busy < intakeSpan {
		return
	}
	rate := float64(i.frames) / i.busy.Seconds()
	if i.rate > 0 {
		rate = (3*i.rate + rate) / 4
	}
	i.rate, i.frames, i.busy = rate, 0, 0
	if !to.Before(i.next) {
		i.bound(to, set)
	}
}

// bound sets the buffer, if what it should be has changed by a fifth.
func (i *intake) bound(now time.Time, set func(bytes int)) {
	if i.buffer == 0 {
		i.buffer = intakeMost
	}
	frames := min(max(int(i.rate*intakeQueue.Seconds()), intakeLeast), intakeMost)
	if d := frames - i.buffer; d > i.buffer/5 || -d > i.buffer/5 || d != 0 && frames == intakeMost {
		i.buffer, i.next = frames, now.Add(intakeGap)
		set(frames * kernelFrame)
	}
}

// took notes that the lane has worked on a batch of a port's queue since a time.
func (l *lane) took(id, queue, frames int, since time.Time) {
	r := l.r
	r.mu.RLock()
	defer r.mu.RUnlock()
	if p := r.port(id); p != nil && p.pollable != nil {
		p.intakes[queue].took(frames, since, l.now, func(bytes int) { p.pollable.SetReceiveBuffer(queue, bytes) })
	}
}
