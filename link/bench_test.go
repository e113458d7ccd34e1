package link

import "testing"

// What BenchmarkStep leaves out: unmasking the counter alone, and a frame of another
// session, which costs a mask and no more.
func init() {
	steps["mask/long"] = func(b *testing.B) { benchmarkMask(b, FrameLong) }
	steps["mask/short"] = func(b *testing.B) { benchmarkMask(b, FrameShort) }
	steps["control/short"] = benchmarkControl
}

// benchmarkMask: the mask is over the tag, whatever the frame's length.
func benchmarkMask(b *testing.B, size int) {
	h, f := testHalf(1), make([]byte, size)
	h.seal(7, Header{1, 2, 3}, f)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if h.counter(f) != 7 {
			b.Fatal("another counter")
		}
	}
}

// benchmarkControl is a hello: encrypted, sealed, opened, decrypted.
func benchmarkControl(b *testing.B) {
	h, f := testHalf(1), make([]byte, FrameShort)
	b.SetBytes(FrameShort)
	b.ReportAllocs()
	for c := uint64(1); b.Loop(); c++ {
		h.sealControl(c, f)
		if _, ok := h.open(h.counter(f), f); !ok {
			b.Fatal("does not open")
		}
		h.openControl(c, f[offBody:])
	}
}
