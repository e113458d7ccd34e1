package link

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"io"
	mrand "math/rand/v2"
	"testing"

	flynn "github.com/flynn/noise"
)

// A library end shakes hands with ours: what we write it reads, and the other way.
type libraryEnd struct {
	flynn.DHFunc
	state *flynn.HandshakeState
	drawn *Ephemeral
}

func (l *libraryEnd) GenerateKeypair(rand io.Reader) (k flynn.DHKey, err error) {
	if l.drawn, err = NewEphemeral(rand); err != nil {
		return k, err
	}
	return flynn.DHKey{Private: l.drawn.Private[:], Public: l.drawn.Public[:]}, nil
}

func newLibraryEnd(t *testing.T, rand io.Reader, id *Identity, psk NetworkKey, peer []byte) *libraryEnd {
	l := &libraryEnd{DHFunc: flynn.DH25519}
	var err error
	l.state, err = flynn.NewHandshakeState(flynn.Config{
		CipherSuite: flynn.NewCipherSuite(l, flynn.CipherChaChaPoly, flynn.HashBLAKE2s), Random: rand, Pattern: flynn.HandshakeIK,
		Initiator: peer != nil, Prologue: []byte("prologue"), PresharedKey: psk[:], PresharedKeyPlacement: 2,
		StaticKeypair: flynn.DHKey{Private: id.static[:], Public: id.public[:]}, PeerStatic: peer,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// write and read swap the ephemeral key for its representative and back.
func (l *libraryEnd) write(t *testing.T, payload []byte) ([]byte, [2]*flynn.CipherState) {
	m, a, b, err := l.state.WriteMessage(nil, payload)
	if err != nil {
		t.Fatal(err)
	}
	copy(m, l.drawn.Representative[:])
	return m, [2]*flynn.CipherState{a, b}
}

func (l *libraryEnd) read(t *testing.T, m, payload []byte) [2]*flynn.CipherState {
	u := FromRepresentative([32]byte(m))
	got, a, b, err := l.state.ReadMessage(nil, append(u[:], m[32:]...))
	if err != nil || !bytes.Equal(got, payload) {
		t.Fatalf("the library reads %q, %v", got, err)
	}
	return [2]*flynn.CipherState{a, b}
}

func (s *noise) agrees(t *testing.T, l *libraryEnd, keys [2]*flynn.CipherState) {
	t.Helper()
	a, b := s.split()
	if a != keys[0].UnsafeKey() || b != keys[1].UnsafeKey() || !bytes.Equal(s.h[:], l.state.ChannelBinding()) {
		t.Error("other keys than the library's")
	}
}

func TestNoiseTwin(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{21})
	a, b, psk := testIdentity(t, 1), testIdentity(t, 2), NetworkKey{7}
	for _, size := range []int{0, 1, 1300} {
		one, two := make([]byte, size), bytes.Repeat([]byte{9}, size)
		r.Read(one)

		ours, library := newNoise([]byte("prologue"), a, psk, b.public), newLibraryEnd(t, r, b, psk, nil)
		m, err := ours.write1(r, one)
		if err != nil || len(m) != noise1Size+size {
			t.Fatalf("message 1 of %d bytes: %v", len(m), err)
		}
		library.read(t, m, one)
		m, keys := library.write(t, two)
		if got, err := ours.read2(m); err != nil || !bytes.Equal(got, two) {
			t.Fatalf("message 2 of the library: %v", err)
		}
		ours.agrees(t, library, keys)

		ours, library = newNoise([]byte("prologue"), b, psk, b.public), newLibraryEnd(t, r, a, psk, b.public[:])
		m, _ = library.write(t, one)
		if got, err := ours.read1(m); err != nil || !bytes.Equal(got, one) || ours.rs != a.public {
			t.Fatalf("message 1 of the library: %v", err)
		}
		if m, err = ours.write2(r, two); err != nil || len(m) != noise2Size+size {
			t.Fatalf("message 2 of %d bytes: %v", len(m), err)
		}
		ours.agrees(t, library, library.read(t, m, two))
	}
}

// TestNoiseKeepsState: what it refuses leaves the state as it was.
func TestNoiseKeepsState(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{22})
	a, b, psk := testIdentity(t, 1), testIdentity(t, 2), NetworkKey{7}
	ours, theirs := newNoise(nil, a, psk, b.public), newNoise(nil, b, psk, b.public)
	refuses := func(s *noise, read func([]byte) ([]byte, error), m []byte) {
		t.Helper()
		was := *s
		for n := range m {
			bad := bytes.Clone(m)
			if bad[n] ^= 1; n == 0 {
				clear(bad[:32]) // a point of low order
			}
			if _, err := read(bad); err == nil || *s != was {
				t.Fatalf("byte %d: %v, state changed: %v", n, err, *s != was)
			}
			if _, err := read(m[:n]); err == nil || *s != was {
				t.Fatalf("%d bytes: %v, state changed: %v", n, err, *s != was)
			}
		}
	}
	m, err := ours.write1(r, []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	refuses(theirs, theirs.read1, m)
	if _, err := theirs.read1(m); err != nil {
		t.Fatal(err)
	}
	if m, err = theirs.write2(r, []byte("two")); err != nil {
		t.Fatal(err)
	}
	refuses(ours, ours.read2, m)
	if got, err := ours.read2(m); err != nil || string(got) != "two" {
		t.Errorf("%q, %v", got, err)
	}
	was := *ours
	if _, err := ours.write2(bytes.NewReader(nil), nil); err == nil || *ours != was {
		t.Errorf("without randomness: %v", err)
	}
}

// TestX25519Twin: against the standard library, on any bytes and on what is special.
func TestX25519Twin(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{23})
	publics := [][32]byte{{}, {1}, {9}, {31: 0x80}, {0xec, 31: 0x7f}}
	for _, p := range torsion {
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
