package handshake

import (
	"bytes"
	"io"
	mrand "math/rand/v2"
	"reflect"
	"testing"

	flynn "github.com/flynn/noise"

	"hopwire/link/identity"
)

// A library end shakes hands with ours: what we write it reads, and the other way.
type libraryEnd struct {
	flynn.DHFunc
	state *flynn.HandshakeState
	drawn *ephemeral
}

func (l *libraryEnd) GenerateKeypair(rand io.Reader) (k flynn.DHKey, err error) {
	if l.drawn, err = newEphemeral(rand); err != nil {
		return k, err
	}
	return flynn.DHKey{Private: l.drawn.Private[:], Public: l.drawn.Public[:]}, nil
}

func newLibraryEnd(t *testing.T, rand io.Reader, id *identity.Identity, psk identity.NetworkKey, peer []byte) *libraryEnd {
	l := &libraryEnd{DHFunc: flynn.DH25519}
	var err error
	l.state, err = flynn.NewHandshakeState(flynn.Config{
		CipherSuite: flynn.NewCipherSuite(l, flynn.CipherChaChaPoly, flynn.HashBLAKE2s), Random: rand, Pattern: flynn.HandshakeIK,
		Initiator: peer != nil, Prologue: []byte("prologue"), PresharedKey: psk[:], PresharedKeyPlacement: 2,
		StaticKeypair: flynn.DHKey{Private: staticOf(id), Public: public(id)}, PeerStatic: peer,
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
	u := fromRepresentative([32]byte(m))
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
	a, b, psk := testIdentity(t, 1), testIdentity(t, 2), identity.NetworkKey{7}
	for _, size := range []int{0, 1, 1300} {
		one, two := make([]byte, size), bytes.Repeat([]byte{9}, size)
		r.Read(one)

		ours, library := newNoise([]byte("prologue"), a, psk, [32]byte(public(b))), newLibraryEnd(t, r, b, psk, nil)
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

		ours, library = newNoise([]byte("prologue"), b, psk, [32]byte(public(b))), newLibraryEnd(t, r, a, psk, public(b))
		m, _ = library.write(t, one)
		if got, err := ours.read1(m); err != nil || !bytes.Equal(got, one) || ours.rs != [32]byte(public(a)) {
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
	a, b, psk := testIdentity(t, 1), testIdentity(t, 2), identity.NetworkKey{7}
	ours, theirs := newNoise(nil, a, psk, [32]byte(public(b))), newNoise(nil, b, psk, [32]byte(public(b)))
	refuses := func(s *noise, read func([]byte) ([]byte, error), m []byte) {
		t.Helper()
		was := *s
		for n := range m {
			bad := bytes.Clone(m)
			if bad[n] ^= 1; n == 0 {
				clear(bad[:32]) // a point of low order
			}
			if _, err := read(bad); err == nil || !reflect.DeepEqual(*s, was) {
				t.Fatalf("byte %d: %v, state changed: %v", n, err, !reflect.DeepEqual(*s, was))
			}
			if _, err := read(m[:n]); err == nil || !reflect.DeepEqual(*s, was) {
				t.Fatalf("%d bytes: %v, state changed: %v", n, err, !reflect.DeepEqual(*s, was))
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
	if _, err := ours.write2(bytes.NewReader(nil), nil); err == nil || !reflect.DeepEqual(*ours, was) {
		t.Errorf("without randomness: %v", err)
	}
}

// staticOf and public are the halves of an identity's static key.
func staticOf(id *identity.Identity) []byte { k, _ := id.Static(); return k[:] }
func public(id *identity.Identity) []byte   { _, k := id.Static(); return k[:] }

func testIdentity(t testing.TB, n byte) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 42}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}
