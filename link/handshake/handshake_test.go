package handshake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"testing"

	"hopwire/link/identity"
)

// Sizes of messages as they are used: of a link, of a session, in a record of a link.
const (
	linkMessage    = 1440
	sessionMessage = 1400
	rekeyMessage   = 1360
)

// A shake is one handshake under test.
type shake struct {
	a, b  *identity.Identity
	va    byte // their versions
	vb    byte
	kind  Kind
	nk    identity.NetworkKey
	size  int
	rekey bool
	r     *mrand.ChaCha8
}

func newShake(t testing.TB, kind Kind, size int, rekey bool) *shake {
	return &shake{a: testIdentity(t, 1), b: testIdentity(t, 2), kind: kind, nk: identity.NetworkKey{5}, size: size, rekey: rekey, r: mrand.NewChaCha8([32]byte{3})}
}

func (s *shake) filter() *FirstFilter {
	if s.rekey {
		return nil
	}
	f := NewFirstFilter(s.b.Key(), s.kind, s.nk, nil)
	return &f
}

func (s *shake) initiate(t testing.TB) (*Initiation, []byte) {
	i, m, err := Initiate(s.r, InitiateConfig{Kind: s.kind, Version: s.va, Identity: s.a, NetworkKey: s.nk, Peer: s.b.Key(), Filter: s.filter(), PortNonce: [8]byte{1}, Size: s.size})
	if err != nil || len(m) != s.size {
		t.Fatalf("message 1 of %d bytes, %v", len(m), err)
	}
	return i, m
}

func (s *shake) respond(m []byte) (*Response, error) {
	return Respond(s.r, RespondConfig{Kind: s.kind, Version: s.vb, Identity: s.b, NetworkKey: s.nk, Prefiltered: !s.rekey, PortNonce: [8]byte{2}, Size: s.size}, m)
}

func TestHandshake(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  Kind
		size  int
		rekey bool
	}{{"link", KindLink, linkMessage, false}, {"session", KindSession, sessionMessage, false}, {"rekey", KindLink, rekeyMessage, true}} {
		t.Run(c.name, func(t *testing.T) {
			s := newShake(t, c.kind, c.size, c.rekey)
			i, m1 := s.initiate(t)
			if f := s.filter(); f != nil && !f.Check(m1) {
				t.Fatal("message 1 does not pass its filter")
			}
			r, err := s.respond(m1)
			if err != nil || r.Peer != s.a.Key() || r.PortNonce != [8]byte{1} || len(r.Message) != c.size {
				t.Fatalf("%+v, %v", r, err)
			}
			if !i.Check(r.Message) {
				t.Fatal("message 2 does not pass its filter")
			}
			k, nonce, err := i.Finish(r.Message)
			if err != nil || nonce != [8]byte{2} {
				t.Fatal(err, nonce)
			}
			agree(t, k, r.Keys)
		})
	}
}

// agree: each end sends under the secrets by which the other receives, and all are
// the same.
func agree(t *testing.T, a, b *Keys) {
	t.Helper()
	if a.Send != b.Recv || a.Recv != b.Send || a.Resume != b.Resume || a.Send == a.Recv {
		t.Error("keys differ")
	}
	if send, recv := a.Session(); send != a.Send.Session || recv != a.Recv.Session {
		t.Error("a session has other keys than its secrets")
	}
}

// TestHandshakeDestroyed: every changed byte and every truncation of either message
// ends it. There is no filter in front: the handshake itself must notice. What the
// initiator refuses leaves its state alone, so the true answer still counts.
func TestHandshakeDestroyed(t *testing.T) {
	s := newShake(t, KindLink, rekeyMessage, true)
	i, m1 := s.initiate(t)
	r, err := s.respond(m1)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range destroyed(m1) {
		if _, err := s.respond(bad.message); !errors.Is(err, ErrHandshake) {
			t.Errorf("message 1, %s: %v", bad.name, err)
		}
	}
	for _, bad := range destroyed(r.Message) {
		if _, _, err := i.Finish(bad.message); !errors.Is(err, ErrHandshake) {
			t.Errorf("message 2, %s: %v", bad.name, err)
		}
	}
	k, _, err := i.Finish(r.Message)
	if err != nil {
		t.Fatalf("the true message 2 after broken ones: %v", err)
	}
	agree(t, k, r.Keys)
}

type damage struct {
	name    string
	message []byte
}

// destroyed lists a rekey message with each byte changed (but not the two free bits
// of the representative: TestFreeBitsAreBound), and cut at and lengthened to each
// place.
func destroyed(m []byte) (all []damage) {
	for n := range m {
		bad := bytes.Clone(m)
		bad[n] ^= 1 << (n % 8)
		if n == 31 {
			bad[n] = m[n] ^ 1
		}
		all = append(all, damage{fmt.Sprintf("byte %d changed", n), bad}, damage{fmt.Sprintf("%d bytes", n), m[:n]})
	}
	return append(all, damage{"a byte more", append(bytes.Clone(m), 0)})
}

// TestFilters: every changed bit and every truncation of either message is stopped
// by its filter, which costs no public-key work.
func TestFilters(t *testing.T) {
	s := newShake(t, KindLink, linkMessage, false)
	i, m1 := s.initiate(t)
	r, err := s.respond(m1)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		check   func([]byte) bool
		message []byte
	}{"message 1": {s.filter().Check, bytes.Clone(m1)}, "message 2": {i.Check, r.Message}} {
		t.Run(name, func(t *testing.T) {
			if !c.check(c.message) {
				t.Fatal("the message itself does not pass")
			}
			for n := range 8 * len(c.message) {
				if c.message[n/8] ^= 1 << (n % 8); c.check(c.message) {
					t.Fatalf("bit %d may change", n)
				}
				c.message[n/8] ^= 1 << (n % 8)
			}
			for n := range c.message {
				if c.check(c.message[:n]) {
					t.Fatalf("%d bytes pass", n)
				}
			}
		})
	}
	if i.Check(m1) || s.filter().Check(r.Message) {
		t.Error("one message passes the filter of the other")
	}
}

// TestRoom: the bytes that are free in each message, from the sizes of its parts:
// filter, e, the sealed static key (message 1), version, port nonce, filter key
// (message 1), ML-KEM, seal.
func TestRoom(t *testing.T) {
	const (
		parts1 = 32 + (32 + 16) + 1 + 8 + 16 + 1184 + 16
		parts2 = 32 + 1 + 8 + 1088 + 16
	)
	if MinSize != parts1 {
		t.Errorf("message 1 takes %d, want %d", MinSize, parts1)
	}
	for _, c := range []struct {
		name                string
		size, filter        int
		room1, room2, inner int // inner: what a payload of message 1 has
	}{{"link", linkMessage, 16, 119, 279, 1328}, {"session", sessionMessage, 16, 79, 239, 1288}, {"rekey", rekeyMessage, 0, 55, 215, 1264}} {
		if got := c.size - c.filter - parts1; got != c.room1 {
			t.Errorf("%s: message 1 has room for %d, want %d", c.name, got, c.room1)
		}
		if got := c.size - c.filter - parts2; got != c.room2 {
			t.Errorf("%s: message 2 has room for %d, want %d", c.name, got, c.room2)
		}
		if got := c.size - c.filter - MinSize + offPadding1; got != c.inner {
			t.Errorf("%s: payload of %d, want %d", c.name, got, c.inner)
		}
	}
}

// TestSeenHash: it names e with its free bits, and nothing behind it.
func TestSeenHash(t *testing.T) {
	_, m := newShake(t, KindLink, linkMessage, false).initiate(t)
	want := SeenHash(m)
	for n := range m {
		m[n] ^= 0x80
		if inside := n >= offEphemeral && n < offSecret; (SeenHash(m) != want) != inside {
			t.Errorf("byte %d: changes the hash: %v", n, !inside)
		}
		m[n] ^= 0x80
	}
	for n := range offSecret {
		if SeenHash(m[:n]) != 0 {
			t.Errorf("%d bytes have a hash", n)
		}
	}
}

// TestFreeBitsAreBound: the top bits of a representative do not change the point, so
// Noise cannot notice; the keys differ.
func TestFreeBitsAreBound(t *testing.T) {
	for _, c := range []struct{ in1, in2 byte }{{0x40, 0}, {0x80, 0}, {0xc0, 0}, {0, 0x40}, {0, 0x80}, {0, 0xc0}} {
		s := newShake(t, KindLink, rekeyMessage, true)
		i, m1 := s.initiate(t)
		changed := bytes.Clone(m1)
		changed[31] ^= c.in1
		r, err := s.respond(changed)
		if err != nil {
			t.Fatal(err)
		}
		r.Message[31] ^= c.in2
		k, _, err := i.Finish(r.Message)
		if err != nil {
			t.Fatal(err)
		}
		a, b := k.Send, r.Keys.Recv
		if a.Header == b.Header || a.Mask == b.Mask || a.Control == b.Control || a.Session == b.Session || k.Resume == r.Keys.Resume {
			t.Errorf("%+v goes unnoticed", c)
		}
	}
}

func TestHandshakeStrangers(t *testing.T) {
	s := newShake(t, KindLink, linkMessage, false)
	_, m1 := s.initiate(t)
	for name, c := range map[string]RespondConfig{
		"other network key": {Kind: KindLink, Identity: s.b, NetworkKey: identity.NetworkKey{6}, Prefiltered: true, Size: linkMessage},
		"other kind":        {Kind: KindSession, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: linkMessage},
		"other responder":   {Kind: KindLink, Identity: testIdentity(t, 9), NetworkKey: s.nk, Prefiltered: true, Size: linkMessage},
		"not allowed":       {Kind: KindLink, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: linkMessage, Allow: func(identity.Key) bool { return false }},
	} {
		if _, err := Respond(s.r, c, m1); err == nil {
			t.Errorf("%s: answered", name)
		}
		if f := NewFirstFilter(c.Identity.Key(), c.Kind, c.NetworkKey, nil); f.Check(m1) != (name == "not allowed") {
			t.Errorf("%s: filter", name)
		}
	}
	if f := NewFirstFilter(s.b.Key(), KindLink, s.nk, []byte("12345678")); f.Check(m1) {
		t.Error("a message without the beacon's nonce passes the filter with it")
	}
}

// counted counts the bytes that are drawn.
type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}

// TestRefusedEarly: the allow list is asked once, about the initiator, and neither
// a refused message nor a broken one costs an ephemeral key.
func TestRefusedEarly(t *testing.T) {
	s := newShake(t, KindLink, linkMessage, false)
	_, m1 := s.initiate(t)
	bad := bytes.Clone(m1)
	bad[len(bad)-1] ^= 1
	for _, c := range []struct {
		name    string
		message []byte
		allow   bool
		want    error
		asked   int
	}{{"allowed", m1, true, nil, 1}, {"refused", m1, false, ErrRefused, 1}, {"broken", bad, true, ErrHandshake, 0}, {"short", m1[:100], true, ErrHandshake, 0}} {
		t.Run(c.name, func(t *testing.T) {
			asked, r := 0, &counted{Reader: s.r}
			allow := func(k identity.Key) bool {
				if asked++; k != s.a.Key() || r.n != 0 {
					t.Errorf("asked about %v after %d bytes drawn", k, r.n)
				}
				return c.allow
			}
			_, err := Respond(r, RespondConfig{Kind: KindLink, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: linkMessage, Allow: allow}, c.message)
			if !errors.Is(err, c.want) || asked != c.asked || (r.n > 0) != (c.want == nil) {
				t.Errorf("%v, asked %d times, %d bytes drawn; want %v, %d", err, asked, r.n, c.want, c.asked)
			}
		})
	}
}

// TestNoRandomness: whoever lacks randomness says so and sends nothing.
func TestNoRandomness(t *testing.T) {
	s := newShake(t, KindLink, linkMessage, false)
	_, m1 := s.initiate(t)
	for _, n := range []int{0, 10, 79, 80, 100} {
		r := bytes.NewReader(make([]byte, n))
		if _, m, err := Initiate(r, InitiateConfig{Identity: s.a, Peer: s.b.Key(), Filter: s.filter(), Size: linkMessage}); err == nil || m != nil {
			t.Errorf("message 1 from %d random bytes", n)
		}
	}
	c := RespondConfig{Kind: KindLink, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: linkMessage}
	if r, err := Respond(bytes.NewReader(nil), c, m1); !errors.Is(err, io.EOF) || r != nil {
		t.Errorf("%v, %v", r, err)
	}
}

// TestLowOrder: representatives of 0 and 1 never reach a DH.
func TestLowOrder(t *testing.T) {
	s := newShake(t, KindLink, rekeyMessage, true)
	m := make([]byte, rekeyMessage)
	if _, err := s.respond(m); err == nil {
		t.Error("an all-zero message is answered")
	}
}

// TestHandshakeLooksRandom: both halves of every byte of both messages are uniform.
func TestHandshakeLooksRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("draws many samples")
	}
	s := newShake(t, KindLink, linkMessage, false)
	const n = 320
	var counts [2][2 * linkMessage][16]int
	for range n {
		_, m1 := s.initiate(t)
		r, err := s.respond(m1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range m1 {
			for m, b := range [2]byte{m1[i], r.Message[i]} {
				counts[m][2*i][b&15]++
				counts[m][2*i+1][b>>4]++
			}
		}
	}
	for m := range counts {
		for i := range counts[m] {
			x := 0.0
			for _, c := range counts[m][i] {
				d := float64(c) - n/16
				x += d * d / (n / 16)
			}
			if x > 70 { // 15 degrees of freedom: p < 5e-9, 5,760 tests
				t.Errorf("message %d byte %d, half %d: χ² = %.0f", m+1, i/2, i%2, x)
			}
		}
	}
}

func FuzzRespond(f *testing.F) {
	s := newShake(f, KindLink, rekeyMessage, true)
	_, m1 := s.initiate(f)
	f.Add(m1)
	f.Add([]byte{})
	free := bytes.Clone(m1)
	free[31] ^= 0xc0
	f.Add(free)
	f.Fuzz(func(t *testing.T, m []byte) {
		r, err := s.respond(m)
		if err != nil {
			return
		}
		if m = bytes.Clone(m); len(m) == len(m1) { // the two free bits may differ
			m[31] = m[31]&0x3f | m1[31]&0xc0
		}
		if !bytes.Equal(m, m1) {
			t.Fatalf("answered %v", r.Peer)
		}
	})
}

func BenchmarkFirstFilter(b *testing.B) {
	f, m := NewFirstFilter(identity.Key{}, KindLink, identity.NetworkKey{}, nil), make([]byte, linkMessage)
	b.ReportAllocs()
	for range b.N {
		if f.Check(m) {
			b.Fatal("passes")
		}
	}
}
