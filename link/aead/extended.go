package aead

import (
	"crypto/cipher"
	"encoding/binary"
)

// NonceSizeX is the nonce of XChaCha20-Poly1305: long enough to be drawn.
const NonceSizeX = 24

// Extended returns what seals and opens the one text of XChaCha20-Poly1305
// (draft-irtf-cfrg-xchacha-03, section 2.3) with this nonce of NonceSizeX bytes, and the
// nonce to give it. x/crypto has it too, but with a second ChaCha20 and Poly1305: 20 kB
// of a program for small routers.
func Extended(key *[KeySize]byte, nonce []byte) (cipher.AEAD, [NonceSize]byte) {
	sub := subKey(key, nonce[:16])
	var rest [NonceSize]byte
	copy(rest[4:], nonce[16:NonceSizeX])
	return New(&sub), rest
}

// subKey is HChaCha20 (section 2.2 of the draft): the first and last quarter of a block of
// ChaCha20 whose counter and nonce are nonce, without what a block has added at its end.
func subKey(key *[KeySize]byte, nonce []byte) (sub [KeySize]byte) {
	var block [64]byte
	XOR(key, (*[NonceSize]byte)(nonce[4:16]), binary.LittleEndian.Uint32(nonce), block[:])
	added := append([]byte("expand 32-byte k"), nonce[:16]...)
	copy(sub[:16], block[:16])
	copy(sub[16:], block[48:])
	for i := 0; i < KeySize; i += 4 {
		word := sub[i : i+4]
		binary.LittleEndian.PutUint32(word, binary.LittleEndian.Uint32(word)-binary.LittleEndian.Uint32(added[i:]))
	}
	return sub
}
