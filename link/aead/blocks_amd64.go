//go:build !xcrypto

package aead

import (
	"encoding/binary"

	"golang.org/x/sys/cpu"
)

// avx2 says whether the processor has registers of eight words, as all of a dozen
// years have but the small ones (Goldmont); avx512, whether it has 32 of them.
var (
	avx2   = cpu.X86.HasAVX2
	avx512 = avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL
)

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
		polyBlocksAVX2(p, m, nil)
	} else {
		polyBlocksGo(p, m)
	}
}

// addAll takes in what addEach does, the last 128 bytes together if one part is long
// and the other short: then hardly a block is taken in by itself.
func (p *poly) addAll(data, sealed []byte) {
	long, short := data, sealed
	if len(data) == 0 {
		long, short = sealed, nil
	}
	if !avx2 || len(long) < 256 || len(short) > 32 {
		p.addEach(data, sealed)
		return
	}
	var last [128]byte
	at := 112 - (len(short)+15)&^15   // the short part ends before the lengths,
	end := at - (len(long)%16+15)&^15 // the long one before it
	from := len(long)&^15 - end
	copy(last[:], long[from:])
	copy(last[at:], short)
	binary.LittleEndian.PutUint64(last[112:], uint64(len(data)))
	binary.LittleEndian.PutUint64(last[120:], uint64(len(sealed)))
	polyBlocksAVX2(p, long[:from], &last)
}

//go:noescape
func xorAVX2(s *chacha, dst, src []byte, l *lanes)

//go:noescape
func xorAVX512(s *chacha, dst, src []byte, l *lanes)

//go:noescape
func xorSSE2(s *chacha, dst, src []byte, l *lanes)

// polyBlocksAVX2 takes in m, then last unless it is nil; then m has at least 128 bytes.
//
//go:noescape
func polyBlocksAVX2(p *poly, m []byte, last *[128]byte)
