//go:build !amd64 || xcrypto

package aead

import (
	"crypto/cipher"
	"encoding/binary"
)

// A Numbered is the AEAD of a key whose nonces are 0⁴ ‖ number. It holds scratch
// space: not safe for concurrent use. Nothing in it allocates but Init.
type Numbered struct {
	aead  cipher.AEAD
	nonce [NonceSize]byte
}

// Init sets the key.
func (a *Numbered) Init(key *[KeySize]byte) { a.aead = New(key) }

// Seal is Seal of cipher.AEAD.
func (a *Numbered) Seal(dst []byte, number uint64, text, data []byte) []byte {
	return a.aead.Seal(dst, a.of(number), text, data)
}

// Open is Open of cipher.AEAD.
func (a *Numbered) Open(dst []byte, number uint64, text, data []byte) ([]byte, error) {
	return a.aead.Open(dst, a.of(number), text, data)
}

func (a *Numbered) of(number uint64) []byte {
	binary.LittleEndian.PutUint64(a.nonce[4:], number)
	return a.nonce[:]
}
