package node

import (
	"net/netip"

	"hopwire/link/identity"
)

// maxTaught is how many addresses are kept that names have taught: 64 kB when full.
const maxTaught = 1024

// taught holds the keys of mesh addresses that somebody here asked for by name: the map
// may not know them yet, or no more. The one used last stands last; when it is full, the
// first goes. It is searched for the first packet to a peer only.
type taught []lesson

type lesson struct {
	ip  netip.Addr
	key identity.Key
}

// It is not inlined: the program would be larger.
//
//go:noinline
func (t taught) get(ip netip.Addr) (identity.Key, bool) {
	for i := range t {
		if t[i].ip == ip {
			l := t[i]
			copy(t[i:], t[i+1:])
			t[len(t)-1] = l
			return l.key, true
		}
	}
	return identity.Key{}, false
}

func (t *taught) put(l lesson) {
	if _, ok := t.get(l.ip); ok {
		return
	}
	if len(*t) == maxTaught {
		copy(*t, (*t)[1:])
		*t = (*t)[:maxTaught-1]
	}
	*t = append(*t, l)
}

// Teach remembers whose address a key has, so that packets to it find the key.
func (n *Node) Teach(key identity.Key) {
	if key != n.key {
		n.taught.put(lesson{key.IPv6(), key})
	}
}

// Lookup finds the key of a mesh address: this node's, that of a node that the map
// knows, or one taught.
func (n *Node) Lookup(ip netip.Addr) (identity.Key, bool) {
	if ip == n.ip {
		return n.key, true
	}
	if key, ok := n.Map.Lookup(ip); ok {
		return key, true
	}
	return n.taught.get(ip)
}
