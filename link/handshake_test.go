package link

import (
	"bytes"
	"errors"
	"io"
	mrand "math/rand/v2"
	"testing"
)

// A shake is one handshake under test.
type shake struct {
	a, b  *Identity
	kind  Kind
	nk    NetworkKey
	size  int
	rekey bool
	r     *mrand.ChaCha8
}

func newShake(t testing.TB, kind Kind, size int, rekey bool) *shake {
	return &shake{a: testIdentity(t, 1), b: testIdentity(t, 2), kind: kind, nk: NetworkKey{5}, size: size, rekey: rekey, r: mrand.NewChaCha8([32]byte{3})}
}

func (s *shake) filter() *FirstFilter {
	if s.rekey {
		return nil
	}
	f := NewFirstFilter(s.b.Key(), s.kind, s.nk, nil)
	return &f
}

func (s *shake) initiate(t testing.TB) (*Initiation, []byte) {
	i, m, err := Initiate(s.r, InitiateConfig{Kind: s.kind, Identity: s.a, NetworkKey: s.nk, Peer: s.b.Key(), Filter: s.filter(), PortNonce: [8]byte{1}, Size: s.size})
	if err != nil || len(m) != s.size {
		t.Fatalf("message 1 of %d bytes, %v", len(m), err)
	}
	return i, m
}

func (s *shake) respond(m []byte) (*Response, error) {
	return Respond(s.r, RespondConfig{Kind: s.kind, Identity: s.b, NetworkKey: s.nk, Prefiltered: !s.rekey, PortNonce: [8]byte{2}, Size: s.size}, m)
}

func TestHandshake(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  Kind
		size  int
		rekey bool
	}{{"link", KindLink, FrameLong, false}, {"session", KindSession, BodyLong, false}, {"rekey", KindLink, rekeySize, true}} {
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

// agree: what one end seals the other opens, and all secrets are the same.
func agree(t *testing.T, a, b *Keys) {
	t.Helper()
	as, ar := a.Session()
	bs, br := b.Session()
	if as != br || ar != bs || a.Resume != b.Resume || as == ar {
		t.Error("session keys differ")
	}
	f := make([]byte, FrameShort)
	a.Send.Seal(7, Header{1, 2, 3}, f)
	if c := b.Recv.Counter(f); c != 7 {
		t.Errorf("counter %d, want 7", c)
	}
	if h, ok := b.Recv.Open(7, f); !ok || h != (Header{1, 2, 3}) {
		t.Errorf("%+v %v", h, ok)
	}
}

// TestHandshakeDestroyed: any changed byte ends it, with the filter recomputed or not.
func TestHandshakeDestroyed(t *testing.T) {
	s := newShake(t, KindLink, rekeySize, true) // no filter: the handshake itself must notice
	_, m1 := s.initiate(t)
	for n := 0; n < len(m1); n += 7 {
		bad := bytes.Clone(m1)
		bad[n] ^= 1 << (n % 8)
		if n == 31 {
			bad[n] = m1[n] ^ 1 // the two top bits are free, but bound by the keys
		}
		if _, err := s.respond(bad); err == nil {
			t.Errorf("byte %d of message 1 may change", n)
		}
	}
	for n := 0; n < len(m1); n += 13 {
		if _, err := s.respond(m1[:n]); err == nil {
			t.Errorf("message 1 may have %d bytes", n)
		}
	}
	for n := 0; n < rekeySize; n += 61 {
		i, m1 := s.initiate(t)
		r, err := s.respond(m1)
		if err != nil {
			t.Fatal(err)
		}
		r.Message[n] ^= 1 << (n % 6)
		if _, _, err := i.Finish(r.Message); err == nil {
			t.Errorf("byte %d of message 2 may change", n)
		}
	}
}

// TestFreeBitsAreBound: the top bits of a representative do not change the point,
// but they change the keys.
func TestFreeBitsAreBound(t *testing.T) {
	s := newShake(t, KindLink, rekeySize, true)
	i, m1 := s.initiate(t)
	m1[31] ^= 0x80
	changed := bytes.Clone(m1)
	m1[31] ^= 0x80
	r, err := s.respond(changed)
	if err != nil {
		return // refused outright is as good
	}
	k, _, err := i.Finish(r.Message)
	if err == nil && k.Resume == r.Keys.Resume {
		t.Error("a changed free bit goes unnoticed")
	}
}

func TestHandshakeStrangers(t *testing.T) {
	s := newShake(t, KindLink, FrameLong, false)
	_, m1 := s.initiate(t)
	for name, c := range map[string]RespondConfig{
		"other network key": {Kind: KindLink, Identity: s.b, NetworkKey: NetworkKey{6}, Prefiltered: true, Size: FrameLong},
		"other kind":        {Kind: KindSession, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: FrameLong},
		"other responder":   {Kind: KindLink, Identity: testIdentity(t, 9), NetworkKey: s.nk, Prefiltered: true, Size: FrameLong},
		"not allowed":       {Kind: KindLink, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: FrameLong, Allow: func(Key) bool { return false }},
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
	s := newShake(t, KindLink, FrameLong, false)
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
			allow := func(k Key) bool {
				if asked++; k != s.a.Key() || r.n != 0 {
					t.Errorf("asked about %v after %d bytes drawn", k, r.n)
				}
				return c.allow
			}
			_, err := Respond(r, RespondConfig{Kind: KindLink, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: FrameLong, Allow: allow}, c.message)
			if !errors.Is(err, c.want) || asked != c.asked || (r.n > 0) != (c.want == nil) {
				t.Errorf("%v, asked %d times, %d bytes drawn; want %v, %d", err, asked, r.n, c.want, c.asked)
			}
		})
	}
}

// TestNoRandomness: whoever lacks randomness says so and sends nothing.
func TestNoRandomness(t *testing.T) {
	s := newShake(t, KindLink, FrameLong, false)
	_, m1 := s.initiate(t)
	for _, n := range []int{0, 10, 79, 80, 100} {
		r := bytes.NewReader(make([]byte, n))
		if _, m, err := Initiate(r, InitiateConfig{Identity: s.a, Peer: s.b.Key(), Filter: s.filter(), Size: FrameLong}); err == nil || m != nil {
			t.Errorf("message 1 from %d random bytes", n)
		}
	}
	c := RespondConfig{Kind: KindLink, Identity: s.b, NetworkKey: s.nk, Prefiltered: true, Size: FrameLong}
	if r, err := Respond(bytes.NewReader(nil), c, m1); !errors.Is(err, io.EOF) || r != nil {
		t.Errorf("%v, %v", r, err)
	}
}

// TestLowOrder: representatives of 0 and 1 never reach a DH.
func TestLowOrder(t *testing.T) {
	s := newShake(t, KindLink, rekeySize, true)
	m := make([]byte, rekeySize)
	if _, err := s.respond(m); err == nil {
		t.Error("an all-zero message is answered")
	}
}

// TestHandshakeLooksRandom: every byte position of both messages is uniform.
func TestHandshakeLooksRandom(t *testing.T) {
	s := newShake(t, KindLink, FrameLong, false)
	const n = 320
	var counts [2][FrameLong][16]int
	for range n {
		_, m1 := s.initiate(t)
		r, err := s.respond(m1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range m1 {
			counts[0][i][m1[i]>>4]++
			counts[1][i][r.Message[i]>>4]++
		}
	}
	for m := range counts {
		for i := range counts[m] {
			x := 0.0
			for _, c := range counts[m][i] {
				d := float64(c) - n/16
				x += d * d / (n / 16)
			}
			if x > 60 { // 15 degrees of freedom: p < 2e-7, 2,880 tests
				t.Errorf("message %d byte %d: χ² = %.0f", m+1, i, x)
			}
		}
	}
}

func FuzzRespond(f *testing.F) {
	s := newShake(f, KindLink, rekeySize, true)
	_, m1 := s.initiate(f)
	f.Add(m1)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, m []byte) {
		if r, err := s.respond(m); err == nil && !bytes.Equal(m, m1) {
			t.Fatalf("answered %v", r.Peer)
		}
	})
}
