package hop

import (
	"errors"
	"net"
	"sync"
	"time"

	"hopwire/link"
)

// batchSize is how many frames cross a port in one system call.
const batchSize = 32

// A Runner runs one Node: it owns the clock, the ports and the goroutines. One loop
// (loop.go) waits for everything that can be read, and runs what it reads to
// completion: open, look up, layer, queue, seal, send. A frame crosses a relay
// without changing threads. Others, such as the worker and the control socket, take
// a turn by the same lock.
type Runner struct {
	mu     sync.Mutex
	node   *Node
	pool   *pool
	ports  []*runPort
	tun    PacketDevice
	poller *link.Poller
	worker *Worker
	now    time.Time // of the turn
	wakeAt time.Time // when the loop comes back by itself; zero: it does not
	turns  bool      // the loop is in a turn, or about to look at wakeAt
	closed bool
	done   sync.WaitGroup
	packet func(head, rest []byte) // made once: a closure per call would be garbage

	// Errors takes what goes wrong with a port while it runs; it may be nil.
	Errors func(port string, err error)
}

// NewRunner returns a runner with a pool of the given number of frames (at least
// four batches) and starts its worker and its loop.
func NewRunner(frames int) *Runner {
	poller, err := link.NewPoller()
	if err != nil {
		panic("hop: internal error: no poller: " + err.Error()) // out of descriptors at the start
	}
	r := &Runner{pool: newPool(max(frames, 4*batchSize)), poller: poller}
	r.packet = func(head, rest []byte) { r.node.Packet(r.now, head, rest) }
	r.worker = NewWorker(func(done func(time.Time)) { r.Turn(done) })
	r.done.Add(1)
	go r.loop()
	return r
}

// Start makes node the one that runs. Before it, nothing happens.
func (r *Runner) Start(node *Node) {
	r.mu.Lock()
	r.node = node
	r.mu.Unlock()
	r.Turn(func(time.Time) {})
}

// Node returns the node; it must be used inside Turn only.
func (r *Runner) Node() *Node { return r.node }

// Turn runs f as the owner of the node, then does what is due and sends what came
// of it. f must not block.
func (r *Runner) Turn(f func(now time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.now = time.Now()
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
			next = earliest(next, r.flush(p))
		}
	}
	if r.tun != nil {
		r.tun.Flush()
	}
	r.wake(next)
}

// wake has the loop come back at a time. It is left alone when it comes before: to
// be moved with every frame would cost a wake-up each time.
func (r *Runner) wake(next time.Time) {
	if next.IsZero() || r.wakeAt.After(r.now) && !next.Before(r.wakeAt) {
		return
	}
	if r.wakeAt = next; !r.turns {
		r.poller.Wake()
	}
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
	return r.worker.Do(c, job)
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
		if err := p.poll(r.poller); err != nil {
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
	for {
		n, err := p.port.Read(p.batch)
		if err != nil {
			r.ended(p, err)
			return
		}
		r.Turn(func(time.Time) { r.take(id, p, n) })
	}
}

// readBroadcast is the loop of a port's broadcast side.
func (r *Runner) readBroadcast(id int, p *runPort) {
	defer r.done.Done()
	f := new(link.Frame)
	for {
		if err := p.port.ReadBroadcast(f); err != nil {
			if !errors.Is(err, link.ErrNoBroadcast) {
				r.ended(p, err)
			}
			return
		}
		r.Turn(func(now time.Time) {
			if free := r.Alloc(); free != nil && r.ports[id] == p {
				f.Broadcast = true
				r.node.Receive(now, id, f)
				f = free
			}
		})
	}
}

func (r *Runner) ended(p *runPort, err error) {
	if r.Errors != nil && !errors.Is(err, net.ErrClosed) {
		r.Errors(p.info.Name, err)
	}
}

// AttachTUN starts to read the IP side; the runner closes it.
func (r *Runner) AttachTUN(t PacketDevice) {
	r.Turn(func(time.Time) {
		r.tun = t
		r.poller.Add(t.Descriptor(), tokenTUN, true, false)
	})
}

// Deliver passes a packet to the TUN; it is meant for NodeConfig.Deliver.
func (r *Runner) Deliver(packet []byte) {
	if r.tun != nil {
		r.tun.Put(packet)
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
	if r.tun != nil {
		r.tun.Close()
	}
	r.poller.Wake()
	r.mu.Unlock()
	r.worker.Close()
	r.done.Wait()
	r.poller.Close()
}
