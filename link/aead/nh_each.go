//go:build !amd64 || xcrypto

package aead

import "encoding/binary"

func nhs(key *[NHWords]uint32, out, m []byte) {
	for ; len(m) > 0; out = out[8:] {
		n := min(NHChunk, len(m))
		binary.LittleEndian.PutUint64(out, nh(key, m[:n]))
		m = m[n:]
	}
}
