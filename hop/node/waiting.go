package node

import (
	"time"

	"hopwire/hop"
	"hopwire/hop/ip"
)

// Packets that wait for a session. Whoever sends to many addresses that do not answer
// must not fill the memory, nor keep others' first packets out: there is one bound for
// all, a part of it for each peer, and whoever holds most gives way.

const (
	queueMemory = 256 << 10 // of all, unless configured
	queueShare  = 8         // a peer has at most this part of it
	queueEach   = 64        // what a packet costs beside its bytes
)

// waiting are the packets of one peer, oldest first.
type waiting struct {
	packets [][]byte
	held    int // bytes
}

func cost(packet []byte) int { return len(packet) + queueEach }

// wait keeps a copy of a packet until there is a session.
func (p *peer) wait(head, rest []byte) {
	n, most := p.n, maxQueue
	if p.lostCause() && p.wantErr != hop.ErrAsking {
		most = maxQueueLost
	}
	packet := ip.Join(head, rest)
	size := cost(packet)
	if len(p.queue.packets) >= most || p.queue.held+size > n.c.QueueMemory/queueShare || !n.makeRoom(p, size) {
		n.N.QueueFull++
		return
	}
	p.queue.packets = append(p.queue.packets, packet)
	p.queue.held += size
	n.queued += size
}

// makeRoom drops the oldest packets of whoever holds most, if that is more than the peer
// would hold.
func (n *Node) makeRoom(p *peer, size int) bool {
	for n.queued+size > n.c.QueueMemory {
		most := p
		for _, o := range n.order {
			if o.queue.held > most.queue.held {
				most = o
			}
		}
		if most.queue.held <= p.queue.held+size {
			return false
		}
		n.N.QueueFull++
		oldest := cost(most.queue.packets[0])
		most.queue.packets, most.queue.held = most.queue.packets[1:], most.queue.held-oldest
		n.queued -= oldest
	}
	return true
}

// unwait returns the packets that waited and keeps none.
func (p *peer) unwait() [][]byte {
	packets := p.queue.packets
	p.n.queued -= p.queue.held
	p.queue = waiting{}
	return packets
}

// giveUp tells the senders of what waited.
func (p *peer) giveUp(now time.Time, code byte) {
	for _, packet := range p.unwait() {
		p.n.unreachable(now, packet, code)
	}
}
