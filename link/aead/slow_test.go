package aead

import (
	"encoding/binary"
	"math/big"
	"slices"
)

// slowPoly is Poly1305 over whole blocks as RFC 8439, section 2.5.1, writes it, after
// the sum h.
func slowPoly(key *[KeySize]byte, h *big.Int, m []byte) (tag [Overhead]byte) {
	number := func(b []byte) *big.Int { // little endian
		b = slices.Clone(b)
		slices.Reverse(b)
		return new(big.Int).SetBytes(b)
	}
	clamp, _ := new(big.Int).SetString("0ffffffc0ffffffc0ffffffc0fffffff", 16)
	r := number(key[:16])
	r.And(r, clamp)
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 130), big.NewInt(5))
	a := new(big.Int).Mod(h, p)
	for ; len(m) > 0; m = m[16:] {
		a.Add(a, number(append(m[:16:16], 1)))
		a.Mul(a, r).Mod(a, p)
	}
	a.Add(a, number(key[16:]))
	b := a.FillBytes(make([]byte, 17))
	slices.Reverse(b)
	return [Overhead]byte(b[:Overhead])
}

func slowNH(key *[NHWords]uint32, m []byte) (n uint64) {
	for i := 0; i+1 < len(m)/4; i += 2 {
		n += uint64(key[i]+binary.LittleEndian.Uint32(m[4*i:])) * uint64(key[i+1]+binary.LittleEndian.Uint32(m[4*i+4:]))
	}
	return n
}

// slowNHs returns how many bytes it wrote.
func slowNHs(key *[NHWords]uint32, out, m []byte) (size int) {
	for chunk := range slices.Chunk(m, NHChunk) {
		binary.LittleEndian.PutUint64(out[size:], slowNH(key, chunk))
		size += 8
	}
	return size
}
