package identity

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	mrand "math/rand/v2"
	"testing"
)

// TestX25519Twin: against the standard library, on any bytes and on what is special.
func TestX25519Twin(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{23})
	publics := [][32]byte{{}, {1}, {9}, {31: 0x80}, {0xec, 31: 0x7f}}
	for _, p := range lowOrderPoints(t) {
		publics = append(publics, [32]byte(p.BytesMontgomery()))
	}
	for range 200 {
		var p [32]byte
		r.Read(p[:])
		publics = append(publics, p)
	}
	low := 0
	for _, public := range publics {
		var private [32]byte
		r.Read(private[:])
		k, err := ecdh.X25519().NewPrivateKey(private[:])
		if err != nil {
			t.Fatal(err)
		}
		if got := X25519Public(&private); !bytes.Equal(got[:], k.PublicKey().Bytes()) {
			t.Errorf("public key of %x", private)
		}
		p, _ := ecdh.X25519().NewPublicKey(public[:])
		want, err := k.ECDH(p)
		got, ok := X25519(&private, &public)
		if ok != (err == nil) || ok && !bytes.Equal(got[:], want) || !ok && got != [32]byte{} {
			t.Errorf("%x with %x: %x %v, want %x %v", private, public, got, ok, want, err)
		}
		if !ok {
			low++
		}
	}
	if low < 8 {
		t.Errorf("%d points of low order: the special cases test nothing", low)
	}
}

// TestSignatureTwin: against the standard library, whole, broken and moved.
func TestSignatureTwin(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{24})
	for n := range 40 {
		id, err := NewIdentity(r)
		if err != nil {
			t.Fatal(err)
		}
		message := make([]byte, n*37)
		r.Read(message)
		seed := id.Seed()
		sig, key := id.Sign(message), id.Key()
		if want := ed25519.Sign(ed25519.NewKeyFromSeed(seed[:]), message); !bytes.Equal(sig[:], want) {
			t.Fatalf("%d bytes: signature %x, want %x", len(message), sig, want)
		}
		for bit := range 8 * len(sig) {
			bad := sig
			bad[bit/8] ^= 1 << (bit % 8)
			if bit%7 == 0 && key.Verify(message, &bad) != ed25519.Verify(key[:], message, bad[:]) || bit%7 == 0 && key.Verify(message, &bad) {
				t.Errorf("bit %d of the signature", bit)
			}
		}
		if !key.Verify(message, &sig) || key.Verify(append(message, 0), &sig) {
			t.Error("verifies wrongly")
		}
		big := sig // S + order: the same number, another text
		carry := 0
		for i, b := range [32]byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10} {
			carry += int(big[32+i]) + int(b)
			big[32+i], carry = byte(carry), carry>>8
		}
		if key.Verify(message, &big) {
			t.Error("a signature can be written in two ways")
		}
	}
}

func BenchmarkX25519(b *testing.B) {
	private, public := [32]byte{1}, [32]byte{9}
	for range b.N {
		public, _ = X25519(&private, &public)
	}
}

func BenchmarkX25519Library(b *testing.B) {
	k, _ := ecdh.X25519().NewPrivateKey([]byte{31: 1})
	p, _ := ecdh.X25519().NewPublicKey([]byte{9, 31: 0})
	for range b.N {
		k.ECDH(p)
	}
}

func BenchmarkX25519Public(b *testing.B) {
	private := [32]byte{1}
	for range b.N {
		private = X25519Public(&private)
	}
}
