package identity

import (
	"bytes"
	"crypto/sha512"

	"filippo.io/edwards25519"
)

// Sign returns the Ed25519 signature (RFC 8032, section 5.1.6) of a message.
func (i *Identity) Sign(message []byte) (sig [64]byte) {
	h := sha512.Sum512(i.seed[:])
	s, _ := new(edwards25519.Scalar).SetBytesWithClamping(h[:32]) // lengths fit: no errors here
	r := hashScalar(h[32:], message)
	copy(sig[:], new(edwards25519.Point).ScalarBaseMult(r).Bytes())
	k := hashScalar(sig[:32], i.key[:], message)
	copy(sig[32:], new(edwards25519.Scalar).MultiplyAdd(k, s, r).Bytes())
	return sig
}

// Verify checks an Ed25519 signature of the address's holder (RFC 8032, section
// 5.1.7, without the cofactor, as the standard library does).
func (k Key) Verify(message []byte, sig *[64]byte) bool {
	a, err := new(edwards25519.Point).SetBytes(k[:])
	if err != nil {
		return false
	}
	s, err := new(edwards25519.Scalar).SetCanonicalBytes(sig[32:])
	if err != nil {
		return false
	}
	h := hashScalar(sig[:32], k[:], message)
	r := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(h, a.Negate(a), s)
	return bytes.Equal(r.Bytes(), sig[:32])
}

// hashScalar is SHA-512 of the parts, taken as a number modulo the group's order.
func hashScalar(parts ...[]byte) *edwards25519.Scalar {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	s, _ := new(edwards25519.Scalar).SetUniformBytes(h.Sum(nil)) // 64 bytes: no error
	return s
}
