package node

import (
	"net/netip"
	"time"

	"hopwire/hop/ip"
	"hopwire/link/identity"
)

// A Resolver is a Map that can ask others for the key of a mesh address.
type Resolver interface {
	// Resolve reports the key to done, later. False: it is not asked for, and done is not
	// called.
	Resolve(now time.Time, ip netip.Addr, done func(now time.Time, key identity.Key, ok bool)) bool
}

// maxResolving is how many addresses are asked for at once.
const maxResolving = 64

// resolve has a packet to an unknown address wait until it is known whose that is: the
// first packet of each, for whoever sends sends it again. False: nobody asks.
func (n *Node) resolve(now time.Time, dst netip.Addr, head, rest []byte) bool {
	r, ok := n.Map.(Resolver)
	_, waits := n.resolving[dst]
	if waits {
		n.N.QueueFull++
		return true
	}
	if !ok || len(n.resolving) >= maxResolving {
		return false
	}
	packet := ip.Join(head, rest)
	n.resolving[dst] = nil
	asked := r.Resolve(now, dst, func(now time.Time, _ identity.Key, ok bool) {
		delete(n.resolving, dst)
		if ok {
			n.Packet(now, packet, nil)
		} else {
			n.unreachable(now, packet, ip.CodeNoRoute)
		}
	})
	if !asked {
		delete(n.resolving, dst)
	}
	return asked
}
