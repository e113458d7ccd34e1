//go:build !xcrypto

package aead

import "golang.org/x/sys/cpu"

// avx2 says whether the processor has eight words in a register, as all of a dozen
// years have but the small ones (Goldmont).
var avx2, avx512 = cpu.X86.HasAVX2, cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL

// granule: xorBlocks takes any length here.
const granule = 1

// lead is how many blocks of key stream are made at first.
const lead = 2

// lanes are what distinguishes the blocks that are made at once (SSE2 makes the first
// four): what is added to the block number, and to word 14, which counts in a link's
// nonces.
type lanes struct{ block, number [8]uint32 }

var inOrder = lanes{block: [8]uint32{0, 1, 2, 3, 4, 5, 6, 7}}

// xorBlocks writes src, not empty, XOR the key stream to dst, which may be src, and
// counts s on.
func xorBlocks(s *chacha, dst, src []byte) { xorLanes(s, dst, src, &inOrder) }

func xorLanes(s *chacha, dst, src []byte, l *lanes) {
	switch {
	case avx512:
		xorAVX512(s, dst, src, l)
	case avx2:
		xorAVX2(s, dst, src, l)
	default:
		xorSSE2(s, dst, src, l)
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

//go:noescape
func xorAVX2(s *chacha, dst, src []byte, l *lanes)

//go:noescape
func xorAVX512(s *chacha, dst, src []byte, l *lanes)

//go:noescape
func xorSSE2(s *chacha, dst, src []byte, l *lanes)

//go:noescape
func polyBlocksAVX2(p *poly, m []byte)
