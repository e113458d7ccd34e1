package node

import (
	"testing"

	"hopwire/link/identity"
)

// BenchmarkRest: a turn of a node that 2,000 callers have a session with who say nothing.
func BenchmarkRest(b *testing.B) {
	w := star(b, 900, 2, func(c *Config) { c.MaxPeers = 4096 })
	n := w.members[0]
	for i := range 2000 {
		p := n.peer(w.Now, identity.Key{byte(i), byte(i >> 8), 1})
		p.terminals = []*channel{{n: n.Node, p: p, o: p, heard: w.Now}}
	}
	b.ReportAllocs()
	for b.Loop() {
		n.advancePeers(w.Now)
	}
}
