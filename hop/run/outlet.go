package run

import (
	"errors"
	"sync"
	"time"

	"hopwire/link"
	"hopwire/link/nic"
)

// Constants of ports (queues.md, "Below").
const (
	retryWrite   = time.Millisecond // where the kernel does not say when there is room
	queuedFrames = 4                // one in so many of the pool may wait at one port
)

// A runPort is a port as the runner has it: frames to read into, and what waits to
// go out. Only a few milliseconds of frames are given to the kernel, so that ours
// is the queue that decides whose turn it is; the rate of a port is measured while
// the kernel has no room.
type runPort struct {
	id       int
	port     link.Port
	pollable link.Pollable // nil: a goroutine reads it
	pollers  []*nic.Poller // of its receive queues
	first    *nic.Poller   // the first of them; it waits for the sending side too
	closed   chan struct{} // when the port is
	info     link.PortInfo
	dropped  uint64
	intakes  [maxQueues]intake // each of the lane that reads it, as are
	row      [maxQueues]int    // errors in a row

	mu    sync.Mutex // of what follows: lanes send to a port at the same time
	queue *link.Queue
	out   []*link.Frame // sealed, not taken by the kernel yet
	full  bool          // the kernel has no room; it will say when
	later time.Time     // or it does not: try again then
	below
}

func newRunPort(id int, port link.Port, info link.PortInfo, pool *pool) *runPort {
	p := &runPort{id: id, port: port, info: info, out: make([]*link.Frame, 0, batchSize), closed: make(chan struct{})}
	p.queue = link.NewQueue(max(batchSize, pool.size/queuedFrames), func(f *link.Frame) { pool.put(f) })
	p.queue.Radio = info.Radio
	return p
}

// poll has the pollers of lanes wait for frames, each for one receive queue; false:
// the port cannot be polled. After an error it hears nothing, or not everything.
func (p *runPort) poll(lanes []*lane) (bool, error) {
	pollable, ok := p.port.(link.Pollable)
	if !ok {
		return false, nil
	}
	p.pollable = pollable
	queues, _ := pollable.Descriptors()
	for i := range queues {
		p.pollers = append(p.pollers, lanes[(p.id+i)%len(lanes)].poller)
	}
	p.first = p.pollers[0]
	for i := range queues {
		if err := p.add(i); err != nil {
			return false, err
		}
	}
	p.bound(p.pollable, kernelFirst)
	return true, nil
}

// add has a receive queue polled.
func (p *runPort) add(queue int) error {
	read, write := p.pollable.Descriptors()
	return p.pollers[queue].Add(read[queue], p.token(queue), true, p.full && read[queue] == write)
}

// Tokens of the poller: the port's id and which receive queue of it, or its sending
// side, or the TUN.
const (
	maxQueues  = 4 // of link.Pollable
	tokenSide  = 8
	tokenWrite = tokenSide - 1
	tokenTUN   = 1 << 20
)

func (p *runPort) token(side int) uint32 { return uint32(p.id*tokenSide + side) }

// close gives back all frames that wait and closes the port.
func (p *runPort) close(pool *pool) {
	p.queue.Close()
	pool.put(p.out...)
	p.out = nil
	close(p.closed)
	p.port.Close()
}

// flush sends what waits, as far as the kernel takes it, and returns when to come
// back for the rest, if the kernel does not say. The caller holds p.mu.
func (p *runPort) flush(now time.Time, pool *pool) time.Time {
	if p.full || now.Before(p.later) {
		return p.later
	}
	p.later = time.Time{}
	p.resume(p.pollable)
	for p.fill(now) {
		n, err := p.port.Write(p.out)
		for _, f := range p.out[:n] {
			p.bytes += f.N
		}
		p.shift(n, pool)
		switch {
		case err == nil:
		case errors.Is(err, link.ErrFull):
			p.measure(now, p.queue)
			p.wait(now)
			return p.later
		default: // lost: the interface is down, or its own queue is full
			p.dropped++
			p.shift(1, pool)
		}
	}
	p.paused = true
	return time.Time{}
}

// shift gives the first frames of out back.
func (p *runPort) shift(n int, pool *pool) {
	pool.put(p.out[:n]...)
	p.out = p.out[:copy(p.out, p.out[n:])]
}

// fill takes as many frames from the queue as may be sealed at once; false: there
// are none.
func (p *runPort) fill(now time.Time) bool {
	most := min(batchSize, p.batch())
	for len(p.out) < most {
		f := p.queue.Pop(now)
		if f == nil {
			break
		}
		p.out = append(p.out, f)
	}
	return len(p.out) > 0
}

// wait has a poller say when the kernel takes frames again.
func (p *runPort) wait(now time.Time) {
	if p.pollable != nil {
		if read, write := p.pollable.Descriptors(); read[0] == write {
			p.full = p.first.Change(write, p.token(0), true, true) == nil
		} else {
			p.full = p.first.Add(write, p.token(tokenWrite), false, true) == nil
		}
	}
	if !p.full {
		p.later = now.Add(retryWrite)
	}
}

// writable is called when the poller says that the kernel takes frames again. The caller
// holds p.mu.
func (p *runPort) writable(now time.Time) {
	p.full = false
	p.adapt(now, p.pollable, p.queue.Rate)
	if read, write := p.pollable.Descriptors(); read[0] == write {
		p.first.Change(write, p.token(0), true, false)
	} else {
		p.first.Remove(write)
	}
}
