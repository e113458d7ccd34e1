// Package hpke seals a message to an X25519 key: HPKE of RFC 9180 in base mode with
// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305, one message a key.
// crypto/hpke does the same and more, for half a megabyte of program on a router.
//
//	box, err := hpke.Seal(rand, public, info, nil, message) // 48 bytes longer
//	message, err := hpke.Open(private, info, nil, box)
//
// It draws only from what it is given; everything here is safe for concurrent use.
package hpke

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"io"

	"hopwire/link/aead"
	"hopwire/link/identity"
)

// Overhead is how much longer a sealed message is: an ephemeral key and a tag.
const Overhead = 32 + 16

// ErrOpen is returned for what does not open, whatever the reason.
var ErrOpen = errors.New("hpke: cannot be opened")

// Names of the suite (RFC 9180, sections 4.1 and 5.1).
var (
	kemSuite = []byte("KEM\x00\x20")
	suite    = []byte("HPKE\x00\x20\x00\x01\x00\x03")
)

// Seal appends nothing to what it is given: it returns ephemeral key ‖ sealed message.
// info binds the purpose, aad what is sent beside it. rand has 32 bytes for it.
func Seal(rand io.Reader, to *[32]byte, info, aad, message []byte) ([]byte, error) {
	var private [32]byte
	if _, err := io.ReadFull(rand, private[:]); err != nil {
		return nil, err
	}
	public := identity.X25519Public(&private)
	dh, ok := identity.X25519(&private, to)
	if !ok {
		return nil, ErrOpen
	}
	key, nonce := schedule(shared(dh, public, *to), info)
	out := make([]byte, 0, Overhead+len(message))
	return aead.New(&key).Seal(append(out, public[:]...), nonce[:], message, aad), nil
}

// Open returns the message of a box, or ErrOpen.
func Open(private *[32]byte, info, aad, box []byte) ([]byte, error) {
	if len(box) < Overhead {
		return nil, ErrOpen
	}
	enc := [32]byte(box)
	dh, ok := identity.X25519(private, &enc)
	if !ok {
		return nil, ErrOpen
	}
	key, nonce := schedule(shared(dh, enc, identity.X25519Public(private)), info)
	message, err := aead.New(&key).Open(nil, nonce[:], box[32:], aad)
	if err != nil {
		return nil, ErrOpen
	}
	return message, nil
}

// shared is ExtractAndExpand (section 4.1).
func shared(dh, enc, to [32]byte) []byte {
	prk := extract(kemSuite, nil, "eae_prk", dh[:])
	return expand(kemSuite, prk, "shared_secret", append(enc[:], to[:]...), 32)
}

// schedule is KeySchedule in base mode (section 5.1).
func schedule(secret, info []byte) (key [32]byte, nonce [12]byte) {
	context := append([]byte{0}, extract(suite, nil, "psk_id_hash", nil)...)
	context = append(context, extract(suite, nil, "info_hash", info)...)
	s := extract(suite, secret, "secret", nil)
	copy(key[:], expand(suite, s, "key", context, len(key)))
	copy(nonce[:], expand(suite, s, "base_nonce", context, len(nonce)))
	return key, nonce
}

// extract and expand are LabeledExtract and LabeledExpand (section 4).
func extract(suite, salt []byte, label string, ikm []byte) []byte {
	prk, err := hkdf.Extract(sha256.New, labelled(nil, suite, label, ikm), salt)
	if err != nil {
		panic(err) // only for keys that a FIPS mode finds too short
	}
	return prk
}

func expand(suite, prk []byte, label string, info []byte, n int) []byte {
	out, err := hkdf.Expand(sha256.New, prk, string(labelled([]byte{byte(n >> 8), byte(n)}, suite, label, info)), n)
	if err != nil {
		panic(err) // n is too long
	}
	return out
}

func labelled(b, suite []byte, label string, rest []byte) []byte {
	b = append(b, "HPKE-v1"...)
	b = append(b, suite...)
	b = append(b, label...)
	return append(b, rest...)
}
