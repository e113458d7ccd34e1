package hpke

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	mrand "math/rand/v2"
	"testing"

	"hopwire/link/identity"
)

// TestBothWays: what the standard library seals opens here, and the other way round.
func TestBothWays(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{1})
	for n := range 64 {
		var private [32]byte
		r.Read(private[:])
		public := identity.X25519Public(&private)
		message, info := make([]byte, n*17), make([]byte, n)
		r.Read(message)
		r.Read(info)

		k, err := ecdh.X25519().NewPrivateKey(private[:])
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := hpke.NewDHKEMPrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		box, err := Seal(r, &public, info, nil, message)
		if err != nil || len(box) != len(message)+Overhead {
			t.Fatal(len(box), err)
		}
		if got, err := hpke.Open(theirs, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, box); err != nil || !bytes.Equal(got, message) {
			t.Fatalf("%d bytes are not opened by the library: %v", len(message), err)
		}
		box, err = hpke.Seal(theirs.PublicKey(), hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, message)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Open(&private, info, nil, box); err != nil || !bytes.Equal(got, message) {
			t.Fatalf("%d bytes of the library are not opened: %v", len(message), err)
		}
	}
}

// TestRefused: nothing opens that was changed, cut, or meant for another purpose.
func TestRefused(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{2})
	private := [32]byte{7}
	public := identity.X25519Public(&private)
	box, err := Seal(r, &public, []byte("purpose"), []byte("beside"), []byte("message"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(&private, []byte("purpose"), []byte("beside"), box); err != nil {
		t.Fatal(err)
	}
	for i := range box {
		bad := bytes.Clone(box)
		if bad[i] ^= 0x10; bytes.Equal(bad, box) {
			t.Fatal("not changed")
		}
		if _, err := Open(&private, []byte("purpose"), []byte("beside"), bad); err != ErrOpen {
			t.Errorf("byte %d may change: %v", i, err)
		}
		if _, err := Open(&private, []byte("purpose"), []byte("beside"), box[:i]); err != ErrOpen {
			t.Errorf("%d bytes open: %v", i, err)
		}
	}
	for _, other := range [][2]string{{"another", "beside"}, {"purpose", ""}} {
		if _, err := Open(&private, []byte(other[0]), []byte(other[1]), box); err != ErrOpen {
			t.Errorf("%q: %v", other, err)
		}
	}
	if _, err := Seal(r, new([32]byte), nil, nil, nil); err == nil {
		t.Error("sealed to a key of low order")
	}
}

func FuzzOpen(f *testing.F) {
	private := [32]byte{7}
	public := identity.X25519Public(&private)
	box, _ := Seal(mrand.NewChaCha8([32]byte{3}), &public, nil, nil, []byte("message"))
	f.Add(box)
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := Open(&private, nil, nil, b); err == nil && !bytes.Equal(b, box) {
			t.Fatalf("forged: %x", m)
		}
	})
}
