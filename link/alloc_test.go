//go:build !race

package link

import "testing"

func TestNoAllocs(t *testing.T) {
	h, f := testHalf(1), make([]byte, FrameLong)
	var w Window
	n := uint64(0)
	for name, do := range map[string]func(){
		"Seal":        func() { n++; h.seal(n, Header{1, 2, 3}, f) },
		"SealControl": func() { n++; h.sealControl(n, f) },
		"Open":        func() { h.seal(5, Header{}, f); h.open(h.counter(f), f) },
		"Open failed": func() { f[0] ^= 1; h.open(h.counter(f), f) },
		"Window":      func() { n++; w.Check(n); w.Accept(n) },
		"OpenControl": func() { h.openControl(5, f[offBody:]) },
		"Counter":     func() { h.counter(f) },
		"Plausible":   func() { w.Plausible(n) },
	} {
		if got := testing.AllocsPerRun(100, do); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
