//go:build (amd64 || mips || mipsle) && !xcrypto

package aead

import "testing"

// TestBlocks: the assembly against the Go it stands for.
func TestBlocks(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		for n := 1; n < 40; n++ {
			var s, p = chacha(random32()), poly{}
			p.init(drawKey())
			copy(p.h[:4], s[:4])
			s2, p2 := s, p
			a, b := draw(64*n), make([]byte, 64*n)
			copy(b, a)
			xorBlocks(&s, a, a)
			xorBlocksGo(&s2, b, b)
			if s != s2 || string(a) != string(b) {
				t.Fatalf("%d blocks: %x and %x", n, s, s2)
			}
			polyBlocks(&p, a)
			polyBlocksGo(&p2, a)
			if got, want := p.tag(), p2.tag(); got != want {
				t.Fatalf("%d blocks: %x and %x", 4*n, got, want)
			}
		}
	})
}
