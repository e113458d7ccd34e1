package run

import (
	"errors"
	"net"
	"time"

	"hopwire/link/nic"
	"hopwire/link/step"
)

// Constants of reads that fail (queues.md, "Errors").
const (
	readSpare = 8                    // errors in a row before a queue is left alone for a while
	readPause = 2 * time.Millisecond // which is so long at first, twice as long each time
	readMost  = time.Second          // and at most so long
)

// A retry is what is known of the errors of one receive queue. What the kernel reports
// of a socket is mostly of one moment (a cable pulled, no memory, an ICMP error), and a
// queue that nobody reads any more is a port that is dead for ever.
type retry struct {
	row   int       // errors in a row
	again time.Time // the queue is not polled until then; zero: it is
}

// failed counts an error; it returns for how long the queue is to be left alone.
func (r *retry) failed() time.Duration {
	r.row++
	if r.row <= readSpare {
		return 0
	}
	return min(readPause<<min(r.row-readSpare-1, 16), readMost)
}

// failed does what an error of a receive queue asks for: an end, or a pause. The caller
// holds the runner's lock for reading.
func (l *lane) failed(p *runPort, queue int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fds, _ := p.pollable.Descriptors()
	if nic.Gone(err) {
		l.poller.Remove(fds[queue])
		go l.r.ended(p, err)
		return
	}
	p.readErrors++
	if pause := p.retries[queue].failed(); pause > 0 {
		l.poller.Remove(fds[queue])
		p.retries[queue].again = l.now.Add(pause)
		l.r.wakeBy(p.retries[queue].again)
	}
}

// revive has the queues polled again whose pause is over, and returns when the next is.
// The caller holds p.mu, or the runner's lock.
func (p *runPort) revive(now time.Time) (next time.Time) {
	for i := range p.retries {
		r := &p.retries[i]
		if r.again.IsZero() {
			continue
		}
		if !now.Before(r.again) {
			if p.add(i) == nil {
				r.again = time.Time{}
				continue
			}
			r.again = now.Add(readMost)
		}
		next = step.Earliest(next, r.again)
	}
	return next
}

// pause waits after an error of a goroutine that reads; false: it is the end.
func (p *runPort) pause(r *retry, err error) bool {
	if nic.Gone(err) {
		return false
	}
	p.mu.Lock()
	p.readErrors++
	p.mu.Unlock()
	select {
	case <-p.closed:
		return false
	case <-time.After(r.failed()):
		return true
	}
}

// ended reports a port that will not read again; it stays until it is removed.
func (r *Runner) ended(p *runPort, err error) {
	if r.Errors != nil && !errors.Is(err, net.ErrClosed) {
		r.Errors(p.id, p.info.Name, err)
	}
}

// ReadErrors is how many reads of the ports that there are have failed and were gone on
// from. It must be called inside Turn.
func (r *Runner) ReadErrors() (n uint64) {
	for _, p := range r.ports {
		if p != nil {
			p.mu.Lock()
			n += p.readErrors
			p.mu.Unlock()
		}
	}
	return n
}
