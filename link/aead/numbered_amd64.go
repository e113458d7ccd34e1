//go:build !xcrypto

package aead

import (
	"crypto/cipher"
	"encoding/binary"
)

// A Numbered is the AEAD of a key whose nonces are 0⁴ ‖ number. It holds scratch
// space: not safe for concurrent use. Nothing in it allocates but Init.
// Eight blocks take no longer than one, and numbers come mostly in order: so the
// starts of four numbers are made at once.
type Numbered struct {
	own
	ahead [4 * lead * blockSize]byte
	first uint64      // the first number of ahead, a multiple of 4; or not made yet
	aead  cipher.AEAD // without AVX2
	nonce [NonceSize]byte
}

// twoEach are blocks 0 and 1 of four numbers.
var twoEach = lanes{[8]uint32{0, 1, 0, 1, 0, 1, 0, 1}, [8]uint32{0, 0, 1, 1, 2, 2, 3, 3}}

// Init sets the key.
func (a *Numbered) Init(key *[KeySize]byte) {
	a.key, a.first = *key, 1
	if !avx2 {
		a.aead = New(key)
	}
}

// Seal is Seal of cipher.AEAD.
func (a *Numbered) Seal(dst []byte, number uint64, text, data []byte) []byte {
	if !avx2 {
		return a.aead.Seal(dst, a.of(number), text, data)
	}
	var s chacha
	return a.start(&s, number, len(text)).seal(&s, dst, text, data)
}

// Open is Open of cipher.AEAD.
func (a *Numbered) Open(dst []byte, number uint64, text, data []byte) ([]byte, error) {
	if !avx2 {
		return a.aead.Open(dst, a.of(number), text, data)
	}
	var s chacha
	return a.start(&s, number, len(text)).open(&s, dst, text, data)
}

// start returns the start of a number, valid until the next call; if the text goes on
// behind it, s does too.
func (a *Numbered) start(s *chacha, number uint64, size int) *start {
	if first := number &^ 3; a.first != first {
		a.first = first
		s.init(&a.key, (*[NonceSize]byte)(a.of(first)), 0)
		clear(a.ahead[:])
		xorLanes(s, a.ahead[:], a.ahead[:], &twoEach)
	}
	if size > blockSize {
		s.init(&a.key, (*[NonceSize]byte)(a.of(number)), lead)
	}
	return (*start)(a.ahead[number%4*lead*blockSize:])
}

func (a *Numbered) of(number uint64) []byte {
	binary.LittleEndian.PutUint64(a.nonce[4:], number)
	return a.nonce[:]
}
