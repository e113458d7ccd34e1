//go:build !(amd64 || mips || mipsle) || xcrypto

package aead

import "encoding/binary"

func nh(key *[NHWords]uint32, m []byte) uint64 {
	if len(m) == 4*NHWords {
		return nhWhole(key, (*[4 * NHWords]byte)(m))
	}
	n := uint64(0)
	for i := 0; i+8 <= len(m); i += 8 {
		a := binary.LittleEndian.Uint32(m[i:]) + key[i/4]
		b := binary.LittleEndian.Uint32(m[i+4:]) + key[i/4+1]
		n += uint64(a) * uint64(b)
	}
	return n
}

// nhWhole needs no checks of bounds.
func nhWhole(k *[NHWords]uint32, m *[4 * NHWords]byte) (n uint64) {
	for i := 0; i < NHWords; i += 4 {
		a := binary.LittleEndian.Uint32(m[4*i:]) + k[i]
		b := binary.LittleEndian.Uint32(m[4*i+4:]) + k[i+1]
		c := binary.LittleEndian.Uint32(m[4*i+8:]) + k[i+2]
		d := binary.LittleEndian.Uint32(m[4*i+12:]) + k[i+3]
		n += uint64(a)*uint64(b) + uint64(c)*uint64(d)
	}
	return n
}
