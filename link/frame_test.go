package link

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the outputs of the vectors")

func testHalf(n byte) *Half {
	m := make([]byte, halfSize)
	mrand.NewChaCha8([32]byte{n, 77}).Read(m)
	return newHalf(m)
}

func TestFrameDestroyed(t *testing.T) {
	for _, size := range []int{FrameShort, FrameLong} {
		h := testHalf(1)
		f := make([]byte, size)
		mrand.NewChaCha8([32]byte{1}).Read(f)
		h.Seal(99, Header{0x80010002, 5, 6}, f)
		for i := 0; i < size; i++ {
			bad := bytes.Clone(f)
			bad[i] ^= 1 << (i % 8)
			was := bytes.Clone(bad)
			if c := h.Counter(bad); c == 99 && i < offHeader {
				t.Errorf("byte %d: the counter is still 99", i)
			} else if _, ok := h.Open(c, bad); ok {
				t.Errorf("%d bytes: byte %d may change", size, i)
			} else if !bytes.Equal(bad, was) {
				t.Errorf("byte %d: a frame that does not open was changed", i)
			}
		}
		if _, ok := h.Open(98, f); ok {
			t.Error("opens under another counter")
		}
	}
}

func TestControlBody(t *testing.T) {
	h := testHalf(2)
	f := make([]byte, FrameShort)
	copy(f[offBody:], "hello")
	h.SealControl(3, f)
	if bytes.Contains(f, []byte("hello")) {
		t.Error("a control body is in the clear")
	}
	hd, ok := h.Open(h.Counter(f), f)
	if h.OpenControl(3, f[offBody:]); !ok || hd.Label != 0 || !bytes.HasPrefix(f[offBody:], []byte("hello")) {
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
	h.Seal(0x0102030405, Header{7, 8, 9}, f)
	m := make([]byte, halfSize)
	mrand.NewChaCha8([32]byte{3, 77}).Read(m)
	got := fmt.Sprintf("keys: %x\ncounter: 0102030405\nlabel: 7\nseq: 8\niv: 9\nbody: bytes 40 to 319, each its own index mod 256\nframe: %s\nexpect: ok\n", m, hex.EncodeToString(f))
	vector(t, "testdata/frame.txt", got)
}

func vector(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		os.MkdirAll("testdata", 0o755)
		os.WriteFile(name, []byte(got), 0o644)
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != got {
		t.Errorf("%s (%v): got\n%s", name, err, got)
	}
}

func TestAddressVector(t *testing.T) {
	id := testIdentity(t, 1)
	seed, k := id.Seed(), id.Key()
	u, _ := k.X25519()
	vector(t, "testdata/address.txt", fmt.Sprintf("seed: %x\nkey: %x\nx25519: %x\naddress: %s\nshort: %s\nip: %s\nexpect: ok\n", seed, k, u, k, k.Short(), k.IPv6()))
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

func BenchmarkSealLong(b *testing.B) {
	h, f := testHalf(1), make([]byte, FrameLong)
	b.SetBytes(FrameLong)
	b.ReportAllocs()
	for i := range b.N {
		h.Seal(uint64(i), Header{1, 2, 3}, f)
	}
}

func BenchmarkOpenLong(b *testing.B) {
	h, f := testHalf(1), make([]byte, FrameLong)
	h.Seal(1, Header{1, 2, 3}, f)
	g := make([]byte, FrameLong)
	b.SetBytes(FrameLong)
	b.ReportAllocs()
	for range b.N {
		copy(g, f)
		if _, ok := h.Open(h.Counter(g), g); !ok {
			b.Fatal("does not open")
		}
	}
}

func BenchmarkFirstFilter(b *testing.B) {
	f, m := NewFirstFilter(Key{}, KindLink, NetworkKey{}, nil), make([]byte, FrameLong)
	b.ReportAllocs()
	for range b.N {
		if f.Check(m) {
			b.Fatal("passes")
		}
	}
}
