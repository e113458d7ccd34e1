package handshake

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	mrand "math/rand/v2"
	"testing"
)

// TestMAC: HMAC and HKDF are those of the library, for keys up to a block, and for
// outputs that are whole blocks and that are not.
func TestMAC(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{5})
	key, data := make([]byte, 64), make([]byte, 200)
	for n := range 65 {
		r.Read(key)
		r.Read(data)
		h := hmac.New(newBlake, key[:n])
		h.Write(data[:3*n])
		if got := mac(key[:n], data[:n], nil, data[n:3*n]); !bytes.Equal(got[:], h.Sum(nil)) {
			t.Errorf("a key of %d bytes: %x, want %x", n, got, h.Sum(nil))
		}
		prk, err := hkdf.Extract(newBlake, data, key[:n])
		if got := mac(key[:n], data); err != nil || !bytes.Equal(got[:], prk) {
			t.Errorf("extract, salt of %d bytes: %x, want %x, %v", n, got, prk, err)
		}
		want, err := hkdf.Expand(newBlake, prk, string(data[:n]), 3*n)
		if got := expand(prk, string(data[:n]), 3*n); err != nil || !bytes.Equal(got, want) {
			t.Errorf("expand to %d bytes: %x, want %x, %v", 3*n, got, want, err)
		}
	}
}
