package aead

import (
	"bytes"
	"slices"
	"syscall"
	"testing"
)

// guarded returns a page between two that may not be touched.
func guarded(t *testing.T) []byte {
	page := syscall.Getpagesize()
	b, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	for _, guard := range [][]byte{b[:page], b[2*page:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return b[page : 2*page : 2*page]
}

// TestGuarded: what reads or writes a byte before or behind a body, at either end of
// a page, crashes here.
func TestGuarded(t *testing.T) {
	page, sums, text := guarded(t), guarded(t), guarded(t)
	key, nonce := drawKey(), draw(NonceSize)
	words := (*[NHWords]uint32)(random32())
	everyWay(t, func(t *testing.T) {
		ours := newOwn(key)
		for n := range 1501 {
			for _, end := range []bool{false, true} {
				cut := func(page []byte, n int) []byte {
					if end {
						return page[len(page)-n:]
					}
					return page[:n:n]
				}
				body, sealed := cut(page, n), cut(text, 16+Overhead)
				random.Read(body)
				before := slices.Clone(body)
				ownXOR(key, (*[NonceSize]byte)(nonce), 1, body)
				ownXOR(key, (*[NonceSize]byte)(nonce), 1, body)
				ours.Seal(sealed[:0], nonce, sealed[:16], body)
				if _, err := ours.Open(sealed[:0], nonce, sealed, body); err != nil || !bytes.Equal(body, before) {
					t.Fatalf("%d bytes: %v", n, err)
				}
				whole := ours.Seal(body[:0], nonce, body[:max(0, n-Overhead)], nil)
				if _, err := ours.Open(whole[:0], nonce, whole, nil); err != nil {
					t.Fatalf("%d bytes: %v", n, err)
				}
				m := cut(page, n&^7)
				NH(words, cut(sums, (len(m)+NHChunk-1)/NHChunk*8), m)
			}
		}
	})
}

func random32() []uint32 {
	w := make([]uint32, NHWords)
	for i := range w {
		w[i] = uint32(random.Uint64())
	}
	return w
}
