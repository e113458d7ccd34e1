package handshake

import (
	"hash"

	"golang.org/x/crypto/blake2s"
)

func newBlake() hash.Hash {
	h, _ := blake2s.New256(nil) // no key: no error
	return h
}

// mac is HMAC-BLAKE2s (RFC 2104) over the parts in a row; a key is no longer than a
// block. The library's HMAC and HKDF are for any hash and test themselves at each
// start, which is code that the program has no use for; tests compare with them.
func mac(key []byte, parts ...[]byte) (sum [blake2s.Size]byte) {
	pad := [blake2s.BlockSize]byte{}
	copy(pad[:], key)
	for i := range pad {
		pad[i] ^= 0x36
	}
	inner, outer := newBlake(), newBlake()
	inner.Write(pad[:])
	for _, p := range parts {
		inner.Write(p)
	}
	for i := range pad {
		pad[i] ^= 0x36 ^ 0x5c
	}
	outer.Write(pad[:])
	clear(pad[:])
	outer.Write(inner.Sum(nil))
	outer.Sum(sum[:0])
	return sum
}

// expand is HKDF-Expand (RFC 5869): each block is over the one before.
func expand(prk []byte, info string, n int) (out []byte) {
	var block []byte
	for i := byte(1); len(out) < n; i++ {
		sum := mac(prk, block, []byte(info), []byte{i})
		block = sum[:]
		out = append(out, block...)
	}
	return out[:n]
}
