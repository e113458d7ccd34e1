package aead

import (
	"crypto/cipher"

	"golang.org/x/crypto/chacha20"
)

// NonceSizeX is the nonce of XChaCha20-Poly1305: long enough to be drawn.
const NonceSizeX = 24

// Extended returns what seals and opens the one text of XChaCha20-Poly1305
// (draft-irtf-cfrg-xchacha-03, section 2.3) with this nonce of NonceSizeX bytes, and the
// nonce to give it. x/crypto has it too, but with a second ChaCha20 and Poly1305: 20 kB
// of a program for small routers.
func Extended(key *[KeySize]byte, nonce []byte) (cipher.AEAD, [NonceSize]byte) {
	sub, err := chacha20.HChaCha20(key[:], nonce[:16])
	if err != nil {
		panic("aead: internal error: " + err.Error())
	}
	var rest [NonceSize]byte
	copy(rest[4:], nonce[16:NonceSizeX])
	return New((*[KeySize]byte)(sub)), rest
}
