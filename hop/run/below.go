package run

import (
	"time"

	"hopwire/link"
)

// Constants of what waits below our queues, in the kernel (queues.md, "Below").
const (
	kernelFrame = 2304                  // bytes that the kernel counts for a long frame
	kernelLeast = 3                     // long frames,
	kernelFirst = 8                     // to begin with,
	kernelMost  = 180                   // and at most: 2 ms at 1 Gbit/s
	kernelLong  = 8 * time.Millisecond  // of the port's rate at most
	kernelDecay = time.Second           // in which it shrinks to 1/e while the port does not run dry
	rateSpan    = 25 * time.Millisecond // over which a rate is measured
)

// A below is what waits in the kernel of a port: as little as keeps the port busy until
// we come back, so that ours is the queue that decides whose turn it is. It is found
// as BQL finds it between the kernel and its drivers (Herbert 2011).
type below struct {
	_      [0]func() // not compared: saves the code
	limit  float64   // long frames that the kernel may have
	set    int       // the same as the kernel knows it
	at     time.Time // limit was looked at
	since  time.Time // start of a measurement: the kernel was full, and has had something to send ever since; zero: there is none
	bytes  int       // that the kernel took since then
	paused bool      // our queue was empty when the last flush ended
}

// batch is how many frames may be sealed at once: no more than the kernel has room for
// when it says that it has.
func (b *below) batch() int {
	if b.since.IsZero() {
		return batchSize
	}
	return max(1, b.set/2)
}

// adapt is called when the kernel takes frames again, while some wait for it. It says so
// when half of what it may have is gone. If all is gone by now, we came too late, and it
// may have a quarter more from now on; else a little less.
func (b *below) adapt(now time.Time, p link.Pollable, rate float64) {
	past := min(now.Sub(b.at).Seconds()/kernelDecay.Seconds(), 0.1)
	b.at = now
	if p.Queued() == 0 {
		b.limit *= 1.25
	} else {
		b.limit *= 1 - past
	}
	if rate > 0 {
		b.limit = min(b.limit, rate*kernelLong.Seconds()/link.FrameLong)
	}
	b.bound(p, b.limit)
}

// bound has the kernel take no more than so many long frames.
func (b *below) bound(p link.Pollable, limit float64) {
	b.limit = min(max(limit, kernelLeast), kernelMost)
	if d := int(b.limit) - b.set; d > b.set/8 || -d > b.set/8 {
		b.set = int(b.limit)
		p.SetSendBuffer(b.set * kernelFrame)
	}
}

// measure takes the rate of the port when the kernel is full again.
func (b *below) measure(now time.Time, q *link.Queue) {
	span := now.Sub(b.since)
	switch {
	case b.since.IsZero():
	case span < rateSpan:
		return
	case q.Rate > 0:
		q.Rate = (3*q.Rate + float64(b.bytes)/span.Seconds()) / 4
	default:
		q.Rate = float64(b.bytes) / span.Seconds()
	}
	b.since, b.bytes = now, 0
}

// resume gives a measurement up when nothing has waited and the kernel has sent all:
// the port was idle, and what it took is not its rate. p may be nil.
func (b *below) resume(p link.Pollable) {
	if b.paused && !b.since.IsZero() && (p == nil || p.Queued() == 0) {
		b.since = time.Time{}
	}
	b.paused = false
}
