package hop

import (
	"time"

	"hopwire/hop/ip"
)

// A relay where frames of a circuit wait tells its source (Slow, ten times a second
// at most). What is inside shall send less: calls halve their window, and an IP
// packet is marked (RFC 3168) or, when it cannot be and is large, dropped. A relay
// that says so without need gains what it has by dropping frames, and no more.

// slowed takes the word of a relay.
func (ch *channel) slowed(now time.Time) {
	ch.n.N.Slowed++
	ch.slow = true
	if c := ch.p.calls; c != nil {
		c.Slow(now)
	}
}

// Explicit congestion notification in the traffic class of an IPv6 header.
const (
	offECN  = 1
	ecnMask = 3 << 4
	ecnCE   = 3 << 4
)

// ease passes congestion on to the flow of a packet: marked in place, or true: drop
// it. Small packets pass: they are acknowledgements, or somebody typing. What it is
// told in stays set until a packet has been found for it.
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
