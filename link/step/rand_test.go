package step

import (
	"bytes"
	"encoding/hex"
	"io"
	mrand "math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestDraw: it fills the whole of what it is given, also from a source that returns
// a byte at a time.
func TestDraw(t *testing.T) {
	b := make([]byte, 8)
	if Draw(byteReader{strings.NewReader("hopwire, a mesh")}, b); string(b) != "hopwire," {
		t.Errorf("drew %q, want %q", b, "hopwire,")
	}
}

type byteReader struct{ r io.Reader }

func (r byteReader) Read(b []byte) (int, error) { return r.r.Read(b[:1]) }

func TestDrawFails(t *testing.T) {
	defer func() {
		want := "step: internal error: no randomness: unexpected EOF"
		if got := recover(); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	Draw(strings.NewReader("short"), make([]byte, 8))
}

// TestStream: it takes a seed of 32 bytes and no more, and gives ChaCha8's output.
func TestStream(t *testing.T) {
	source := bytes.NewReader([]byte("chacha8: 32-byte seed, for tests and what follows"))
	got, want := make([]byte, 16), make([]byte, 16)
	io.ReadFull(Stream(source), got)
	mrand.NewChaCha8([32]byte([]byte("chacha8: 32-byte seed, for tests"))).Read(want)
	if !bytes.Equal(got, want) {
		t.Errorf("got %s, want %s", hex.EncodeToString(got), hex.EncodeToString(want))
	}
	if rest, _ := io.ReadAll(source); string(rest) != " and what follows" {
		t.Errorf("left %q, want %q", rest, " and what follows")
	}
}

// TestJitter: both ends of the span come, nothing beyond, and what cannot change
// draws nothing.
func TestJitter(t *testing.T) {
	r := mrand.New(mrand.NewPCG(1, 2))
	seen := map[time.Duration]bool{}
	for range 1000 {
		d := Jitter(r, 20, 10)
		if d < 18 || d > 22 {
			t.Fatalf("%d, want 18 to 22", d)
		}
		seen[d] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d values, want 5", len(seen))
	}
	for _, d := range []time.Duration{0, 9, -20} {
		if got := Jitter(nil, d, 10); got != d {
			t.Errorf("Jitter(%d) = %d, want it unchanged", d, got)
		}
	}
}
