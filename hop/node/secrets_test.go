package node

import (
	"bytes"
	"crypto/cipher"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
	"unsafe"
)

// A hoard is of keys that a test has seen, masked so that the heap has no second copy.
type hoard map[[32]byte]string

const mask = 0x5a

func (h hoard) keep(key [32]byte, name string) {
	if key == ([32]byte{}) {
		return
	}
	for i := range key {
		key[i] ^= mask
	}
	h[key] = name
}

// keyOf reads the key of an AEAD, whose first field it is.
func keyOf(a cipher.AEAD) [32]byte {
	return *(*[32]byte)((*[2]unsafe.Pointer)(unsafe.Pointer(&a))[1])
}

// gather keeps what a node has now.
func (h hoard) gather(n *Node) {
	for _, p := range n.order {
		h.keep(p.resume.secret, "resumption, source")
		for _, s := range p.tokens.steps {
			h.keep(s.secret, "resumption, last hop")
		}
		for _, ch := range p.channels() {
			if ch.ready() {
				h.keep(keyOf(ch.send), "session")
				h.keep(keyOf(ch.recv), "session")
			}
			if o := ch.opening; o != nil && o.join != nil {
				h.keep(o.join.send, "join")
				h.keep(o.join.recv, "join")
			}
		}
	}
	for _, e := range n.errands {
		if e.ch.ready() {
			h.keep(keyOf(e.ch.send), "errand")
			h.keep(keyOf(e.ch.recv), "errand")
		}
	}
}

// found counts the kept keys that stand in what is reachable of the process's heap.
func (h hoard) found(t *testing.T) map[string]int {
	t.Helper()
	runtime.GC()
	runtime.GC()
	path := filepath.Join(t.TempDir(), "heap")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	debug.WriteHeapDump(f.Fd())
	heap, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range heap {
		heap[i] ^= mask
	}
	all := map[string]int{}
	for key, name := range h {
		if bytes.Contains(heap, key[:]) {
			all[name]++
		}
	}
	return all
}

// TestKeysAreForgotten holds wire.md, "Keys": two minutes and a little after the last
// packet, no key of a session or a resumption is reachable, though the flows that
// they carried have not been looked up since.
func TestKeysAreForgotten(t *testing.T) {
	w := newDiamond(t, 90)
	w.change = func(_ int, c *Config) { c.CircuitLife = 10 * time.Second } // many sessions
	w.start()
	src, dst := w.ends()
	w.connect(src, dst)
	h := hoard{}
	for range 250 {
		w.stream(src, dst, 100*time.Millisecond, 100*time.Millisecond, true)
		h.gather(src.Node)
		h.gather(dst.Node)
	}
	if got := h.found(t); got["session"] == 0 || got["resumption, last hop"] == 0 {
		t.Fatalf("found %v while they are in use: the search is blind", got)
	}
	w.Run(5 * time.Minute)
	if got := h.found(t); len(got) != 0 {
		t.Errorf("of %d keys these are left: %v", len(h), got)
	}
	for _, m := range []*member{src, dst} {
		for i := range m.flows.sets {
			for _, f := range m.flows.sets[i] {
				if f.ch != nil {
					t.Fatalf("node %d: a flow holds a channel", m.index)
				}
			}
		}
	}
}

// TestReplacedKeysAreForgotten: the keys of a circuit that was replaced go with it, while
// the peer stays.
func TestReplacedKeysAreForgotten(t *testing.T) {
	w := diamond(t, 91)
	src, dst := w.ends()
	w.connect(src, dst)
	w.stream(src, dst, 100*time.Millisecond, time.Second, true)
	h := hoard{}
	h.gather(src.Node)
	h.gather(dst.Node)
	src.mate(dst).active.renewAt, src.mate(dst).warm.renewAt = w.Now, w.Now
	w.stream(src, dst, 100*time.Millisecond, 2*time.Second, true)
	src.mate(dst).warm.renewAt = w.Now
	src.host.Turn(func(now time.Time) { src.mate(dst).warm.close(now) })
	w.stream(src, dst, 100*time.Millisecond, 10*time.Second, true)
	if got := h.found(t); len(got) != 0 {
		t.Errorf("of %d keys these are left: %v", len(h), got)
	}
}
