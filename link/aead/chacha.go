package aead

import (
	"encoding/binary"
	"math/bits"
)

const blockSize = 64

// A chacha is the input of the ChaCha20 block function (RFC 8439, section 2.3):
// four constants, key, block number, nonce.
type chacha [16]uint32

func (s *chacha) init(key *[KeySize]byte, nonce *[NonceSize]byte, block uint32) {
	s[0], s[1], s[2], s[3] = 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 // "expand 32-byte k"
	for i := range 8 {
		s[4+i] = binary.LittleEndian.Uint32(key[4*i:])
	}
	s[12] = block
	for i := range 3 {
		s[13+i] = binary.LittleEndian.Uint32(nonce[4*i:])
	}
}

// xor writes src XOR the next len(src) bytes of key stream to dst. Only the last
// call may have a length that is no multiple of 64.
func (s *chacha) xor(dst, src []byte) {
	n := len(src) &^ (blockSize - 1)
	if n > 0 {
		xorBlocks(s, dst[:n], src[:n])
	}
	if n < len(src) {
		var b [blockSize]byte
		copy(b[:], src[n:])
		xorBlocks(s, b[:], b[:])
		copy(dst[n:len(src)], b[:])
	}
}

func ownXOR(key *[KeySize]byte, nonce *[NonceSize]byte, block uint32, body []byte) {
	var s chacha
	s.init(key, nonce, block)
	s.xor(body, body)
}

// step is a quarter of a quarter round: small enough to be inlined.
func step(a, b, d uint32, n int) (uint32, uint32) { return a + b, bits.RotateLeft32(d^(a+b), n) }

// xorBlocksGo is xorBlocks for any machine: the rounds work on locals.
func xorBlocksGo(s *chacha, dst, src []byte) {
	for ; len(src) >= blockSize; dst, src = dst[blockSize:], src[blockSize:] {
		x := *s
		a0, a1, a2, a3 := x[0], x[1], x[2], x[3]
		b0, b1, b2, b3 := x[4], x[5], x[6], x[7]
		c0, c1, c2, c3 := x[8], x[9], x[10], x[11]
		d0, d1, d2, d3 := x[12], x[13], x[14], x[15]
		for range 10 {
			a0, d0 = step(a0, b0, d0, 16)
			c0, b0 = step(c0, d0, b0, 12)
			a0, d0 = step(a0, b0, d0, 8)
			c0, b0 = step(c0, d0, b0, 7)

			a1, d1 = step(a1, b1, d1, 16)
			c1, b1 = step(c1, d1, b1, 12)
			a1, d1 = step(a1, b1, d1, 8)
			c1, b1 = step(c1, d1, b1, 7)

			a2, d2 = step(a2, b2, d2, 16)
			c2, b2 = step(c2, d2, b2, 12)
			a2, d2 = step(a2, b2, d2, 8)
			c2, b2 = step(c2, d2, b2, 7)

			a3, d3 = step(a3, b3, d3, 16)
			c3, b3 = step(c3, d3, b3, 12)
			a3, d3 = step(a3, b3, d3, 8)
			c3, b3 = step(c3, d3, b3, 7)

			a0, d3 = step(a0, b1, d3, 16)
			c2, b1 = step(c2, d3, b1, 12)
			a0, d3 = step(a0, b1, d3, 8)
			c2, b1 = step(c2, d3, b1, 7)

			a1, d0 = step(a1, b2, d0, 16)
			c3, b2 = step(c3, d0, b2, 12)
			a1, d0 = step(a1, b2, d0, 8)
			c3, b2 = step(c3, d0, b2, 7)

			a2, d1 = step(a2, b3, d1, 16)
			c0, b3 = step(c0, d1, b3, 12)
			a2, d1 = step(a2, b3, d1, 8)
			c0, b3 = step(c0, d1, b3, 7)

			a3, d2 = step(a3, b0, d2, 16)
			c1, b0 = step(c1, d2, b0, 12)
			a3, d2 = step(a3, b0, d2, 8)
			c1, b0 = step(c1, d2, b0, 7)
		}
		out := chacha{a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3}
		in, to := (*[blockSize]byte)(src), (*[blockSize]byte)(dst)
		for i, v := range out {
			binary.LittleEndian.PutUint32(to[4*i:4*i+4], binary.LittleEndian.Uint32(in[4*i:4*i+4])^(v+x[i]))
		}
		s[12]++
	}
}
