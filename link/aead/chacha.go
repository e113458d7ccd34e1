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
	n := len(src) &^ (granule - 1)
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

// quarter is the quarter round (RFC 8439, section 2.1), inlined where the machine has
// a rotation.
func quarter(a, b, c, d uint32) (uint32, uint32, uint32, uint32) {
	a += b
	d = bits.RotateLeft32(d^a, 16)
	c += d
	b = bits.RotateLeft32(b^c, 12)
	a += b
	d = bits.RotateLeft32(d^a, 8)
	c += d
	b = bits.RotateLeft32(b^c, 7)
	return a, b, c, d
}

// xorBlocksGo is xorBlocks for any machine.
func xorBlocksGo(s *chacha, dst, src []byte) {
	for ; len(src) >= blockSize; dst, src = dst[blockSize:], src[blockSize:] {
		x0, x1, x2, x3 := s[0], s[1], s[2], s[3]
		x4, x5, x6, x7 := s[4], s[5], s[6], s[7]
		x8, x9, x10, x11 := s[8], s[9], s[10], s[11]
		x12, x13, x14, x15 := s[12], s[13], s[14], s[15]
		for range 10 {
			x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
			x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
			x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
			x3, x7, x11, x15 = quarter(x3, x7, x11, x15)

			x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
			x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
			x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
			x3, x4, x9, x14 = quarter(x3, x4, x9, x14)
		}
		to, in := (*[blockSize]byte)(dst), (*[blockSize]byte)(src)
		put(to[0:4], in[0:4], x0+s[0])
		put(to[4:8], in[4:8], x1+s[1])
		put(to[8:12], in[8:12], x2+s[2])
		put(to[12:16], in[12:16], x3+s[3])
		put(to[16:20], in[16:20], x4+s[4])
		put(to[20:24], in[20:24], x5+s[5])
		put(to[24:28], in[24:28], x6+s[6])
		put(to[28:32], in[28:32], x7+s[7])
		put(to[32:36], in[32:36], x8+s[8])
		put(to[36:40], in[36:40], x9+s[9])
		put(to[40:44], in[40:44], x10+s[10])
		put(to[44:48], in[44:48], x11+s[11])
		put(to[48:52], in[48:52], x12+s[12])
		put(to[52:56], in[52:56], x13+s[13])
		put(to[56:60], in[56:60], x14+s[14])
		put(to[60:64], in[60:64], x15+s[15])
		s[12]++
	}
}

func put(to, in []byte, v uint32) {
	binary.LittleEndian.PutUint32(to, binary.LittleEndian.Uint32(in)^v)
}
