//go:build !amd64 || xcrypto

package aead

import "crypto/cipher"

// NewCounted is New for nonces that count; the AEAD is not safe for concurrent use.
func NewCounted(key *[KeySize]byte) cipher.AEAD { return New(key) }

// own is the AEAD of RFC 8439, section 2.8.
type own struct{ key [KeySize]byte }

func makeStart(_ *own, s *chacha, b *start) { xorBlocks(s, b[:], b[:]) }

func (p *poly) addAll(data, sealed []byte) { p.addEach(data, sealed) }
