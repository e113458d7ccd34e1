package aead

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// BenchmarkXOR is the key stream, BenchmarkOpen what a link does with a frame: a text
// of 16 bytes, a body that is authenticated only.
func BenchmarkXOR(b *testing.B) {
	for _, n := range []int{64, 128, 256, 280, 512, 1024, 1400} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			key, nonce, body := drawKey(), (*[NonceSize]byte)(draw(NonceSize)), draw(n)
			b.SetBytes(int64(n))
			for b.Loop() {
				ownXOR(key, nonce, 1, body)
			}
		})
	}
}

func BenchmarkPoly(b *testing.B) {
	for _, n := range []int{16, 128, 240, 256, 272, 384, 512, 1392} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var p poly
			p.init(drawKey())
			body := draw(n)
			b.SetBytes(int64(n))
			for b.Loop() {
				p.add(body)
			}
		})
	}
}

// BenchmarkSeal is what a link does with a frame: a text of 16 bytes, and a body that
// is authenticated only.
func BenchmarkSeal(b *testing.B) {
	for _, n := range []int{280, 1400} {
		for name, f := range kinds {
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				a, nonce, text, body := f(drawKey()), make([]byte, NonceSize), draw(16+Overhead), draw(n)
				b.SetBytes(int64(n))
				for i := uint64(0); b.Loop(); i++ {
					binary.LittleEndian.PutUint64(nonce[4:], i)
					a.Seal(text[:0], nonce, text[:16], body)
				}
			})
		}
	}
}
