package run

import (
	"errors"
	"net"
	"time"

	"hopwire/link/nic"
)

// Constants of reads that fail (queues.md, "Errors").
const (
	readSpare = 8                    // errors in a row before a queue is left alone for a while
	readPause = 2 * time.Millisecond // which is so long at first, twice as long each time
	readMost  = time.Second          // and at most so long
)

// errorPause is for how long to leave a queue alone after so many errors in a row.
func errorPause(row int) time.Duration {
	if row <= readSpare {
		return 0
	}
	return min(readPause<<min(row-readSpare-1, 16), readMost)
}

// failed does what an error of a receive queue asks for: an end, or a pause. What the
// kernel reports of a socket is mostly of one moment (a cable pulled, no memory, an ICMP
// error), and a queue that nobody reads any more is a port that is dead for ever. The
// caller holds the runner's lock for reading.
func (l *lane) failed(p *runPort, queue int, err error) {
	l.r.readErrors.Add(1)
	p.row[queue]++
	pause, gone := errorPause(p.row[queue]), nic.Gone(err)
	if !gone && pause == 0 {
		return
	}
	fds, _ := p.pollable.Descriptors()
	l.poller.Remove(fds[queue])
	if gone {
		go l.r.ended(p, err)
	} else {
		time.AfterFunc(pause, func() { l.r.revive(p, queue) })
	}
}

// revive has a queue polled again.
//
//go:noinline
func (r *Runner) revive(p *runPort, queue int) {
	r.Turn(func(time.Time) {
		if r.port(p.id) == p && p.add(queue) != nil {
			time.AfterFunc(readMost, func() { r.revive(p, queue) })
		}
	})
}

// goOn waits after an error of a goroutine that reads, the last of so many in a row;
// false: it is the end.
func (r *Runner) goOn(p *runPort, row int, err error) bool {
	if nic.Gone(err) {
		r.ended(p, err)
		return false
	}
	r.readErrors.Add(1)
	select {
	case <-p.closed:
		return false
	case <-time.After(errorPause(row)):
		return true
	}
}

// ended reports a port that will not read again; it stays until it is removed.
func (r *Runner) ended(p *runPort, err error) {
	if r.Errors != nil && !errors.Is(err, net.ErrClosed) {
		r.Errors(p.id, p.info.Name, err)
	}
}

// ReadErrors is how many reads of ports have failed and were gone on from.
func (r *Runner) ReadErrors() int { return int(r.readErrors.Load()) }
