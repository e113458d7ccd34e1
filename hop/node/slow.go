package node

import (
	"time"

	"hopwire/hop/ip"
)

// A relay where frames of a circuit wait says so to the circuit's source, by Slow cells
// (hop/wire.md, "Slow"). The source makes what is inside send less: calls halve their
// window, and an IP packet is marked (RFC 3168) or, when it cannot be and is large,
// dropped. A relay that says Slow without need gains what it could have by dropping
// frames, and no more.

// slowed takes the word of a relay.
func (ch *channel) slowed(now time.Time) {
	ch.n.N.Slowed++
	ch.slow = true
	ch.o.slowed(now)
}

func (p *peer) slowed(now time.Time) {
	if p.calls != nil {
		p.calls.Slow(now)
	}
}

// Explicit congestion notification in the traffic class of an IPv6 header.
const (
	offECN  = 1
	ecnMask = 3 << 4
	ecnCE   = 3 << 4
)

// ease tells the flow of a packet to go slower. A packet that can be marked is marked
// in place; of the others a large one is to be dropped (true). Small ones pass: they are
// acknowledgements, or somebody typing. *told is the request to do so: it stays set
// until a packet has been marked or dropped for it.
func (n *Node) ease(told *bool, head, rest []byte) (drop bool) {
	switch {
	case head[offECN]&ecnMask != 0:
		head[offECN] |= ecnCE
	case len(head)+len(rest) < ip.MTU/2:
		return false
	default:
		n.N.SlowDropped++
		drop = true
	}
	*told = false
	return drop
}

// EaseSent has a flow go slower that this node sends: packets wait at the TUN.
func (n *Node) EaseSent() { n.slow.sent = true }

// EaseReceived has a flow go slower that ends here: frames wait at a port.
func (n *Node) EaseReceived() { n.slow.received = true }
