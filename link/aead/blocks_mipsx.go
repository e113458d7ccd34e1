//go:build (mips || mipsle) && !xcrypto

package aead

// granule is what the length of a text for xorBlocks is a multiple of.
const granule = blockSize

// lead is how many blocks of key stream are made at first.
const lead = 1

// xorBlocks writes src, whole blocks and at least one, XOR the key stream to dst,
// which may be src, and counts s on.
func xorBlocks(s *chacha, dst, src []byte) {
	if release2 {
		xorBlocksR2(s, dst, src)
	} else {
		xorBlocksR1(s, dst, src)
	}
}

// polyBlocks takes in whole blocks, at least one.
func polyBlocks(p *poly, m []byte) {
	if release2 {
		polyBlocksR2(p, m)
	} else {
		polyBlocksR1(p, m)
	}
}

func nh(key *[NHWords]uint32, m []byte) uint64 {
	if release2 {
		return nhR2(key, m)
	}
	return nhR1(key, m)
}

//go:noescape
func xorBlocksR1(s *chacha, dst, src []byte)

//go:noescape
func xorBlocksR2(s *chacha, dst, src []byte)

//go:noescape
func polyBlocksR1(p *poly, m []byte)

//go:noescape
func polyBlocksR2(p *poly, m []byte)

//go:noescape
func nhR1(key *[NHWords]uint32, m []byte) uint64

//go:noescape
func nhR2(key *[NHWords]uint32, m []byte) uint64
