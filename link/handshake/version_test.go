package handshake

import (
	"errors"
	"fmt"
	"testing"
)

// TestVersions: two nodes of versions 1 to 4 shake hands if they are at most one
// apart, and both then speak the older one.
func TestVersions(t *testing.T) {
	const none = 0
	want := [4][4]byte{{1, 1, none, none}, {1, 2, 2, none}, {none, 2, 3, 3}, {none, none, 3, 4}}
	for _, h := range handshakeVectors {
		for a, row := range want {
			for b, v := range row {
				t.Run(fmt.Sprintf("%s %d %d", h.name, a+1, b+1), func(t *testing.T) {
					s := newShake(t, h.kind, h.size, h.name == "rekey")
					s.va, s.vb = byte(a+1), byte(b+1)
					i, m1 := s.initiate(t)
					r, err := s.respond(m1)
					if v == none {
						if !errors.Is(err, ErrVersion) || r != nil {
							t.Errorf("%+v, %v", r, err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					k, _, err := i.Finish(r.Message)
					if err != nil || k.Version != v || r.Keys.Version != v {
						t.Fatalf("version %d and %d, want %d; %v", k.Version, r.Keys.Version, v, err)
					}
					agree(t, k, r.Keys)
				})
			}
		}
	}
}

// TestZeroVersion: a configuration that names no version speaks the constant.
func TestZeroVersion(t *testing.T) {
	for _, v := range [][2]byte{{0, Version}, {Version, 0}, {0, 0}} {
		s := newShake(t, KindLink, rekeyMessage, true)
		s.va, s.vb = v[0], v[1]
		i, m1 := s.initiate(t)
		r, err := s.respond(m1)
		if err != nil {
			t.Fatal(err)
		}
		if k, _, err := i.Finish(r.Message); err != nil || k.Version != Version || r.Keys.Version != Version {
			t.Errorf("%v: %+v, %v", v, k, err)
		}
	}
}

// TestEveryVersionByte: whatever the other end writes, a node of version 2 takes 1,
// 2 and 3 of an initiator and only 1 and 2 of a responder, which has seen its own.
func TestEveryVersionByte(t *testing.T) {
	s := newShake(t, KindLink, rekeyMessage, true)
	s.va, s.vb = 2, 2
	u, _ := s.b.Key().X25519()
	i, true1 := s.initiate(t)
	for v := range 256 {
		// message 1 with any version, and all else in order
		n := newNoise(prologue(s.kind, s.nk), s.a, s.nk, u)
		payload := make([]byte, rekeyMessage-MinSize+offPadding1)
		payload[offVersion] = byte(v)
		copy(payload[offEncaps:], i.kem.EncapsulationKey().Bytes())
		m, err := n.write1(s.r, payload)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.respond(m)
		if v >= 1 && v <= 3 {
			if err != nil || r.Keys.Version != min(2, byte(v)) {
				t.Errorf("message 1 of version %d: %v", v, err)
			}
		} else if !errors.Is(err, ErrVersion) {
			t.Errorf("message 1 of version %d: %v", v, err)
		}

		// message 2 likewise
		b := newNoise(prologue(s.kind, s.nk), s.b, s.nk, [32]byte(public(s.b)))
		if _, err := b.read1(true1); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, rekeyMessage-noise2Size)
		answer[offVersion] = byte(v)
		if m, err = b.write2(s.r, answer); err != nil {
			t.Fatal(err)
		}
		copied, state := *i, *i.noise // Finish uses it up
		copied.noise = &state
		k, _, err := copied.Finish(m)
		if v == 1 || v == 2 {
			if err != nil || k.Version != byte(v) {
				t.Errorf("message 2 of version %d: %v", v, err)
			}
		} else if !errors.Is(err, ErrVersion) || k != nil {
			t.Errorf("message 2 of version %d: %v", v, err)
		}
	}
}
