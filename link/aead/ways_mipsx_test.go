//go:build (mips || mipsle) && !xcrypto

package aead

import "testing"

// everyWay runs a test with the code for both releases of MIPS32, whatever was
// detected: on a processor of release 1 add -test.run '/release 1'.
func everyWay(t *testing.T, do func(t *testing.T)) {
	defer func(r bool) { release2 = r }(release2)
	for _, r := range []bool{false, true} {
		release2 = r
		t.Run(map[bool]string{false: "release 1", true: "release 2"}[r], do)
	}
}

// TestBlocks: the assembly against the Go it stands for.
func TestBlocks(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		for n := 1; n < 20; n++ {
			var s, p = chacha(random16()), poly{}
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
			if p != p2 {
				t.Fatalf("%d blocks: %v and %v", n, p, p2)
			}
		}
	})
}

func random16() (w [16]uint32) {
	for i := range w {
		w[i] = uint32(random.Uint64())
	}
	return w
}
