//go:build !xcrypto

package aead

import "crypto/cipher"

// NewCounted is New for nonces that count; the AEAD is not safe for concurrent use.
func NewCounted(key *[KeySize]byte) cipher.AEAD {
	if avx2 {
		return &own{*key, new(four)}
	}
	return New(key)
}

// own is the AEAD of RFC 8439, section 2.8.
type own struct {
	key   [KeySize]byte
	ahead *four // or nil
}

// A four is the starts of four nonces in a row: eight blocks take no longer than one,
// and the nonces of a link come mostly in order. One out of order, or a forged one,
// costs what it would cost without.
type four struct {
	starts [4 * lead * blockSize]byte
	nonce  [3]uint32 // the first
	made   bool
}

// twoEach are blocks 0 and 1 of four nonces.
var twoEach = lanes{[8]uint32{0, 1, 0, 1, 0, 1, 0, 1}, [8]uint32{0, 0, 1, 1, 2, 2, 3, 3}}

// makeStart writes the start of the nonce of s, which is at block 0, and leaves s
// behind it.
func makeStart(o *own, s *chacha, b *start) {
	if o.ahead == nil {
		xorBlocks(s, b[:], b[:])
		return
	}
	*b = *o.ahead.start(s)
	s[12] += lead
}

func (f *four) start(s *chacha) *start {
	first := *s
	first[14] &^= 3
	if nonce := [3]uint32(first[13:]); !f.made || f.nonce != nonce {
		f.made, f.nonce = true, nonce
		clear(f.starts[:])
		xorLanes(&first, f.starts[:], f.starts[:], &twoEach)
	}
	return (*start)(f.starts[s[14]%4*lead*blockSize:])
}
