package aead

import "encoding/binary"

// A poly is a Poly1305 computation (RFC 8439, section 2.5) over whole blocks, in
// 32-bit limbs. The AEAD pads with zeros, so whole blocks are all there is.
type poly struct {
	h   [5]uint32 // the sum; h[4] has a few bits, below 2^130 it is not reduced
	r   [4]uint32 // clamped: 28 bits each, r[1:] multiples of 4
	pad [4]uint32 // added last
}

func (p *poly) init(key *[KeySize]byte) {
	for i := range 4 {
		p.r[i] = binary.LittleEndian.Uint32(key[4*i:]) & 0x0ffffffc
		p.pad[i] = binary.LittleEndian.Uint32(key[16+4*i:])
	}
	p.r[0] = binary.LittleEndian.Uint32(key[:]) & 0x0fffffff
}

// add takes in b, padded with zeros to a whole block.
func (p *poly) add(b []byte) {
	n := len(b) &^ 15
	if n > 0 {
		polyBlocks(p, b[:n])
	}
	if n < len(b) {
		var last [16]byte
		copy(last[:], b[n:])
		polyBlocks(p, last[:])
	}
}

// polyBlocksGo is polyBlocks for any machine: h = (h + block + 2^128) r for each
// block. Since r[i] is a multiple of 4, what reaches beyond 2^128 in a product comes
// back as 5/4 of it: s[i] = r[i] + r[i]/4, and no sum of products exceeds 64 bits.
func polyBlocksGo(p *poly, m []byte) {
	h0, h1, h2, h3, h4 := p.h[0], p.h[1], p.h[2], p.h[3], p.h[4]
	r0, r1, r2, r3 := uint64(p.r[0]), uint64(p.r[1]), uint64(p.r[2]), uint64(p.r[3])
	s1, s2, s3 := uint64(p.r[1]+p.r[1]>>2), uint64(p.r[2]+p.r[2]>>2), uint64(p.r[3]+p.r[3]>>2)
	for ; len(m) >= 16; m = m[16:] {
		d0 := uint64(h0) + uint64(binary.LittleEndian.Uint32(m[0:4]))
		d1 := uint64(h1) + uint64(binary.LittleEndian.Uint32(m[4:8])) + d0>>32
		d2 := uint64(h2) + uint64(binary.LittleEndian.Uint32(m[8:12])) + d1>>32
		d3 := uint64(h3) + uint64(binary.LittleEndian.Uint32(m[12:16])) + d2>>32
		h4 += uint32(d3>>32) + 1

		x0, x1, x2, x3, x4 := uint64(uint32(d0)), uint64(uint32(d1)), uint64(uint32(d2)), uint64(uint32(d3)), uint64(h4)
		d0 = x0*r0 + x1*s3 + x2*s2 + x3*s1
		d1 = x0*r1 + x1*r0 + x2*s3 + x3*s2 + x4*s1 + d0>>32
		d2 = x0*r2 + x1*r1 + x2*r0 + x3*s3 + x4*s2 + d1>>32
		d3 = x0*r3 + x1*r2 + x2*r1 + x3*r0 + x4*s3 + d2>>32
		h4 = h4*uint32(r0) + uint32(d3>>32)

		// 2^130 is 5: what h4 has above two bits comes back at the bottom.
		d0 = uint64(uint32(d0)) + uint64(h4>>2+h4&^3)
		d1 = uint64(uint32(d1)) + d0>>32
		d2 = uint64(uint32(d2)) + d1>>32
		d3 = uint64(uint32(d3)) + d2>>32
		h0, h1, h2, h3, h4 = uint32(d0), uint32(d1), uint32(d2), uint32(d3), h4&3+uint32(d3>>32)
	}
	p.h = [5]uint32{h0, h1, h2, h3, h4}
}

// tag returns h mod 2^130 − 5, plus the pad, mod 2^128. No branch depends on h.
func (p *poly) tag() (t [Overhead]byte) {
	var g [4]uint32 // h + 5, which is to be taken if it reaches 2^130
	c := uint64(5)
	for i := range g {
		c += uint64(p.h[i])
		g[i] = uint32(c)
		c >>= 32
	}
	reached := -((p.h[4] + uint32(c)) >> 2 & 1)
	c = 0
	for i := range g {
		c += uint64(p.h[i]&^reached|g[i]&reached) + uint64(p.pad[i])
		binary.LittleEndian.PutUint32(t[4*i:], uint32(c))
		c >>= 32
	}
	return t
}
