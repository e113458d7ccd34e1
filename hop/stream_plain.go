//go:build !amd64

package hop

import (
	"encoding/binary"

	"golang.org/x/crypto/chacha20"
)

// A stream is the ChaCha20 key stream from block 1 on.
type stream struct{ key [32]byte }

func (s *stream) init(key [32]byte) { s.key = key }

func (s *stream) xor(seq uint32, iv uint64, body []byte) {
	var b [chacha20.NonceSize]byte
	binary.LittleEndian.PutUint32(b[0:], seq)
	binary.LittleEndian.PutUint64(b[4:], iv)
	c, err := chacha20.NewUnauthenticatedCipher(s.key[:], b[:])
	if err != nil {
		panic("hop: internal error: " + err.Error())
	}
	c.SetCounter(1)
	c.XORKeyStream(body, body)
}
