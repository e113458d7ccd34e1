package link

import (
	"bytes"
	"crypto/mlkem"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/curve25519"
)

// A vectorFile is "key: value" lines, values in hexadecimal but for a few words.
type vectorFile struct {
	t     *testing.T
	name  string
	order []string
	value map[string]string
}

func readVector(t *testing.T, name string) *vectorFile {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	v := &vectorFile{t: t, name: name, value: map[string]string{}}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		k, val, ok := strings.Cut(line, ":")
		if !ok || v.value[k] != "" {
			t.Fatalf("%s: line %q", name, line)
		}
		v.order = append(v.order, k)
		v.value[k] = strings.TrimSpace(val)
	}
	return v
}

func (v *vectorFile) bytes(key string) []byte {
	v.t.Helper()
	b, err := hex.DecodeString(v.value[key])
	if err != nil || v.value[key] == "" {
		v.t.Fatalf("%s: %s: %q", v.name, key, v.value[key])
	}
	return b
}

// output compares an output; with -update it is rewritten. Inputs never are.
func (v *vectorFile) output(key string, got []byte) {
	v.t.Helper()
	if *update {
		v.value[key] = hex.EncodeToString(got)
	} else if want := v.bytes(key); !bytes.Equal(got, want) {
		v.t.Errorf("%s: %s is %x, want %x", v.name, key, got, want)
	}
}

func (v *vectorFile) save() {
	var b strings.Builder
	for _, k := range v.order {
		fmt.Fprintf(&b, "%s: %s\n", k, v.value[k])
	}
	if *update {
		if err := os.WriteFile(v.name, []byte(b.String()), 0o644); err != nil {
			v.t.Fatal(err)
		}
	}
}

func (v *vectorFile) identity(key string) *Identity {
	v.t.Helper()
	id, err := IdentityFromSeed([32]byte(v.bytes(key)))
	if err != nil {
		v.t.Fatal(err)
	}
	return id
}

// raw is a Half's key material, in wire.md's order.
func (h *Half) raw() []byte {
	f := make([]byte, 0, halfSize)
	return append(append(f, h.control[:]...), h.session[:]...)
}

var handshakeVectors = []struct {
	name string
	kind Kind
	size int
}{{"link", KindLink, FrameLong}, {"session", KindSession, BodyLong}, {"rekey", KindLink, rekeySize}}

// TestHandshakeVectors: from the randomness in the file the initiator makes message
// 1 byte for byte, and from message 2 the keys. Message 2 holds a ciphertext of the
// standard library's own randomness, so it is an input of the initiator, and the
// responder is held to its end of it by the twin (slow_test.go).
func TestHandshakeVectors(t *testing.T) {
	for _, c := range handshakeVectors {
		t.Run(c.name, func(t *testing.T) {
			v := readVector(t, "testdata/handshake_"+c.name+".txt")
			a, b, nk := v.identity("initiator seed"), v.identity("responder seed"), NetworkKey(v.bytes("network key"))
			var filter *FirstFilter
			if c.name != "rekey" {
				f := NewFirstFilter(b.Key(), c.kind, nk, nil)
				if c.name == "link" {
					f = NewFirstFilter(b.Key(), c.kind, nk, v.bytes("beacon nonce"))
				}
				filter = &f
			}
			random := bytes.NewReader(v.bytes("initiator random"))
			i, msg1, err := Initiate(random, InitiateConfig{Kind: c.kind, Identity: a, NetworkKey: nk, Peer: b.Key(), Filter: filter,
				PortNonce: [8]byte(v.bytes("initiator port nonce")), Size: c.size})
			if err != nil || random.Len() != 0 {
				t.Fatalf("%v, %d random bytes left", err, random.Len())
			}
			v.output("message 1", msg1)
			if *update {
				v.answer(c.kind, c.size, filter != nil, nk, b, msg1)
			}
			msg2 := v.bytes("message 2")
			if !i.Check(msg2) {
				t.Error("message 2 does not pass its filter")
			}
			keys, nonce, err := i.Finish(msg2)
			if err != nil || !bytes.Equal(nonce[:], v.bytes("responder port nonce")) {
				t.Fatal(err, nonce)
			}
			up, down := v.twin(c.kind, filter != nil, nk, a, b, msg1, msg2)
			same(t, "from the initiator", keys.Send, up)
			same(t, "from the responder", keys.Recv, down)
			v.output("keys from the initiator", up)
			v.output("keys from the responder", down)
			v.output("resume", keys.Resume[:])
			v.save()
		})
	}
}

// answer makes message 2 of a vector that is being rewritten.
func (v *vectorFile) answer(kind Kind, size int, filtered bool, nk NetworkKey, b *Identity, msg1 []byte) {
	r, err := Respond(bytes.NewReader(v.bytes("responder random")), RespondConfig{Kind: kind, Identity: b, NetworkKey: nk, Prefiltered: filtered,
		PortNonce: [8]byte(v.bytes("responder port nonce")), Size: size}, msg1)
	if err != nil {
		v.t.Fatal(err)
	}
	v.output("message 2", r.Message)
}

// twin derives the keys from the transcript in the slow way, and checks what
// stands in the payloads.
func (v *vectorFile) twin(kind Kind, filtered bool, nk NetworkKey, a, b *Identity, msg1, msg2 []byte) (up, down []byte) {
	v.t.Helper()
	random := v.bytes("initiator random") // ML-KEM seed 64, filter key 16, then 33 for each ephemeral tried
	kem, err := mlkem.NewDecapsulationKey768(random[:64])
	if err != nil {
		v.t.Fatal(err)
	}
	draws := v.bytes("responder random")
	private := draws[len(draws)-33 : len(draws)-1] // the last one tried
	r := slowHandshake(v.t, []string{"link", "session"}[kind], nk, b, private, kem, filtered, msg1, msg2)
	head1 := append(append([]byte{1}, v.bytes("initiator port nonce")...), random[64:80]...)
	head1 = append(head1, kem.EncapsulationKey().Bytes()...)
	head2 := append([]byte{1}, v.bytes("responder port nonce")...)
	u, _ := curve25519.X25519(a.static[:], curve25519.Basepoint)
	switch {
	case !bytes.Equal(r.static, u):
		v.t.Errorf("static key %x, want %x", r.static, u)
	case !bytes.HasPrefix(r.payload1, head1) || len(bytes.Trim(r.payload1[len(head1):], "\x00")) != 0:
		v.t.Error("payload of message 1")
	case !bytes.HasPrefix(r.payload2, head2) || len(bytes.Trim(r.payload2[9+1088:], "\x00")) != 0:
		v.t.Error("payload of message 2")
	}
	return r.up, r.down
}

// same compares a Half with key material: the raw keys, and the others by use.
func same(t *testing.T, name string, h *Half, material []byte) {
	t.Helper()
	want := newHalf(material)
	f, g := make([]byte, FrameShort), make([]byte, FrameShort)
	h.SealControl(5, f)
	want.SealControl(5, g)
	if !bytes.Equal(f, g) || !bytes.Equal(h.raw(), material[48:]) {
		t.Errorf("keys %s differ from the twin's", name)
	}
}

// TestResponderTwin: the responder's keys are the twin's as well.
func TestResponderTwin(t *testing.T) {
	s := newShake(t, KindSession, BodyLong, false)
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

// TestControlVector: a control frame of fixed keys, byte for byte.
func TestControlVector(t *testing.T) {
	v := readVector(t, "testdata/control.txt")
	h := newHalf(v.bytes("keys"))
	f := make([]byte, FrameShort)
	copy(f[offBody:], v.bytes("body"))
	h.SealControl(binary.LittleEndian.Uint64(v.bytes("counter")), f)
	v.output("frame", f)
	v.save()
}

// TestNetworkVector: what is derived from a network key and an address.
func TestNetworkVector(t *testing.T) {
	v := readVector(t, "testdata/network.txt")
	nk, k := NetworkKey(v.bytes("network key")), v.identity("responder seed").Key()
	e := nk.EtherType()
	v.output("ethertype", []byte{byte(e >> 8), byte(e)})
	m := append(make([]byte, filterSize), v.bytes("message")...)
	for name, f := range map[string]FirstFilter{
		"filter of a link":                NewFirstFilter(k, KindLink, nk, nil),
		"filter of a link with a nonce":   NewFirstFilter(k, KindLink, nk, v.bytes("beacon nonce")),
		"filter of a session":             NewFirstFilter(k, KindSession, nk, nil),
		"filter of message 2 by this key": newFilter(v.bytes("filter key")),
	} {
		f.put(m)
		v.output(name, m[:filterSize])
	}
	v.save()
}
