package link

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hopwire/link/handshake"
	"hopwire/link/wiretest"
	"maps"
	mrand "math/rand/v2"
	"slices"
	"testing"
)

// halfOf makes a Half of key material in wire.md's order.
func halfOf(m []byte) *half {
	return newHalf(&handshake.Secrets{Header: [32]byte(m), Mask: [16]byte(m[32:]), Control: [32]byte(m[48:]), Session: [32]byte(m[80:])})
}

func testHalf(n byte) *half {
	m := make([]byte, 112)
	mrand.NewChaCha8([32]byte{n, 77}).Read(m)
	return halfOf(m)
}

func TestFrameDestroyed(t *testing.T) {
	for _, size := range []int{FrameShort, FrameLong} {
		h := testHalf(1)
		f := make([]byte, size)
		mrand.NewChaCha8([32]byte{1}).Read(f)
		h.seal(99, Header{0x80010002, 5, 6}, f)
		for i := range 8 * size {
			bad := bytes.Clone(f)
			bad[i/8] ^= 1 << (i % 8)
			was := bytes.Clone(bad)
			if c := h.counter(bad); c == 99 && i/8 < offHeader {
				t.Errorf("bit %d: the counter is still 99", i)
			} else if _, ok := h.open(c, bad); ok {
				t.Errorf("%d bytes: bit %d may change", size, i)
			} else if _, ok := h.open(99, bad); ok && i/8 >= offHeader {
				t.Errorf("%d bytes: bit %d may change under the right counter", size, i)
			} else if !ok && !bytes.Equal(bad, was) {
				t.Errorf("bit %d: a frame that does not open was changed", i)
			}
		}
		for n := offBody; n < size; n++ { // shorter ones never get here: a frame has one of two lengths
			if _, ok := h.open(99, bytes.Clone(f[:n])); ok {
				t.Errorf("opens with %d bytes of %d", n, size)
			}
		}
		if _, ok := h.open(99, append(bytes.Clone(f), 0)); ok {
			t.Error("opens with a byte more")
		}
		if _, ok := h.open(98, f); ok {
			t.Error("opens under another counter")
		}
	}
}

// TestFrameOtherKeys: a frame opens under its own direction's keys only.
func TestFrameOtherKeys(t *testing.T) {
	f := make([]byte, FrameLong)
	testHalf(2).seal(1, Header{1, 2, 3}, f)
	for name, h := range map[string]*half{"the other direction's": testHalf(3), "another session's": testHalf(1)} {
		if _, ok := h.open(1, bytes.Clone(f)); ok || h.counter(f) == 1 {
			t.Errorf("%s keys open it or unmask its counter", name)
		}
	}
	if h, ok := testHalf(2).open(testHalf(2).counter(f), f); !ok || h != (Header{1, 2, 3}) {
		t.Errorf("the receiver: %+v %v", h, ok)
	}
}

// TestHeaderInPlace: after Open the header's bytes are in the clear, nothing else of
// the frame has changed.
func TestHeaderInPlace(t *testing.T) {
	h, f := testHalf(4), make([]byte, FrameShort)
	mrand.NewChaCha8([32]byte{4}).Read(f)
	body := bytes.Clone(f[offBody:])
	h.seal(9, Header{0x01020304, 0x05060708, 0x090a0b0c0d0e0f10}, f)
	mask := bytes.Clone(f[:offHeader])
	if _, ok := h.open(9, f); !ok {
		t.Fatal("does not open")
	}
	if got := hex.EncodeToString(f[offHeader:offTag]); got != "0403020108070605100f0e0d0c0b0a09" {
		t.Errorf("header %s", got)
	}
	if !bytes.Equal(f[offBody:], body) || !bytes.Equal(f[:offHeader], mask) {
		t.Error("more than the header has changed")
	}
}

// FuzzOpen: no bytes open under keys that did not seal them, and what does not open
// is left as it was.
func FuzzOpen(f *testing.F) {
	h := testHalf(5)
	frame := make([]byte, FrameShort)
	testHalf(6).seal(1, Header{1, 2, 3}, frame)
	f.Add(uint64(1), frame)
	f.Fuzz(func(t *testing.T, counter uint64, data []byte) {
		g := make([]byte, FrameShort)
		copy(g, data)
		was := bytes.Clone(g)
		for _, c := range []uint64{counter, h.counter(g)} {
			if _, ok := h.open(c, g); ok || !bytes.Equal(g, was) {
				t.Fatalf("counter %d: opened %v", c, ok)
			}
		}
	})
}

func TestControlBody(t *testing.T) {
	h := testHalf(2)
	f := make([]byte, FrameShort)
	copy(f[offBody:], "hello")
	h.sealControl(3, f)
	if bytes.Contains(f, []byte("hello")) {
		t.Error("a control body is in the clear")
	}
	hd, ok := h.open(h.counter(f), f)
	if h.openControl(3, f[offBody:]); !ok || hd.Label != 0 || !bytes.HasPrefix(f[offBody:], []byte("hello")) {
		t.Errorf("%v %v %q", ok, hd, f[offBody:offBody+5])
	}
}

// TestFrameVector: a frame of fixed keys, byte for byte (testdata/frame.txt).
func TestFrameVector(t *testing.T) {
	h := testHalf(3)
	f := make([]byte, FrameShort)
	for i := range f {
		f[i] = byte(i)
	}
	h.seal(0x0102030405, Header{7, 8, 9}, f)
	m := make([]byte, 112)
	mrand.NewChaCha8([32]byte{3, 77}).Read(m)
	got := fmt.Sprintf("keys: %x\ncounter: 0102030405\nlabel: 7\nseq: 8\niv: 9\nbody: bytes 40 to 319, each its own index mod 256\nframe: %s\nexpect: ok\n", m, hex.EncodeToString(f))
	wiretest.Same(t, "testdata/frame.txt", got)
}

// TestWindow: against a plain set of everything seen.
func TestWindow(t *testing.T) {
	r := mrand.New(mrand.NewPCG(1, 1))
	var w Window
	seen := map[uint64]bool{}
	high := uint64(0)
	at := uint64(5000)
	for range 200_000 {
		switch r.IntN(100) {
		case 0:
			at += r.Uint64N(5000)
		default:
			at++
		}
		c := at - min(at-1, r.Uint64N(1500))
		want := !seen[c] && (c > high || high-c < windowSize)
		if got := w.Check(c); got != want {
			t.Fatalf("Check(%d) = %v with highest %d", c, got, high)
		}
		if want {
			w.Accept(c)
			seen[c] = true
			high = max(high, c)
		}
	}
	if w.Plausible(0) || w.Plausible(high+windowAhead+1) || !w.Plausible(high+windowAhead) || w.Plausible(high-windowSize) || w.Check(0) {
		t.Error("edges")
	}
}

// TestWindowByHand: what can be checked with a pencil.
func TestWindowByHand(t *testing.T) {
	const w, far = windowSize, windowAhead
	var win Window
	for n, s := range []struct {
		counter          uint64
		plausible, fresh bool
	}{
		{0, false, false},             // counters begin at 1
		{1, true, true},               // the first
		{1, true, false},              // again
		{3, true, true},               // ahead of 2,
		{2, true, true},               // which comes late
		{2, true, false},              // again
		{w, true, true},               // the window is 1 to w
		{1, true, false},              // still in it, and seen
		{4, true, true},               // still in it, and new
		{w + 1, true, true},           // the window is 2 to w + 1
		{1, false, false},             // fallen out
		{2, true, false},              // the last in it, seen
		{w + 9, true, true},           // the window is 10 to w + 9
		{9, false, false},             // new, but too late
		{10, true, true},              // new, and just in time
		{3*w + 64, true, true},        // a jump of more than the window
		{2*w + 64, false, false},      // its lower edge,
		{2*w + 65, true, true},        // and the first inside: nothing is left of before
		{3*w + 63, true, true},        // nor here
		{3*w + 65 + far, false, true}, // too far ahead: Plausible alone says so
		{3*w + 64 + far, true, true},  // as far as may be
		{3*w + 64, false, false},      // far behind
		{2*w + 65 + far, true, true},  // first of the new window
	} {
		if got := win.Plausible(s.counter); got != s.plausible {
			t.Errorf("%d: Plausible(%d) = %v", n, s.counter, got)
		}
		if got := win.Check(s.counter); got != s.fresh {
			t.Errorf("%d: Check(%d) = %v", n, s.counter, got)
		}
		if s.plausible && s.fresh {
			win.Accept(s.counter)
		}
	}
	if got, want := win.highest, uint64(3*w+64+far); got != want {
		t.Errorf("highest %d, want %d", got, want)
	}
}

// steps are what a relay does with a frame on its links; 'make insns' knows the names.
var steps = map[string]func(b *testing.B){
	"open/long":  func(b *testing.B) { benchmarkOpen(b, FrameLong) },
	"open/short": func(b *testing.B) { benchmarkOpen(b, FrameShort) },
	"seal/long":  func(b *testing.B) { benchmarkSeal(b, FrameLong) },
	"seal/short": func(b *testing.B) { benchmarkSeal(b, FrameShort) },
	"window":     benchmarkWindow,
}

func BenchmarkStep(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		b.Run(name, steps[name])
	}
}

// benchmarkOpen includes the unmasking of the counter. Frames come in order.
func benchmarkOpen(b *testing.B, size int) {
	h, f := testHalf(1), make([]byte, size)
	var heads [256][offBody]byte
	for i := range heads {
		h.seal(uint64(i), Header{1, 2, 3}, f)
		heads[i] = [offBody]byte(f)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		copy(f, heads[i%len(heads)][:])
		if _, ok := h.open(h.counter(f), f); !ok {
			b.Fatal("does not open")
		}
	}
}

func benchmarkSeal(b *testing.B, size int) {
	h, f := testHalf(1), make([]byte, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for i := range b.N {
		h.seal(uint64(i), Header{1, 2, 3}, f)
	}
}

func benchmarkWindow(b *testing.B) {
	var w Window
	b.ReportAllocs()
	for i := range b.N {
		c := uint64(i + 1)
		if !w.Plausible(c) || !w.Check(c) {
			b.Fatal("refused")
		}
		w.Accept(c)
	}
}

// TestControlVector: a control frame of fixed keys, byte for byte.
func TestControlVector(t *testing.T) {
	v := wiretest.ReadVector(t, "testdata/control.txt")
	h := halfOf(v.Bytes("keys"))
	f := make([]byte, FrameShort)
	copy(f[offBody:], v.Bytes("body"))
	h.sealControl(binary.LittleEndian.Uint64(v.Bytes("counter")), f)
	v.Output("frame", f)
	v.Save()
}

// TestRekeyFits: a rekey and the largest message fit the body of a frame.
func TestRekeyFits(t *testing.T) {
	if rekeySize+offRecordData > BodyLong || MaxMessage != BodyLong-offRecordData-4 {
		t.Errorf("a rekey of %d, a message of %d in a body of %d", rekeySize, MaxMessage, BodyLong)
	}
}
