package handshake

import (
	"errors"
	"io"

	"golang.org/x/crypto/blake2s"

	"hopwire/link/aead"
	"hopwire/link/identity"
)

// Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (noiseprotocol.org, revision 34), this one
// pattern only, with ephemeral keys on the wire as representatives. It is our own
// for the size of the program: a library for all patterns brings crypto/ecdh with
// the NIST curves (x25519.go). The tests let a library shake hands with it, both
// ways round.

const (
	noiseName = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
	sealSize  = aead.Overhead
	// noise1Size and noise2Size are what the messages add to their payloads.
	noise1Size = 32 + 32 + sealSize + sealSize
	noise2Size = 32 + sealSize
)

var errNoise = errors.New("handshake: Noise message does not open")

// A noise is the state of one handshake at one end. A method that returns an error
// has not changed it.
type noise struct {
	_        [0]func() // not compared: saves the code
	ck, h, k [32]byte
	n        byte     // messages sealed under k
	s, sp    [32]byte // our static key: private, public
	psk      identity.NetworkKey
	e        *ephemeral // ours
	rs, re   [32]byte   // theirs
}

// newNoise begins a handshake whose responder has a given static key: ours, or
// the one that the initiator wants to reach.
func newNoise(prologue []byte, id *identity.Identity, psk identity.NetworkKey, responder [32]byte) *noise {
	s := &noise{psk: psk, rs: responder}
	s.s, s.sp = id.Static()
	s.h = blake2s.Sum256([]byte(noiseName))
	s.ck = s.h
	s.mixHash(prologue)
	s.mixHash(responder[:])
	return s
}

// write1 makes message 1: e, es, s, ss.
func (s *noise) write1(rand io.Reader, payload []byte) ([]byte, error) {
	e, err := newEphemeral(rand)
	if err != nil {
		return nil, err
	}
	t := *s
	t.e = e
	t.mixEphemeral(e.Public)
	out := append(make([]byte, 0, noise1Size+len(payload)), e.Representative[:]...)
	if !t.mixDH(&e.Private, &t.rs) {
		return nil, errNoise
	}
	out = t.seal(out, s.sp[:])
	if !t.mixDH(&s.s, &t.rs) {
		return nil, errNoise
	}
	out = t.seal(out, payload)
	*s = t
	return out, nil
}

// read1 opens message 1 and returns its payload; rs is then the initiator's.
func (s *noise) read1(m []byte) ([]byte, error) {
	t := *s
	if len(m) < noise1Size || !t.readEphemeral(m) || !t.mixDH(&s.s, &t.re) {
		return nil, errNoise
	}
	static, ok := t.open(m[32 : 64+sealSize])
	if !ok {
		return nil, errNoise
	}
	t.rs = [32]byte(static)
	if !t.mixDH(&s.s, &t.rs) {
		return nil, errNoise
	}
	payload, ok := t.open(m[64+sealSize:])
	if !ok {
		return nil, errNoise
	}
	*s = t
	return payload, nil
}

// write2 makes message 2: e, ee, se, psk.
func (s *noise) write2(rand io.Reader, payload []byte) ([]byte, error) {
	e, err := newEphemeral(rand)
	if err != nil {
		return nil, err
	}
	t := *s
	t.e = e
	t.mixEphemeral(e.Public)
	if !t.mixDH(&e.Private, &t.re) || !t.mixDH(&e.Private, &t.rs) {
		return nil, errNoise
	}
	t.mixPSK()
	out := append(make([]byte, 0, noise2Size+len(payload)), e.Representative[:]...)
	out = t.seal(out, payload)
	*s = t
	return out, nil
}

// read2 opens message 2 and returns its payload.
func (s *noise) read2(m []byte) ([]byte, error) {
	t := *s
	if len(m) < noise2Size || !t.readEphemeral(m) || !t.mixDH(&s.e.Private, &t.re) || !t.mixDH(&s.s, &t.re) {
		return nil, errNoise
	}
	t.mixPSK()
	payload, ok := t.open(m[32:])
	if !ok {
		return nil, errNoise
	}
	*s = t
	return payload, nil
}

// split returns the keys from the initiator and from the responder.
func (s *noise) split() (a, b [32]byte) {
	a, b, _ = s.hkdf(nil)
	return a, b
}

// readEphemeral takes the other end's e; false for a key that no DH may see. Of
// the points of low order only u = 0 and u = 1 have representatives.
func (s *noise) readEphemeral(m []byte) bool {
	u := fromRepresentative([32]byte(m))
	var high byte
	for _, b := range u[1:] {
		high |= b
	}
	s.re = u
	s.mixEphemeral(u)
	return high != 0 || u[0] > 1
}

// mixEphemeral: with a pre-shared key, e is mixed into the key too (section 9.2).
func (s *noise) mixEphemeral(u [32]byte) {
	s.mixHash(u[:])
	s.mixKey(u[:])
}

func (s *noise) mixDH(private, public *[32]byte) bool {
	secret, ok := identity.X25519(private, public)
	s.mixKey(secret[:])
	return ok
}

func (s *noise) mixHash(data []byte) {
	h := newBlake()
	h.Write(s.h[:])
	h.Write(data)
	h.Sum(s.h[:0])
}

func (s *noise) mixKey(ikm []byte) {
	s.ck, s.k, _ = s.hkdf(ikm)
	s.n = 0
}

func (s *noise) mixPSK() {
	ck, h, k := s.hkdf(s.psk[:])
	s.ck, s.k, s.n = ck, k, 0
	s.mixHash(h[:])
}

// hkdf is the specification's (section 4.3), with three outputs.
func (s *noise) hkdf(ikm []byte) (a, b, c [32]byte) {
	temp := mac(s.ck[:], ikm)
	a = mac(temp[:], []byte{1})
	b = mac(temp[:], a[:], []byte{2})
	return a, b, mac(temp[:], b[:], []byte{3})
}

func (s *noise) seal(out, plain []byte) []byte {
	a := aead.New(&s.k)
	n := len(out)
	out = a.Seal(out, []byte{4: s.n, 11: 0}, plain, s.h[:])
	aead.Wipe(a)
	s.n++
	s.mixHash(out[n:])
	return out
}

func (s *noise) open(sealed []byte) ([]byte, bool) {
	a := aead.New(&s.k)
	plain, err := a.Open(nil, []byte{4: s.n, 11: 0}, sealed, s.h[:])
	aead.Wipe(a)
	s.n++
	s.mixHash(sealed)
	return plain, err == nil
}
