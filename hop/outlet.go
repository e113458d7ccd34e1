package hop

import (
	"errors"
	"time"

	"hopwire/link"
)

// Constants of what waits below our queues, in the kernel (wire.md, "Queues").
const (
	kernelQueue  = 4 * time.Millisecond // of the port's rate
	kernelFrame  = 2304                 // bytes that the kernel counts for a long frame
	kernelLeast  = 3                    // long frames; with fewer the port would run dry
	kernelMost   = 56
	rateSpan     = 25 * time.Millisecond // over which a rate is measured
	batchSpan    = 2 * time.Millisecond  // of the port's rate: frames that are sealed at once
	retryWrite   = time.Millisecond      // where the kernel does not say when there is room
	queuedFrames = 4                     // one in so many of the pool may wait at one port
)

// A runPort is a port as the runner has it: frames to read into, and what waits to
// go out. Only a few milliseconds of frames are given to the kernel, so that ours
// is the queue that decides whose turn it is; the rate of a port is measured while
// the kernel has no room.
type runPort struct {
	id       int
	port     link.Port
	pollable link.Pollable // nil: a goroutine reads it
	info     link.PortInfo
	batch    []*link.Frame // to read into; the port's own, so that the pool may run dry
	dropped  uint64

	queue *link.Queue
	out   []*link.Frame // sealed, not taken by the kernel yet
	full  bool          // the kernel has no room; it will say when
	later time.Time     // or it does not: try again then

	since  time.Time // the kernel has been full now and then since; zero: it is not
	bytes  int       // that it took since then
	buffer int       // as set
}

func newRunPort(id int, port link.Port, info link.PortInfo, pool *pool) *runPort {
	p := &runPort{id: id, port: port, info: info, out: make([]*link.Frame, 0, batchSize), buffer: kernelMost * kernelFrame}
	p.queue = link.NewQueue(max(batchSize, pool.size/queuedFrames), pool.put)
	spare := make([]link.Frame, batchSize)
	for i := range spare {
		p.batch = append(p.batch, &spare[i])
	}
	return p
}

var errNotPollable = errors.New("hop: a port without descriptors")

// poll has the poller wait for frames.
func (p *runPort) poll(poller *link.Poller) error {
	pollable, ok := p.port.(link.Pollable)
	if !ok {
		return errNotPollable
	}
	fd, _ := pollable.Descriptors()
	if err := poller.Add(fd, p.token(tokenRead), true, false); err != nil {
		return err
	}
	p.pollable = pollable
	return nil
}

func (p *runPort) token(side uint32) uint32 { return uint32(p.id)<<1 | side }

func (p *runPort) unpoll(poller *link.Poller) {
	fd, _ := p.pollable.Descriptors()
	poller.Remove(fd)
}

// close gives back all frames that wait and closes the port.
func (p *runPort) close(pool *pool) {
	p.queue.Close()
	for _, f := range p.out {
		pool.put(f)
	}
	p.out = nil
	p.port.Close()
}

// flush sends what waits, as far as the kernel takes it, and returns when to come
// back for the rest, if the kernel does not say.
func (r *Runner) flush(p *runPort) time.Time {
	if p.full || r.now.Before(p.later) {
		return p.later
	}
	p.later = time.Time{}
	for p.fill(r.now) {
		n, err := p.port.Write(p.out)
		for _, f := range p.out[:n] {
			p.bytes += f.N
			r.pool.put(f)
		}
		p.out = p.out[:copy(p.out, p.out[n:])]
		switch {
		case err == nil:
		case errors.Is(err, link.ErrFull):
			p.measure(r.now)
			p.wait(r.now, r.poller)
			return p.later
		default: // lost: the interface is down, or its own queue is full
			p.dropped++
			r.pool.put(p.out[0])
			p.out = p.out[:copy(p.out, p.out[1:])]
		}
	}
	p.since = time.Time{} // nothing waits: what it takes now is not its rate
	return time.Time{}
}

// fill takes as many frames from the queue as may be sealed at once; false: there
// are none.
func (p *runPort) fill(now time.Time) bool {
	most := batchSize
	if rate := p.queue.Rate; rate > 0 && !p.since.IsZero() {
		most = min(most, max(1, int(rate*batchSpan.Seconds()/link.FrameLong)))
	}
	for len(p.out) < most {
		f := p.queue.Pop(now)
		if f == nil {
			break
		}
		p.out = append(p.out, f)
	}
	return len(p.out) > 0
}

// measure takes the rate of the port when the kernel is full again, and has the
// kernel queue some milliseconds of it.
func (p *runPort) measure(now time.Time) {
	if p.since.IsZero() {
		p.since, p.bytes = now, 0
		return
	}
	span := now.Sub(p.since)
	if span < rateSpan {
		return
	}
	rate := float64(p.bytes) / span.Seconds()
	if p.queue.Rate > 0 {
		rate = (3*p.queue.Rate + rate) / 4
	}
	p.queue.Rate = rate
	p.since, p.bytes = now, 0
	bytes := int(rate * kernelQueue.Seconds() * kernelFrame / link.FrameLong)
	bytes = min(max(bytes, kernelLeast*kernelFrame), kernelMost*kernelFrame)
	if d := bytes - p.buffer; (d > p.buffer/5 || -d > p.buffer/5) && p.pollable != nil {
		p.buffer = bytes
		p.pollable.SetSendBuffer(bytes)
	}
}

// wait has the poller say when the kernel takes frames again.
func (p *runPort) wait(now time.Time, poller *link.Poller) {
	if p.pollable != nil {
		read, write := p.pollable.Descriptors()
		if read == write {
			p.full = poller.Change(read, p.token(tokenRead), true, true) == nil
		} else {
			p.full = poller.Add(write, p.token(tokenWrite), false, true) == nil
		}
	}
	if !p.full {
		p.later = now.Add(retryWrite)
	}
}

// writable takes the word of the poller.
func (p *runPort) writable(now time.Time, poller *link.Poller) {
	p.full = false
	if read, write := p.pollable.Descriptors(); read == write {
		poller.Change(read, p.token(tokenRead), true, false)
	} else {
		poller.Remove(write)
	}
}
