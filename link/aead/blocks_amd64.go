//go:build !xcrypto

package aead

import "golang.org/x/sys/cpu"

// avx2 says whether the processor has eight words in a register, as all of a dozen
// years have but the small ones (Goldmont).
var avx2 = cpu.X86.HasAVX2

// granule: xorBlocks takes any length here.
const granule = 1

// lead is how many blocks of key stream are made at first.
const lead = 2

// xorBlocks writes src, not empty, XOR the key stream to dst, which may be src, and
// counts s on.
func xorBlocks(s *chacha, dst, src []byte) {
	if avx2 {
		xorAVX2(s, dst, src)
	} else {
		xorSSE2(s, dst, src)
	}
}

// polyBlocks takes in whole blocks.
func polyBlocks(p *poly, m []byte) {
	if avx2 {
		polyBlocksAVX2(p, m)
	} else {
		polyBlocksGo(p, m)
	}
}

func nhs(key *[NHWords]uint32, out, m []byte) { nhsSSE2(key, out, m) }

//go:noescape
func xorAVX2(s *chacha, dst, src []byte)

//go:noescape
func xorSSE2(s *chacha, dst, src []byte)

//go:noescape
func polyBlocksAVX2(p *poly, m []byte)

//go:noescape
func nhsSSE2(key *[NHWords]uint32, out, m []byte)
