package run

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/link/nic"
)

// A lane is a loop that serves one receive queue of each port: on one core there is
// one, on several each has its own, and no frame changes lanes. It holds the runner's
// lock for reading while its frames pass through side by side with those of others,
// and takes a turn for the rest (Lane).
type lane struct {
	*hop.Lane // nil: the node has not started
	r         *Runner
	poller    *nic.Poller
	now       time.Time
	batch     [batchSize]*link.Frame // to read into
	stint     stint
	turn      func(now time.Time) // Finish, made once: a closure per call would be garbage
}

func newLane(r *Runner) (*lane, error) {
	poller, err := nic.NewPoller()
	if err != nil {
		return nil, err
	}
	l := &lane{r: r, poller: poller, stint: stint{most: batchSize}}
	r.pool.fill(l.batch[:])
	return l, nil
}

// start gives the lane its node.
func (l *lane) start(n *node.Node) {
	l.Lane = hop.NewLane(n.Links, n.Circuits, n.EaseReceived)
	l.turn = l.Finish
}

// loop waits for all that can be read and takes a batch from each source that has
// one, in turn. The first lane has the timers too.
func (l *lane) loop() {
	r := l.r
	defer r.done.Done()
	raise()
	first := l == r.lanes[0]
	for !r.stopped.Load() {
		timeout := time.Duration(-1)
		if first {
			timeout = r.sleep()
		}
		events := l.poller.Wait(timeout)
		l.now = time.Now()
		for _, e := range events {
			l.event(e)
		}
		if first && r.awake(l.now) {
			r.Turn(func(time.Time) {})
		}
	}
}

// raise gives the lane a thread of its own ahead of ordinary programs, as the kernel's
// own forwarding is: else a frame waits for the time slices of whoever shares the
// core. They keep a tenth of it. Where it is not allowed, it stays as it is.
func raise() {
	runtime.LockOSThread() // never unlocked: the thread ends with its priority
	unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), lanePriority)
}

const lanePriority = -10

// event does what a source has become ready for. Where several frames have come at
// once more are likely to be there by now: to look costs less than to wait for them.
func (l *lane) event(e nic.Event) {
	if e.Token >= tokenTUN {
		l.r.tunTurn = int(e.Token - tokenTUN)
		l.r.Turn(l.r.fromTUN)
		l.now = time.Now()
		return
	}
	id, side := int(e.Token/tokenSide), int(e.Token%tokenSide)
	if e.Write {
		l.write(id)
	}
	began := l.now
	for range batchesAtOnce {
		if !e.Readable || side == tokenWrite {
			return
		}
		since := l.now
		n := l.pass(id, side)
		if n < 2 {
			return
		}
		l.now = time.Now()
		if l.stint.took(n, l.now.Sub(since)) {
			l.widen(id, side)
		}
		if l.now.Sub(began) > stintTime {
			return
		}
	}
}

// batchesAtOnce are read of one queue before the others have their turn.
const batchesAtOnce = 4

// widen has a receive queue hold what the lane can handle.
func (l *lane) widen(id, queue int) {
	l.r.mu.RLock()
	defer l.r.mu.RUnlock()
	if p := l.r.port(id); p != nil && p.pollable != nil {
		p.intakes[queue].widen(l.stint.rate, func(bytes int) { p.pollable.SetReceiveBuffer(queue, bytes) })
	}
}

// write sends what waits at a port that takes frames again.
func (l *lane) write(id int) {
	r := l.r
	r.mu.RLock()
	defer r.mu.RUnlock()
	p := r.port(id)
	if p == nil {
		return // removed meanwhile
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full {
		p.writable(l.now)
		r.wakeBy(p.flush(l.now, r.pool))
	}
}

// pass takes a batch through and returns how many frames there were.
func (l *lane) pass(id, queue int) (n int) {
	r := l.r
	r.mu.RLock()
	if p := r.port(id); p != nil && p.pollable != nil && l.Lane != nil {
		n = l.read(id, p, queue)
	}
	r.mu.RUnlock()
	if n > 0 && l.Left() {
		r.Turn(l.turn)
	}
	l.refill()
	return n
}

// read takes a batch of a port and passes on what only passes through. The caller
// holds the lock for reading.
func (l *lane) read(id int, p *runPort, queue int) int {
	n, err := p.pollable.TryRead(queue, l.room())
	if err != nil {
		l.failed(p, queue, err)
		return 0
	}
	p.row[queue] = 0
	l.Stands = p.intakes[queue].tell(l.now, n > l.stint.most/2) // more than half: while these are handled, as many will come
	for i, f := range l.batch[:n] {
		f.Broadcast = false
		l.Frame(l.now, id, f)
		l.batch[i] = nil
	}
	for out, frames := range l.Onward() {
		if len(frames) > 0 {
			l.send(out, frames)
		}
	}
	l.Sent()
	return n
}

// room is the part of the batch to read into: all that has frames, unless that is more
// than a stint.
func (l *lane) room() []*link.Frame {
	for i, f := range l.batch[:l.stint.most] {
		if f == nil {
			return l.batch[:i]
		}
	}
	return l.batch[:l.stint.most]
}

// send puts frames into a port's queue and sends what the kernel takes.
func (l *lane) send(out int, frames []*link.Frame) {
	p := l.r.port(out)
	if p == nil {
		l.r.pool.put(frames...)
		return
	}
	p.mu.Lock()
	for _, f := range frames {
		p.queue.Push(l.now, f)
	}
	l.r.wakeBy(p.flush(l.now, l.r.pool))
	if p.queue.Len() > 0 {
		l.Waiting(l.now, out)
	}
	p.mu.Unlock()
}

// refill replaces the frames that the batch has lost; when the pool is empty, the
// longest queue gives some up, since what comes in may be more urgent.
func (l *lane) refill() {
	if l.batch[0] == nil || l.batch[batchSize-1] == nil {
		l.r.pool.fill(l.batch[:])
	}
	if l.batch[0] == nil {
		l.r.Turn(func(time.Time) { l.batch[0] = l.r.Alloc() })
	}
	for i, n := 0, 0; i < batchSize; i++ { // those that there are come first
		if l.batch[i] != nil {
			l.batch[i], l.batch[n] = l.batch[n], l.batch[i]
			n++
		}
	}
}
