//go:build !race

package aead

import "testing"

func TestNoAllocs(t *testing.T) {
	key, nonce, b := drawKey(), (*[NonceSize]byte)(draw(NonceSize)), make([]byte, 1400+Overhead)
	var s Stream
	s.Init(key)
	counted, words := NewCounted(key), new([NHWords]uint32)
	ours, a := newOwn(key), New(key)
	for name, do := range map[string]func(){
		"XOR":        func() { XOR(key, nonce, 0, b) },
		"ownXOR":     func() { ownXOR(key, nonce, 0, b[:1399]) },
		"Stream":     func() { s.XOR(nonce, b[:1400]) },
		"Seal":       func() { a.Seal(b[:0], nonce[:], b[:16], b[100:999]) },
		"Seal, own":  func() { ours.Seal(b[:0], nonce[:], b[:16], b[100:999]) },
		"Open":       func() { a.Open(b[:0], nonce[:], a.Seal(b[:0], nonce[:], b[:16], nil), nil) },
		"Open, own":  func() { ours.Open(b[:0], nonce[:], ours.Seal(b[:0], nonce[:], b[:16], nil), nil) },
		"Open fails": func() { ours.Open(b[:0], nonce[:], b[:40], b[50:90]) },
		"NH":         func() { NH(words, b[1400:1408], b[:128]) },
		"Counted": func() {
			nonce[4]++
			counted.Open(b[:0], nonce[:], counted.Seal(b[:0], nonce[:], b[:16], b[100:999]), b[100:999])
		},
	} {
		if got := testing.AllocsPerRun(100, do); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
