package hop

import (
	"time"

	"hopwire/link"
)

// A PacketDevice is where IP packets come from and go to: the TUN. It is used by
// one goroutine at a time and never blocks.
type PacketDevice interface {
	// Descriptor can be polled for packets.
	Descriptor() int
	// Receive passes on the packets of one read, each as a head with all headers and
	// the rest; false: there was none.
	Receive(take func(head, rest []byte)) (bool, error)
	// Put takes a packet for the kernel, which it gets with Flush or before.
	Put(packet []byte)
	Flush()
	Close() error
}

// Tokens of the poller: the port's id and which side of it, or the TUN.
const (
	tokenRead  = 0
	tokenWrite = 1
	tokenTUN   = 1 << 20
)

// tunReads bounds the reads from the TUN in one turn: 32 small packets that share
// frames, or as much of one flow as a few batches.
const tunReads = 32

// loop waits for all that can be read, takes a batch from each source that has one,
// in turn, and sends what came of it.
func (r *Runner) loop() {
	defer r.done.Done()
	r.mu.Lock()
	for !r.closed {
		timeout := time.Duration(-1)
		if !r.wakeAt.IsZero() {
			timeout = max(0, time.Until(r.wakeAt))
		}
		r.turns = false
		r.mu.Unlock()
		events := r.poller.Wait(timeout)
		r.mu.Lock()
		if r.turns = true; r.closed {
			break
		}
		r.now = time.Now()
		for _, e := range events {
			r.event(e)
		}
		r.finish()
	}
	r.mu.Unlock()
}

// event does what a source has become ready for.
func (r *Runner) event(e link.Event) {
	if e.Token == tokenTUN {
		r.readTUN()
		return
	}
	id := int(e.Token >> 1)
	if id >= len(r.ports) || r.ports[id] == nil {
		return // removed meanwhile
	}
	p := r.ports[id]
	if e.Write && p.full {
		p.writable(r.now, r.poller)
	}
	if e.Readable && e.Token&1 == tokenRead {
		r.readPort(id, p)
	}
}

func (r *Runner) readPort(id int, p *runPort) {
	n, err := p.pollable.TryRead(p.batch)
	if err != nil {
		p.unpoll(r.poller)
		r.ended(p, err)
		return
	}
	r.take(id, p, n)
}

// take passes the first n frames of a port's batch to the node, which keeps them,
// and puts others in their place.
func (r *Runner) take(id int, p *runPort, n int) {
	if r.node == nil || r.ports[id] != p {
		return
	}
	for i, f := range p.batch[:n] {
		free := r.Alloc()
		if free == nil {
			p.dropped++
			continue // the frame is overwritten by the next one read
		}
		f.Broadcast = false
		r.node.Receive(r.now, id, f)
		p.batch[i] = free
	}
}

func (r *Runner) readTUN() {
	for range tunReads {
		if ok, err := r.tun.Receive(r.packet); !ok || err != nil {
			return
		}
	}
}
