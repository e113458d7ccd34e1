package hop

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
	"unsafe"

	"hopwire/hop/onion"
)

// A hoard is keys that a test has seen, masked, so that the heap has no second copy.
type hoard map[[32]byte]string

const mask = 0x5a

func (h hoard) keep(name string, key [32]byte) {
	for i := range key {
		key[i] ^= mask
	}
	h[key] = name
}

// first reads the key that a value begins with.
func first[T any](v *T) [32]byte { return *(*[32]byte)(unsafe.Pointer(v)) }

func (h hoard) hop(k *onion.HopKeys) {
	h.keep("layer", first(&k.Forward))
	h.keep("layer", first(&k.Backward))
	h.keep("cells", k.ControlForward)
	h.keep("cells", k.ControlBackward)
}

// gather keeps what a node has now.
func (h hoard) gather(m *testNode) {
	for parity := range byte(2) {
		if k, ok := m.onion.Private(m.net.Now, parity); ok {
			h.keep("onion", first(k))
		}
	}
	for _, c := range m.own {
		for _, k := range c.keys {
			h.hop(k)
		}
	}
	for _, r := range m.relays {
		h.hop(&r.keys)
	}
}

// found counts the kept keys that stand in what is reachable of the process's heap, and
// in the tables outside it.
func (h hoard) found(t *testing.T, n *testNet) map[string]int {
	t.Helper()
	runtime.GC()
	f, err := os.Create(filepath.Join(t.TempDir(), "heap"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	debug.WriteHeapDump(f.Fd())
	heap, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	var tables []byte
	for _, m := range n.nodes {
		states := m.table.states.Words()
		tables = append(tables, unsafe.Slice((*byte)(unsafe.Pointer(&states[0])), 4*len(states))...)
	}
	all := map[string]int{}
	for where, b := range map[string][]byte{"heap": heap, "tables": tables} {
		for i := range b {
			b[i] ^= mask
		}
		for key, name := range h {
			if bytes.Contains(b, key[:]) {
				all[name+" in "+where]++
			}
		}
	}
	return all
}

// TestKeysAreForgotten: an onion key is erased ten minutes after its hour in nodes that
// nobody talks to, and the keys of a circuit are with its end, however that came.
func TestKeysAreForgotten(t *testing.T) {
	n := line(t, 95, 4)
	h := hoard{}
	src := n.nodes[0]
	for i := range 5 {
		c := src.open(1, 2, 3)
		n.RunUntil(time.Second, func() bool { src.ping(c, 2, 1); n.Run(10 * time.Millisecond); return c.opened })
		for _, m := range n.nodes {
			h.gather(m)
		}
		switch i {
		case 0:
			if got := h.found(t, n); len(got) != 5 {
				t.Fatalf("found %v while they are in use: the search is blind", got)
			}
			src.close(c)
		case 1:
			n.nodes[3].host.Turn(n.nodes[3].terminals[1].Close)
		case 2:
			n.cables[[2]int{2, 3}].Down = true
			n.Run(time.Minute)
			n.cables[[2]int{2, 3}].Down = false
			n.Run(time.Minute)
		case 3:
			n.Run(circuitIdle + 2*time.Second)
			src.close(c)
		case 4:
			n.nodes[1].host.Turn(func(now time.Time) { n.nodes[1].relays[0].part(now, ReasonFull) })
		}
	}
	c := src.begin(n.path(1, 2, 3)) // closed while it is being built
	src.close(c)
	n.Run(80 * time.Minute)
	if got := h.found(t, n); len(got) != 0 {
		t.Errorf("of %d keys these are left: %v", len(h), got)
	}
}
