package run

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/link/step"
)

// batchSize is how many frames cross a port in one system call.
const batchSize = 32

// A Runner runs one Node: it owns the clock, the ports and the goroutines. Lanes
// (loop.go) wait for everything that can be read, and run what they read to
// completion: open, look up, layer, queue, seal, send. A frame crosses a relay
// without changing threads. What changes more than a frame's own circuit is done in
// turns, one at a time: by lanes, the worker and the control socket.
type Runner struct {
	mu    sync.RWMutex // turns hold it; lanes, for reading, while they pass frames on
	node  *node.Node
	pool  *pool
	ports []*runPort
	tun   PacketDevice

	tunTurn   int // queue whose turn it is
	tunRead   int // bytes, in this turn
	tunStates []tunState

	lanes   []*lane
	worker  *worker
	now     time.Time    // of the turn
	wakeAt  atomic.Int64 // when the first lane comes back by itself, in ns since start; 0: it does not
	asleep  atomic.Bool  // the first lane waits, or is about to look at wakeAt
	start   time.Time
	closed  bool
	stopped atomic.Bool
	done    sync.WaitGroup

	readErrors atomic.Uint32
	packet     func(head, rest []byte) // made once: a closure per call would be garbage
	fromTUN    func(now time.Time)     // readTUN, likewise

	// Errors takes what has ended a port, which is to be removed then, or the TUN, which
	// is then closed: its id is TUN. It is called by a goroutine of its own, maybe more
	// than once of one port, and may be nil.
	Errors func(id int, name string, err error)
}

// TUN stands for the TUN where Errors wants the id of a port.
const TUN = -1

// maxLanes bounds the lanes: one a core, but a relay with more than four cores has
// enough of them.
const maxLanes = 4

// New returns a runner with a pool of the given number of frames (at least
// four batches) and starts its worker and its lanes. Each lane needs three descriptors;
// where there are none, the error says so, and nothing runs.
func New(frames int) (*Runner, error) {
	lanes := min(runtime.NumCPU(), maxLanes)
	r := &Runner{pool: newPool(max(frames, 4*batchSize), lanes*batchSize), start: time.Now().Add(-1)}
	r.packet = func(head, rest []byte) {
		r.tunRead += len(head) + len(rest)
		r.node.Packet(r.now, head, rest)
	}
	r.fromTUN = r.readTUN
	for range lanes {
		l, err := newLane(r)
		if err != nil {
			r.closePollers()
			return nil, err
		}
		r.lanes = append(r.lanes, l)
	}
	r.worker = newWorker(func(done func(time.Time)) { r.Turn(done) })
	for _, l := range r.lanes {
		r.done.Add(1)
		go l.loop()
	}
	return r, nil
}

func (r *Runner) closePollers() {
	for _, l := range r.lanes {
		l.poller.Close()
	}
}

// Start makes node the one that runs. Before it, nothing happens.
func (r *Runner) Start(node *node.Node) {
	r.mu.Lock()
	r.node = node
	for _, l := range r.lanes {
		l.start(node)
	}
	r.mu.Unlock()
	r.Turn(func(time.Time) {})
}

// Lanes is how many receive queues of a port are served side by side.
func (r *Runner) Lanes() int { return len(r.lanes) }

// Node returns the node; it must be used inside Turn only.
func (r *Runner) Node() *node.Node { return r.node }

// Turn runs f as the owner of the node, then does what is due and sends what came
// of it. f must not block.
func (r *Runner) Turn(f func(now time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.now = time.Now()
	for _, l := range r.lanes {
		if l.Lane != nil {
			l.Count()
		}
	}
	f(r.now)
	r.finish()
}

// finish ends a turn: timers, then what waits at each port and for the kernel.
func (r *Runner) finish() {
	if r.node == nil {
		return
	}
	next := r.node.Advance(r.now)
	for _, p := range r.ports {
		if p != nil {
			next = step.Earliest(next, p.flush(r.now, r.pool))
		}
	}
	if r.tun != nil {
		r.tun.Flush()
	}
	r.wakeBy(next)
}

// wakeBy has the first lane come back at a time, or before; zero: it need not.
func (r *Runner) wakeBy(t time.Time) {
	if t.IsZero() {
		return
	}
	at := max(1, int64(t.Sub(r.start)))
	for {
		old := r.wakeAt.Load()
		if old != 0 && old <= at {
			return
		}
		if r.wakeAt.CompareAndSwap(old, at) {
			break
		}
	}
	if r.asleep.Load() {
		r.lanes[0].poller.Wake()
	}
}

// sleep is for how long the first lane may wait; negative: for ever.
func (r *Runner) sleep() time.Duration {
	r.asleep.Store(true)
	at := r.wakeAt.Load()
	if at == 0 {
		return -1
	}
	return max(0, time.Duration(at)-time.Since(r.start))
}

// awake says whether the time to come back has come, and forgets it.
func (r *Runner) awake(now time.Time) bool {
	r.asleep.Store(false)
	at := r.wakeAt.Load()
	return at != 0 && at <= int64(now.Sub(r.start)) && r.wakeAt.CompareAndSwap(at, 0)
}

func (r *Runner) port(id int) *runPort {
	if id < 0 || id >= len(r.ports) {
		return nil
	}
	return r.ports[id]
}

// Send implements link.Env.
func (r *Runner) Send(port int, f *link.Frame) {
	p := r.ports[port]
	switch {
	case p == nil:
		r.pool.put(f)
	case f.Broadcast:
		p.port.WriteBroadcast(f)
		r.pool.put(f)
	default:
		p.queue.Push(r.now, f)
	}
}

// Alloc, Free and Work implement link.Env. When the pool is empty the longest of
// all queues gives a frame up: one slow port must not keep others from sending.
func (r *Runner) Alloc() *link.Frame {
	if f := r.pool.get(); f != nil {
		return f
	}
	var longest *runPort
	for _, p := range r.ports {
		if p != nil && (longest == nil || p.queue.Len() > longest.queue.Len()) {
			longest = p
		}
	}
	if longest == nil || !longest.queue.Shed() {
		return nil
	}
	return r.pool.get()
}

func (r *Runner) Free(f *link.Frame) { r.pool.put(f) }
func (r *Runner) Work(c link.Cost, job func() func(time.Time)) bool {
	return r.worker.do(c, job)
}

// AddPort gives the node a port and starts to read it; the runner closes it. It
// returns the port's id.
func (r *Runner) AddPort(port link.Port, info link.PortInfo) (id int) {
	r.Turn(func(now time.Time) {
		for id = 0; id < len(r.ports) && r.ports[id] != nil; id++ {
		}
		if id == len(r.ports) {
			r.ports = append(r.ports, nil)
		}
		p := newRunPort(id, port, info, r.pool)
		r.ports[id] = p
		r.node.Links.AddPort(now, id, info)
		r.done.Add(1)
		go r.readBroadcast(id, p)
		if polled, err := p.poll(r.lanes); err != nil {
			go r.ended(p, err)
		} else if !polled {
			r.done.Add(1)
			go r.read(id, p)
		}
	})
	return id
}

// RemovePort takes the links of a port down and closes it.
func (r *Runner) RemovePort(id int) {
	r.Turn(func(now time.Time) {
		if id < len(r.ports) && r.ports[id] != nil {
			r.node.Links.RemovePort(now, id)
			r.ports[id].close(r.pool)
			r.ports[id] = nil
		}
	})
}

// read is the loop of a port that cannot be polled.
func (r *Runner) read(id int, p *runPort) {
	defer r.done.Done()
	batch := make([]*link.Frame, batchSize)
	for i := range batch {
		batch[i] = new(link.Frame)
	}
	row := 0 // of errors
	for {
		n, err := p.port.Read(batch)
		if err != nil {
			if row++; !r.goOn(p, row, err) {
				return
			}
			continue
		}
		row = 0
		r.Turn(func(now time.Time) { r.receive(now, id, p, batch[:n]) })
	}
}

// receive passes frames to the node, which keeps them, and puts others in their place.
func (r *Runner) receive(now time.Time, id int, p *runPort, batch []*link.Frame) {
	if r.port(id) != p {
		return
	}
	for i, f := range batch {
		free := r.Alloc()
		if free == nil {
			p.dropped++
			continue // the frame is overwritten by the next one read
		}
		f.Broadcast = false
		r.node.Receive(now, id, f)
		batch[i] = free
	}
}

// readBroadcast is the loop of a port's broadcast side.
func (r *Runner) readBroadcast(id int, p *runPort) {
	defer r.done.Done()
	f := new(link.Frame)
	row := 0 // of errors
	for {
		if err := p.port.ReadBroadcast(f); err != nil {
			if row++; errors.Is(err, link.ErrNoBroadcast) || !r.goOn(p, row, err) {
				return
			}
			continue
		}
		row = 0
		r.Turn(func(now time.Time) {
			if r.port(id) != p {
				return // removed meanwhile
			}
			if free := r.Alloc(); free != nil {
				f.Broadcast = true
				r.node.Receive(now, id, f)
				f = free
			}
		})
	}
}

// Close closes every circuit, says goodbye to the neighbours and ends all
// goroutines. It returns when they have ended.
func (r *Runner) Close() {
	r.Turn(func(now time.Time) {
		if r.node != nil {
			r.node.Close(now)
		}
	})
	r.mu.Lock()
	r.closed = true
	for _, p := range r.ports {
		if p != nil {
			p.close(r.pool)
		}
	}
	r.closeTUN()
	r.stopped.Store(true)
	for _, l := range r.lanes {
		l.poller.Wake()
	}
	r.mu.Unlock()
	r.worker.Close()
	r.done.Wait()
	r.closePollers()
}
