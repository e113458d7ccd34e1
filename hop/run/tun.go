package run

import "time"

// A PacketDevice is where IP packets come from and go to: the TUN. It is used by
// one goroutine at a time and never blocks.
type PacketDevice interface {
	// Descriptors can be polled for packets; flows are spread over these queues.
	Descriptors() []int
	// Receive passes on the packets of one read of a queue, each as a head with all
	// headers and the rest; false: there was none.
	Receive(queue int, take func(head, rest []byte)) (bool, error)
	// Put takes a packet for the kernel, which it gets with Flush or before.
	Put(packet []byte)
	Flush()
	Close() error
}

// What is read from a queue of the TUN in one turn: small packets that share frames,
// or as much of one flow as a few batches.
const (
	tunReads = 64
	tunBytes = 64 << 10
)

// AttachTUN starts to read the IP side, in place of one that was attached before; the
// runner closes it, at once if there is an error.
func (r *Runner) AttachTUN(t PacketDevice) (err error) {
	attached := false
	defer func() {
		if !attached { // the runner is closed
			t.Close()
		}
	}()
	r.Turn(func(time.Time) {
		attached = true
		r.closeTUN()
		r.tun = t
		queues := t.Descriptors()
		r.tunStates = make([]tunState, len(queues))
		for i, fd := range queues {
			if err = r.lanes[0].poller.Add(fd, tokenTUN+uint32(i), true, false); err != nil {
				r.closeTUN() // or what came by that queue would wait for ever
				return
			}
		}
	})
	return err
}

// HasTUN says whether there is a TUN that has not ended.
func (r *Runner) HasTUN() (has bool) {
	r.Turn(func(time.Time) { has = r.tun != nil })
	return has
}

// closeTUN closes the device, if there is one.
func (r *Runner) closeTUN() {
	if r.tun != nil {
		r.tun.Close()
	}
	r.tun = nil
}

// Deliver passes a packet to the TUN; it is meant for node.Config.Deliver.
func (r *Runner) Deliver(packet []byte) {
	if r.tun != nil {
		r.tun.Put(packet)
	}
}

// A tunState is what is known of one queue of the TUN.
type tunState struct {
	standing
	left bool // packets, by the last turn
}

// readTUN is the turn of the IP side: one queue of it.
func (r *Runner) readTUN(now time.Time) {
	if r.tun == nil || r.tunTurn >= len(r.tunStates) {
		return // lost or another one meanwhile
	}
	q := &r.tunStates[r.tunTurn]
	if q.tell(now, q.left) {
		r.node.EaseSent()
	}
	q.left, r.tunRead = true, 0
	for range tunReads {
		ok, err := r.tun.Receive(r.tunTurn, r.packet)
		if err != nil {
			r.loseTUN(err)
			return
		}
		if !ok {
			q.left = false
			return
		}
		if r.tunRead > tunBytes {
			break
		}
	}
}

// loseTUN closes a device that is gone: its descriptors would be readable for ever.
func (r *Runner) loseTUN(err error) {
	r.closeTUN()
	if r.Errors != nil {
		go r.Errors(TUN, "TUN", err)
	}
}
