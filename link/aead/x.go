//go:build !(386 || amd64 || arm || mips || mipsle) || xcrypto

package aead

import (
	"crypto/cipher"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/chacha20poly1305"
)

// New returns the AEAD of a key. It keeps no reference to key and allocates nothing
// per call; it is safe for concurrent use. In place or apart, nothing in between.
// After a failed Open the destination is undefined, but never plaintext.
func New(key *[KeySize]byte) cipher.AEAD {
	a, _ := chacha20poly1305.New(key[:]) // 32 bytes: no error
	return a
}

// XOR applies the key stream from the given block on to body, in place.
func XOR(key *[KeySize]byte, nonce *[NonceSize]byte, block uint32, body []byte) {
	c, err := chacha20.NewUnauthenticatedCipher(key[:], nonce[:])
	if err != nil {
		panic("aead: internal error: " + err.Error())
	}
	c.SetCounter(block)
	c.XORKeyStream(body, body)
}
