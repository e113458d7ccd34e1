package handshake

import (
	"bytes"
	"crypto/mlkem"
	"hopwire/link/identity"
	"hopwire/link/wiretest"
	"io"
	"testing"

	"golang.org/x/crypto/curve25519"
)

var handshakeVectors = []struct {
	name string
	kind Kind
	size int
}{{"link", KindLink, linkMessage}, {"session", KindSession, sessionMessage}, {"rekey", KindLink, rekeyMessage}}

func seeded(t *testing.T, v *wiretest.Vector, key string) *identity.Identity {
	t.Helper()
	id, err := identity.IdentityFromSeed([32]byte(v.Bytes(key)))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestHandshakeVectors: from the randomness in the file the initiator makes message
// 1 byte for byte, and from message 2 the keys. Message 2 holds a ciphertext of the
// standard library's own randomness, so it is an input of the initiator, and the
// responder is held to its end of it by the twin (slow_test.go).
func TestHandshakeVectors(t *testing.T) {
	for _, c := range handshakeVectors {
		t.Run(c.name, func(t *testing.T) {
			v := wiretest.ReadVector(t, "testdata/"+c.name+".txt")
			a, b, nk := seeded(t, v, "initiator seed"), seeded(t, v, "responder seed"), identity.NetworkKey(v.Bytes("network key"))
			var filter *FirstFilter
			if c.name != "rekey" {
				f := NewFirstFilter(b.Key(), c.kind, nk, nil)
				if c.name == "link" {
					f = NewFirstFilter(b.Key(), c.kind, nk, v.Bytes("beacon nonce"))
				}
				filter = &f
			}
			random := bytes.NewReader(v.Bytes("initiator random"))
			i, msg1, err := Initiate(random, InitiateConfig{Kind: c.kind, Identity: a, NetworkKey: nk, Peer: b.Key(), Filter: filter,
				PortNonce: [8]byte(v.Bytes("initiator port nonce")), Size: c.size})
			if err != nil || random.Len() != 0 {
				t.Fatalf("%v, %d random bytes left", err, random.Len())
			}
			v.Output("message 1", msg1)
			if wiretest.Updating() {
				answerVector(t, v, c.kind, c.size, filter != nil, nk, b, msg1)
			}
			msg2 := v.Bytes("message 2")
			if !i.Check(msg2) {
				t.Error("message 2 does not pass its filter")
			}
			keys, nonce, err := i.Finish(msg2)
			if err != nil || !bytes.Equal(nonce[:], v.Bytes("responder port nonce")) {
				t.Fatal(err, nonce)
			}
			up, down := twin(t, v, c.kind, filter != nil, nk, a, b, msg1, msg2)
			same(t, "from the initiator", keys.Send, up)
			same(t, "from the responder", keys.Recv, down)
			v.Output("keys from the initiator", up)
			v.Output("keys from the responder", down)
			v.Output("resume", keys.Resume[:])
			v.Save()
		})
	}
}

// answer makes message 2 of a vector that is being rewritten.
func answerVector(t *testing.T, v *wiretest.Vector, kind Kind, size int, filtered bool, nk identity.NetworkKey, b *identity.Identity, msg1 []byte) {
	r, err := Respond(bytes.NewReader(v.Bytes("responder random")), RespondConfig{Kind: kind, Identity: b, NetworkKey: nk, Prefiltered: filtered,
		PortNonce: [8]byte(v.Bytes("responder port nonce")), Size: size}, msg1)
	if err != nil {
		t.Fatal(err)
	}
	v.Output("message 2", r.Message)
}

// twin derives the keys from the transcript in the slow way, and checks what
// stands in the payloads.
func twin(t *testing.T, v *wiretest.Vector, kind Kind, filtered bool, nk identity.NetworkKey, a, b *identity.Identity, msg1, msg2 []byte) (up, down []byte) {
	t.Helper()
	random := v.Bytes("initiator random") // ML-KEM seed 64, filter key 16, then 33 for each ephemeral tried
	kem, err := mlkem.NewDecapsulationKey768(random[:64])
	if err != nil {
		t.Fatal(err)
	}
	draws := v.Bytes("responder random")
	private := draws[len(draws)-33 : len(draws)-1] // the last one tried
	r := slowHandshake(t, []string{"link", "session"}[kind], nk, b, private, kem, filtered, msg1, msg2)
	head1 := append(append([]byte{1}, v.Bytes("initiator port nonce")...), random[64:80]...)
	head1 = append(head1, kem.EncapsulationKey().Bytes()...)
	head2 := append([]byte{1}, v.Bytes("responder port nonce")...)
	u, _ := curve25519.X25519(staticOf(a), curve25519.Basepoint)
	switch {
	case !bytes.Equal(r.static, u):
		t.Errorf("static key %x, want %x", r.static, u)
	case !bytes.HasPrefix(r.payload1, head1) || len(bytes.Trim(r.payload1[len(head1):], "\x00")) != 0:
		t.Error("payload of message 1")
	case !bytes.HasPrefix(r.payload2, head2) || len(bytes.Trim(r.payload2[9+1088:], "\x00")) != 0:
		t.Error("payload of message 2")
	}
	return r.up, r.down
}

// same compares the secrets of one direction with key material.
func same(t *testing.T, name string, s Secrets, material []byte) {
	t.Helper()
	if s != cutSecrets(material) {
		t.Errorf("keys %s differ from the twin's", name)
	}
}

// TestResponderTwin: the responder's keys are the twin's as well.
func TestResponderTwin(t *testing.T) {
	s := newShake(t, KindSession, sessionMessage, false)
	var drawn bytes.Buffer
	i, msg1, err := Initiate(io.TeeReader(s.r, &drawn), InitiateConfig{Kind: s.kind, Identity: s.a, NetworkKey: s.nk, Peer: s.b.Key(), Filter: s.filter(), Size: s.size})
	if err != nil {
		t.Fatal(err)
	}
	kem, err := mlkem.NewDecapsulationKey768(drawn.Bytes()[:64])
	if err != nil {
		t.Fatal(err)
	}
	drawn.Reset()
	r, err := Respond(io.TeeReader(s.r, &drawn), RespondConfig{Kind: s.kind, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: s.size}, msg1)
	if err != nil || !i.Check(r.Message) {
		t.Fatal(err)
	}
	private := drawn.Bytes()[drawn.Len()-33 : drawn.Len()-1]
	slow := slowHandshake(t, "session", s.nk, s.b, private, kem, true, msg1, r.Message)
	same(t, "from the initiator", r.Keys.Recv, slow.up)
	same(t, "from the responder", r.Keys.Send, slow.down)
	if !bytes.Equal(r.Keys.Resume[:], slow.resume) {
		t.Error("the resumption secret differs from the twin's")
	}
}

// TestFilterVector: the filters that are derived from a network key and an address.
func TestFilterVector(t *testing.T) {
	v := wiretest.ReadVector(t, "testdata/filter.txt")
	nk, k := identity.NetworkKey(v.Bytes("network key")), seeded(t, v, "responder seed").Key()
	m := append(make([]byte, filterSize), v.Bytes("message")...)
	for name, f := range map[string]FirstFilter{
		"filter of a link":                NewFirstFilter(k, KindLink, nk, nil),
		"filter of a link with a nonce":   NewFirstFilter(k, KindLink, nk, v.Bytes("beacon nonce")),
		"filter of a session":             NewFirstFilter(k, KindSession, nk, nil),
		"filter of message 2 by this key": newFilter(v.Bytes("filter key")),
	} {
		f.put(m)
		v.Output(name, m[:filterSize])
	}
	v.Save()
}
