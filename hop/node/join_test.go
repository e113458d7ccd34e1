package node

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"hopwire/link"
)

// TestWarmCircuitJoins: the second circuit to a peer opens by a token: neither end
// does public-key work for its session.
func TestWarmCircuitJoins(t *testing.T) {
	w := diamond(t, 20)
	src, dst := w.ends()
	w.connect(src, dst)
	jobs := src.host.Worked[link.ClassHandshake] + dst.host.Worked[link.ClassHandshake]
	w.stream(src, dst, 20*time.Millisecond, time.Second, true)
	src.wantOwn(dst, "active", []int{1, 3})
	src.wantOwn(dst, "warm", []int{2, 3})
	for _, m := range []*member{src, dst} {
		if m.N.Joins != 1 || m.N.Handshakes != 1 {
			t.Errorf("node %d: %d joins, %d handshakes, want one each", m.index, m.N.Joins, m.N.Handshakes)
		}
	}
	if more := src.host.Worked[link.ClassHandshake] + dst.host.Worked[link.ClassHandshake] - jobs; more != 0 {
		t.Errorf("%d jobs of public-key work for the second circuit, want none", more)
	}
}

// TestTokensAreUsedOnce: the end takes any of the next four tokens. One that was used
// is void, and so are those before it; a forged join uses up nothing; and the source
// makes no fifth before it has heard that the end follows.
func TestTokensAreUsedOnce(t *testing.T) {
	w := diamond(t, 21)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	var bodies [][]byte
	for range 4 {
		bodies = append(bodies, src.mate(dst).resume.next(src.Node).body)
	}
	if src.mate(dst).resume.next(src.Node) != nil {
		t.Error("a fifth token before the end has answered")
	}
	forged := bytes.Clone(bodies[3])
	forged[len(forged)-1] ^= 1
	for _, step := range []struct {
		name       string
		body       []byte
		joins, bad uint64
	}{
		{"the second", bodies[1], 1, 0},
		{"the second again", bodies[1], 1, 1},
		{"the first", bodies[0], 1, 2},
		{"the fourth, forged", forged, 1, 3},
		{"the third", bodies[2], 2, 3},
		{"the fourth", bodies[3], 3, 3},
		{"the fourth again", bodies[3], 3, 4},
	} {
		if src.stranger(step.body, 2, 3); dst.N.Joins != step.joins || dst.N.BadFirst != step.bad {
			t.Fatalf("%s: %d joins, %d bad first frames, want %d and %d", step.name, dst.N.Joins, dst.N.BadFirst, step.joins, step.bad)
		}
	}
}

// TestJoinIsRefusedAfterRestart: the far end restarts, and the circuit in use is
// silent. It does not know the token of the next; a full handshake follows.
func TestJoinIsRefusedAfterRestart(t *testing.T) {
	w := diamond(t, 22)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	w.stream(src, dst, 20*time.Millisecond, time.Second, false)
	w.lane(1, 3).Down = true
	old := w.members[2].to(3)
	dst.boot()
	if !w.RunUntil(300*time.Millisecond, func() bool { l := w.members[2].to(3); return l != nil && l != old }) {
		t.Fatal("the end's neighbour does not see that it restarted")
	}
	src.way.ways[3] = [][]int{{1, 3}, {2, 3}}
	src.mate(dst).warmAt = w.Now
	s := dst.listen(false)
	dst.got = nil
	begun := w.Now
	for w.Now.Sub(begun) < 10*time.Second && len(dst.got) == 0 {
		w.stream(src, dst, 20*time.Millisecond, 20*time.Millisecond, false)
	}
	if dst.N.BadFirst == 0 || dst.N.Joins != 0 || dst.N.Handshakes != 1 {
		t.Errorf("the end: %d bad first frames, %d joins, %d handshakes; want a join refused, then a full handshake", dst.N.BadFirst, dst.N.Joins, dst.N.Handshakes)
	}
	if len(s.first) != 2 || len(dst.got) == 0 {
		t.Errorf("%d circuits came to the end, %d packets, want two circuits", len(s.first), len(dst.got))
	}
}

// TestRefusedJoinEndsTheSecret: the circuit in use stands, but the end has forgotten
// the tokens. The join of the second circuit has no answer; then it shakes hands.
func TestRefusedJoinEndsTheSecret(t *testing.T) {
	w := diamond(t, 25)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	w.stream(src, dst, 100*time.Millisecond, time.Second, true)
	dst.mate(src).tokens.clear(dst.Node)
	src.way.ways[3] = [][]int{{1, 3}, {2, 3}}
	w.stream(src, dst, 100*time.Millisecond, 20*time.Second, true)
	src.wantOwn(dst, "active", []int{1, 3})
	src.wantOwn(dst, "warm", []int{2, 3})
	if dst.N.Joins != 0 || dst.N.Handshakes != 2 || dst.N.BadFirst == 0 {
		t.Errorf("%d joins, %d handshakes, %d bad first frames; want a join refused and a second handshake", dst.N.Joins, dst.N.Handshakes, dst.N.BadFirst)
	}
}

// TestTokensNeverRepeat: the secret moves on at each use, so no token is ever seen
// twice, and the end needs no public-key work however often circuits are replaced.
func TestTokensNeverRepeat(t *testing.T) {
	w := newDiamond(t, 23)
	w.change = func(_ int, c *Config) { c.CircuitLife = time.Hour }
	w.lay(0, 3, cableDelay)
	src, dst := w.ends()
	delete(dst.way.ways, 0)
	w.start()
	s := dst.listen(false)
	w.connect(src, dst)
	ways := [][]int{{1, 3}, {2, 3}, {3}}
	for i := range 20 {
		w.stream(src, dst, 100*time.Millisecond, 6*time.Second, false)
		src.way.ways[3] = slices.Concat(ways[i%3:], ways[:i%3])
	}
	if dst.N.Handshakes != 1 || dst.N.Joins < 10 || int(dst.N.Joins) != len(s.first)-1 {
		t.Errorf("%d handshakes and %d joins on %d circuits, want one handshake and ten joins", dst.N.Handshakes, dst.N.Joins, len(s.first))
	}
	seen := map[string]bool{}
	for i, b := range s.first[1:] {
		if token := string(b[:16]); seen[token] {
			t.Errorf("the token of circuit %d was seen before", i+1)
		} else {
			seen[token] = true
		}
	}
	w.wantAll(src, dst)
}

// TestRenewalShakesHands: the circuit that takes the place of an old one brings a
// full handshake, and so a new secret; the warm one joins under it.
func TestRenewalShakesHands(t *testing.T) {
	w := newDiamond(t, 24)
	w.change = func(_ int, c *Config) { c.CircuitLife = 20 * time.Second }
	w.start()
	src, dst := w.ends()
	delete(dst.way.ways, 0)
	w.connect(src, dst)
	w.stream(src, dst, 50*time.Millisecond, 15*time.Second, true)
	if src.N.Handshakes != 1 || src.N.Joins != 1 {
		t.Fatalf("%d handshakes and %d joins before the first renewal, want 1 and 1", src.N.Handshakes, src.N.Joins)
	}
	w.stream(src, dst, 50*time.Millisecond, 10*time.Second, true)
	if src.N.Renewals != 1 || src.N.Handshakes != 2 || dst.N.Handshakes != 2 {
		t.Errorf("%d renewals, %d handshakes at the source and %d at the end, want 1, 2, 2", src.N.Renewals, src.N.Handshakes, dst.N.Handshakes)
	}
}
