//go:build !xcrypto

package aead

// NH writes the hash of that name (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999,
// section 3) of each 128 bytes of m to out, 8 bytes each, little endian: Σ (m_2i +
// K_2i)(m_2i+1 + K_2i+1), the sums mod 2^32, the products mod 2^64. The length of m is
// a multiple of 8; the last chunk uses as many key words as it has.
func NH(key *[NHWords]uint32, out, m []byte) {
	if len(m)%8 != 0 || len(out) != (len(m)+NHChunk-1)/NHChunk*8 {
		panic("aead: bad length for NH")
	}
	nhSSE2(key, out, m)
}

//go:noescape
func nhSSE2(key *[NHWords]uint32, out, m []byte)
