package handshake

import (
	"crypto/hmac"
	"crypto/mlkem"
	"testing"

	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/curve25519"

	"hopwire/link/identity"
)

// A slowNoise is the symmetric state of the Noise specification (revision 34,
// section 5), for reading: the twin of what the handshake gets from the library.
type slowNoise struct {
	t     *testing.T
	ck, h []byte
	key   []byte
	n     byte
}

func (s *slowNoise) hash(parts ...[]byte) []byte {
	h := newBlake()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func (s *slowNoise) mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(newBlake, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

func (s *slowNoise) mixHash(data []byte) { s.h = s.hash(s.h, data) }

// hkdf is the specification's HKDF with three outputs.
func (s *slowNoise) hkdf(ikm []byte) (a, b, c []byte) {
	temp := s.mac(s.ck, ikm)
	a = s.mac(temp, []byte{1})
	b = s.mac(temp, a, []byte{2})
	return a, b, s.mac(temp, b, []byte{3})
}

func (s *slowNoise) mixKey(ikm []byte) {
	s.ck, s.key, _ = s.hkdf(ikm)
	s.n = 0
}

func (s *slowNoise) mixPSK(psk []byte) {
	ck, h, key := s.hkdf(psk)
	s.ck, s.key, s.n = ck, key, 0
	s.mixHash(h)
}

func (s *slowNoise) mixDH(private, public []byte) {
	dh, err := curve25519.X25519(private, public)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mixKey(dh)
}

func (s *slowNoise) open(c []byte) []byte {
	a, _ := chacha20poly1305.New(s.key)
	p, err := a.Open(nil, []byte{4: s.n, 11: 0}, c, s.h)
	if err != nil {
		s.t.Fatal(err)
	}
	s.n++
	s.mixHash(c)
	return p
}

// slowResult is what a transcript says to who has the responder's secrets and the
// decapsulation key.
type slowResult struct {
	static             []byte // of the initiator
	payload1, payload2 []byte
	up, down           []byte // key material from the initiator, from the responder
	resume             []byte
}

// slowHandshake reads both messages of a transcript by the text of wire.md.
func slowHandshake(t *testing.T, kind string, nk identity.NetworkKey, responder *identity.Identity, private []byte, kem *mlkem.DecapsulationKey768, filtered bool, msg1, msg2 []byte) (r slowResult) {
	nkHash := blake2s.Sum256(nk[:])
	s := &slowNoise{t: t}
	s.h = s.hash([]byte("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"))
	s.ck = s.h
	s.mixHash(append([]byte("hopwire 1 "+kind), nkHash[:]...))
	static, _ := responder.Key().X25519()
	s.mixHash(static[:])

	at := 0
	if filtered {
		at = 16
	}
	e := fromRepresentative([32]byte(msg1[at:])) // e, es, s, ss
	s.mixHash(e[:])
	s.mixKey(e[:])
	s.mixDH(staticOf(responder), e[:])
	r.static = s.open(msg1[at+32 : at+80])
	s.mixDH(staticOf(responder), r.static)
	r.payload1 = s.open(msg1[at+80:])

	re := fromRepresentative([32]byte(msg2[at:])) // e, ee, se, psk
	s.mixHash(re[:])
	s.mixKey(re[:])
	s.mixDH(private, e[:])
	s.mixDH(private, r.static)
	s.mixPSK(nk[:])
	r.payload2 = s.open(msg2[at+32:])

	a, b, _ := s.hkdf(nil) // Split
	secret, err := kem.Decapsulate(r.payload2[9 : 9+1088])
	if err != nil {
		t.Fatal(err)
	}
	prk := s.mac(make([]byte, 32), a, b, secret)
	info := append(s.h, s.hash(msg1, msg2)...)
	r.up, r.down, r.resume = s.expand(prk, info, "initiator", 112), s.expand(prk, info, "responder", 112), s.expand(prk, info, "resume", 32)
	return r
}

// expand is RFC 5869, section 2.3.
func (s *slowNoise) expand(prk, info []byte, label string, n int) (out []byte) {
	var last []byte
	for i := byte(1); len(out) < n; i++ {
		last = s.mac(prk, last, info, []byte(label), []byte{i})
		out = append(out, last...)
	}
	return out[:n]
}
