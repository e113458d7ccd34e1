//go:build !(mips || mipsle) || xcrypto

package aead

// xorBlocks writes src, whole blocks, XOR the key stream to dst, which may be src,
// and counts s on.
func xorBlocks(s *chacha, dst, src []byte) { xorBlocksGo(s, dst, src) }

// polyBlocks takes in whole blocks.
func polyBlocks(p *poly, m []byte) { polyBlocksGo(p, m) }

func nh(key *[NHWords]uint32, m []byte) uint64 { return nhGo(key, m) }
