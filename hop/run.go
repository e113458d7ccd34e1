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

// A PacketDevice is where IP packets come from and go to: the TUN.
type PacketDevice interface {
	// ReadBatch blocks for one packet and takes those that are there; an error
	// after Close.
	ReadBatch(packets [][]byte, sizes []int) (int, error)
	Write(packet []byte) (int, error)
	Close() error
}

// A Runner runs one Node: it owns the clock, the goroutines and the ports. Each
// port has a reader that runs what it read to completion (open, look up, layer,
// seal, send) in a turn of its own: a frame crosses a relay without changing
// goroutines. Turns exclude one another by one lock, taken once a batch.
type Runner struct {
	mu     sync.Mutex
	node   *Node
	pool   *pool
	ports  []*runPort
	timer  *time.Timer
	wakeAt time.Time
	worker *Worker
	tun    PacketDevice
	closed bool
	done   sync.WaitGroup

	// Errors takes what goes wrong with a port while it runs; it may be nil.
	Errors func(port string, err error)
}

// runPort is a port and the frames that wait to be written to it.
type runPort struct {
	port link.Port
	info link.PortInfo
	out  []*link.Frame
	drop uint64
}

// NewRunner returns a runner with a pool of the given number of frames (at least
// four batches) and starts its worker.
func NewRunner(frames int) *Runner {
	r := &Runner{pool: newPool(max(frames, 4*batchSize))}
	r.timer = time.AfterFunc(time.Hour, func() { r.Turn(func(time.Time) {}) })
	r.worker = NewWorker(func(done func(time.Time)) { r.Turn(done) })
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
	now := time.Now()
	f(now)
	if r.node != nil {
		r.finish(now)
	}
}

// finish ends a turn: timers, then one system call for each port with frames.
func (r *Runner) finish(now time.Time) {
	next := r.node.Advance(now)
	for _, p := range r.ports {
		if p != nil && len(p.out) > 0 {
			r.flush(p)
		}
	}
	r.wake(now, next)
}

// wake sets the timer. It is left alone when it fires before it must: to move it
// with every frame would cost a wake-up of another thread each time.
func (r *Runner) wake(now, next time.Time) {
	if next.IsZero() || r.wakeAt.After(now) && !next.Before(r.wakeAt) {
		return
	}
	r.wakeAt = next
	r.timer.Reset(max(0, next.Sub(now)))
}

// flush writes a port's frames and takes them back; what the kernel does not take is lost.
func (r *Runner) flush(p *runPort) {
	n, _ := p.port.Write(p.out)
	p.drop += uint64(len(p.out) - n)
	for _, f := range p.out {
		r.pool.put(f)
	}
	p.out = p.out[:0]
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
		if p.out = append(p.out, f); len(p.out) == batchSize {
			r.flush(p)
		}
	}
}

// Alloc, Free and Work implement link.Env.
func (r *Runner) Alloc() *link.Frame { return r.pool.get() }
func (r *Runner) Free(f *link.Frame) { r.pool.put(f) }
func (r *Runner) Work(c link.Cost, job func() func(time.Time)) bool {
	return r.worker.Do(c, job)
}

// AddPort gives the node a port and starts its readers; the runner closes it. It
// returns the port's id.
func (r *Runner) AddPort(port link.Port, info link.PortInfo) (id int) {
	r.Turn(func(now time.Time) {
		for id = 0; id < len(r.ports) && r.ports[id] != nil; id++ {
		}
		if id == len(r.ports) {
			r.ports = append(r.ports, nil)
		}
		p := &runPort{port: port, info: info, out: make([]*link.Frame, 0, batchSize)}
		r.ports[id] = p
		r.node.Links.AddPort(now, id, info)
		r.done.Add(2)
		go r.read(id, p)
		go r.readBroadcast(id, p)
	})
	return id
}

// RemovePort takes the links of a port down and closes it.
func (r *Runner) RemovePort(id int) {
	r.Turn(func(now time.Time) {
		if id < len(r.ports) && r.ports[id] != nil {
			r.node.Links.RemovePort(now, id)
			r.ports[id].port.Close()
			r.ports[id] = nil
		}
	})
}

// read is the loop of a port's unicast side.
func (r *Runner) read(id int, p *runPort) {
	defer r.done.Done()
	batch := make([]*link.Frame, batchSize)
	spare := make([]link.Frame, batchSize) // the reader's own, so that the pool may run dry
	for i := range batch {
		batch[i] = &spare[i]
	}
	for {
		n, err := p.port.Read(batch)
		if err != nil {
			r.ended(p, err)
			return
		}
		r.Turn(func(now time.Time) { r.takeBatch(now, id, p, batch[:n]) })
	}
}

// takeBatch passes frames to the node, which keeps them, and puts others in their place.
func (r *Runner) takeBatch(now time.Time, id int, p *runPort, batch []*link.Frame) {
	if r.ports[id] != p {
		return
	}
	for i, f := range batch {
		free := r.pool.get()
		if free == nil {
			p.drop++
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
	for {
		if err := p.port.ReadBroadcast(f); err != nil {
			if !errors.Is(err, link.ErrNoBroadcast) {
				r.ended(p, err)
			}
			return
		}
		r.Turn(func(now time.Time) {
			if free := r.pool.get(); free != nil && r.ports[id] == p {
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

// AttachTUN starts the reader of the IP side; the runner closes it.
func (r *Runner) AttachTUN(t PacketDevice) {
	r.tun = t
	r.done.Add(1)
	go r.readTUN(t)
}

// Deliver writes a packet to the TUN; it is meant for NodeConfig.Deliver.
func (r *Runner) Deliver(packet []byte) {
	if r.tun != nil {
		r.tun.Write(packet)
	}
}

// readTUN takes the packets that are there in one turn, so that small ones share
// frames.
func (r *Runner) readTUN(t PacketDevice) {
	defer r.done.Done()
	packets, sizes := make([][]byte, batchSize), make([]int, batchSize)
	for i := range packets {
		packets[i] = make([]byte, 2048)
	}
	for {
		n, err := t.ReadBatch(packets, sizes)
		if err != nil {
			return
		}
		r.Turn(func(now time.Time) {
			for i, p := range packets[:n] {
				r.node.Packet(now, p[:sizes[i]])
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
			p.port.Close()
		}
	}
	r.mu.Unlock()
	if r.tun != nil {
		r.tun.Close()
	}
	r.timer.Stop()
	r.worker.Close()
	r.done.Wait()
}
