//go:build !race

package handshake

import (
	"testing"

	"hopwire/link/identity"
)

// TestFilterAllocatesNothing: a stranger's message costs no memory.
func TestFilterAllocatesNothing(t *testing.T) {
	f := make([]byte, 1440)
	filter := NewFirstFilter(identity.Key{}, KindLink, identity.NetworkKey{}, nil)
	i, m1 := newShake(t, KindLink, len(f), false).initiate(t)
	for name, do := range map[string]func(){
		"FirstFilter": func() { filter.Check(f) },
		"Initiation":  func() { i.Check(m1) },
		"SeenHash":    func() { SeenHash(f) },
	} {
		if got := testing.AllocsPerRun(100, do); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
