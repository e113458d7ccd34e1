//go:build !race

package link

import "testing"

func TestNoAllocs(t *testing.T) {
	h, f := testHalf(1), make([]byte, FrameLong)
	var w Window
	n := uint64(0)
	for name, do := range map[string]func(){
		"Seal":        func() { n++; h.Seal(n, Header{1, 2, 3}, f) },
		"SealControl": func() { n++; h.SealControl(n, f) },
		"Open":        func() { h.Seal(5, Header{}, f); h.Open(h.Counter(f), f) },
		"Open failed": func() { f[0] ^= 1; h.Open(h.Counter(f), f) },
		"Window":      func() { n++; w.Check(n); w.Accept(n) },
		"OpenControl": func() { h.OpenControl(5, f[offBody:]) },
		"Counter":     func() { h.Counter(f) },
		"Plausible":   func() { w.Plausible(n) },
	} {
		if got := testing.AllocsPerRun(100, do); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
