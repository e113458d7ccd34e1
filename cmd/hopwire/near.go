package main

import (
	"sync"
	"time"

	"hopwire/link/nic"
)

// nearAge is how long the prefixes are taken for what they were: a question costs no
// look at them, and a new prefix is known after that time.
const nearAge = 5 * time.Second

// near knows the prefixes of the interfaces. The zero value is ready; it is safe for
// concurrent use.
type near struct {
	mu  sync.Mutex
	at  time.Time // not of the wall clock, which may go back by years
	all []nic.Prefix
}

// is says whether from is on a prefix of the interface that has the address local, at
// which the question came: so a neighbour in the LAN with a global address is told
// from somebody on the other side of the router.
func (n *near) is(local, from *[16]byte) bool {
	all, index := n.look(), 0
	for i := range all {
		if all[i].Addr == *local {
			index = all[i].Index
		}
	}
	for i := range all {
		if all[i].Index == index && all[i].Has(from) {
			return true
		}
	}
	return false
}

// look returns the prefixes as they were a moment ago.
func (n *near) look() []nic.Prefix {
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := time.Now(); now.Sub(n.at) >= nearAge {
		n.at, n.all = now, nic.Prefixes()
	}
	return n.all
}
