package aead

import "encoding/binary"

// NHWords is the number of words of an NH key, and of the longest message.
const NHWords = 32

// NH is the hash of that name (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999, section
// 3) of a message of 8 to 128 bytes, a multiple of 8: Σ (m_2i + K_2i)(m_2i+1 + K_2i+1),
// the sums mod 2^32, the products mod 2^64.
func NH(key *[NHWords]uint32, m []byte) uint64 {
	if len(m) == 0 || len(m) > 4*NHWords || len(m)%8 != 0 {
		panic("aead: bad length for NH")
	}
	return nh(key, m)
}

func nhGo(key *[NHWords]uint32, m []byte) uint64 {
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
