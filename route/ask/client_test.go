package ask_test

import (
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route/ask"
	"hopwire/route/query"
)

// TestFar: a node that nobody near knows is reached by one question, and the answer is
// used for what follows.
func TestFar(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	if _, err := w.clients[0].Map.Paths(w.Now, w.key(48), 1); err != hop.ErrUnknown {
		t.Fatalf("the far corner is known: %v", err)
	}
	if rtt, ok := w.MustPing(0, 48, 2*time.Second); !ok {
		t.Fatalf("no answer of the far corner within two seconds (%v)", rtt)
	}
	for range 10 {
		w.MustPing(0, 48, time.Second)
		w.Run(10 * time.Second)
	}
	paths, err := w.paths(0, 48)
	if err != nil || len(paths) != 2 || len(paths[0].Hops) != 12 {
		t.Errorf("paths %v, %v; want two, the first with 12 hops", paths, err)
	}
	shared := 0
	for _, h := range paths[0].Hops[:11] {
		for _, g := range paths[1].Hops {
			if h.Key == g.Key {
				shared++
			}
		}
	}
	if shared > 1 {
		t.Errorf("the two ways share %d relays", shared)
	}
	if got := w.segmentsAsked(16); len(got) != 1 {
		t.Errorf("%d questions, want 1", len(got))
	}
	if n := w.clients[0].N; n.Answered != 1 || n.Contradicted != 0 {
		t.Errorf("counters %+v", n)
	}
}

// TestNear: who is known is asked for as who is not, once, and is reached meanwhile; a
// server that is called is not asked for.
func TestNear(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	for range 20 {
		if _, err := w.paths(0, 1); err != nil {
			t.Fatalf("a neighbour is not known: %v", err)
		}
	}
	w.paths(0, 16)
	w.Run(5 * time.Second)
	if got := w.segmentsAsked(16); len(got) != 1 || got[0] != w.key(1) {
		t.Errorf("asked for %v, want %v once", got, w.key(1))
	}
}

// TestAllFits: while the vicinity has room nothing is ever asked, not even for who does
// not exist.
func TestAllFits(t *testing.T) {
	w := newTown(t, 5, 25, 12)
	w.start(20 * time.Second)
	stranger := w.Add()
	for i := range 25 {
		w.MustPing(0, i, time.Second)
		w.Nodes[i].Host.Turn(func(now time.Time) { w.clients[i].Paths(now, stranger.ID.Key(), 1) })
		w.Nodes[i].Host.Turn(func(now time.Time) {
			w.clients[i].Resolve(now, stranger.ID.Key().IPv6(), func(time.Time, identity.Key, bool) {})
		})
	}
	w.Run(time.Minute)
	for _, r := range w.asked[12] {
		if r.Op != query.OpOffer && r.Op != query.OpGive {
			t.Errorf("a question in a mesh that everybody knows all of: op %d", r.Op)
		}
	}
}

// TestBucket: however many destinations are wanted at once, twelve are asked for, and then
// six a minute.
func TestBucket(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	for to := 1; to < 49; to++ {
		w.paths(0, to)
	}
	w.Run(10 * time.Second)
	at := len(w.segmentsAsked(16))
	if at < ask.Burst || at > ask.Burst+3 {
		t.Errorf("%d questions at once, want %d", at, ask.Burst)
	}
	w.Run(3 * time.Minute)
	if got := len(w.segmentsAsked(16)) - at; got < 12 || got > 26 {
		t.Errorf("%d questions in three minutes, want about 18", got)
	}
	seen := map[identity.Key]bool{}
	for _, key := range w.segmentsAsked(16) {
		if seen[key] {
			t.Errorf("%v was asked for twice", key)
		}
		seen[key] = true
	}
}

// TestUnused: an answer that nobody uses is forgotten, and its nodes with it; one that is
// used is asked for anew before it is too old, and never lost.
func TestUnused(t *testing.T) {
	w := newTown(t, 5, 9, 12)
	w.start(20 * time.Second)
	before := w.Nodes[0].Map.Len()
	w.paths(0, 24)
	w.paths(0, 4)
	w.Run(5 * time.Second)
	if got := w.Nodes[0].Map.Len(); got <= before {
		t.Fatalf("nothing of the answers is kept")
	}
	for i := range 12 * 90 { // 90 minutes
		w.Run(5 * time.Second)
		if _, err := w.paths(0, 24); err != nil {
			t.Fatalf("lost after %d s: %v", 5*i, err)
		}
	}
	if _, err := w.clients[0].Map.Paths(w.Now, w.key(4), 1); err != hop.ErrUnknown {
		t.Errorf("what is not used is still known: %v", err)
	}
	if got := len(w.segmentsAsked(12)); got < 4 || got > 5 { // 24 at 0, 30 to 45, 60 to 90; 4 once
		t.Errorf("%d questions in 90 minutes, want 4 or 5", got)
	}
}

// TestLookup: an unknown address is found when a server knows whose it is, a packet to it
// waits for that, and a key from which the address does not follow is not believed.
func TestLookup(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	lie := false
	w.reply = func(_ int, r query.Request, honest []byte) []byte {
		if lie && r.Op == query.OpLookup {
			k := w.key(3)
			return append([]byte{0}, k[:]...)
		}
		return honest
	}
	find := func(ip identity.Key) (key identity.Key, ok bool) {
		w.Nodes[0].Host.Turn(func(now time.Time) {
			w.clients[0].Resolve(now, ip.IPv6(), func(_ time.Time, k identity.Key, found bool) { key, ok = k, found })
		})
		w.Run(4 * time.Second)
		return key, ok
	}
	if key, ok := find(w.key(48)); !ok || key != w.key(48) {
		t.Errorf("found %v, %v", key, ok)
	}
	if _, ok := find(identity.Key{1, 2, 3}); ok {
		t.Error("found somebody who does not exist")
	}
	lie = true
	if key, ok := find(w.key(47)); ok {
		t.Errorf("believed %v", key)
	}
	if got := w.clients[0].N.Contradicted; got != 1 {
		t.Errorf("%d contradictions, want 1", got)
	}
}
