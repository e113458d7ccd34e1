//go:build !(amd64 || mips || mipsle) || xcrypto

package aead

// granule is what the length of a text for xorBlocks is a multiple of.
const granule = blockSize

// lead is how many blocks of key stream are made at first.
const lead = 1

// xorBlocks writes src, whole blocks, XOR the key stream to dst, which may be src,
// and counts s on.
func xorBlocks(s *chacha, dst, src []byte) { xorBlocksGo(s, dst, src) }

// polyBlocks takes in whole blocks.
func polyBlocks(p *poly, m []byte) { polyBlocksGo(p, m) }
