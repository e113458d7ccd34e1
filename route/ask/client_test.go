package ask_test

import (
	"net/netip"
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
// server that is called is not asked for, and nobody asks for himself.
func TestNear(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	for range 20 {
		if _, err := w.paths(0, 1); err != nil {
			t.Fatalf("a neighbour is not known: %v", err)
		}
	}
	w.paths(0, 16)
	w.paths(0, 0)
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

// find resolves a mesh address, as node 0 does for a packet.
func (w *town) find(ip netip.Addr) (key identity.Key, ok bool) {
	w.Nodes[0].Host.Turn(func(now time.Time) {
		w.clients[0].Resolve(now, ip, func(_ time.Time, k identity.Key, found bool) { key, ok = k, found })
	})
	w.Run(4 * time.Second)
	return key, ok
}

// TestResolve: the key of an unknown address comes with the way, by one question for both,
// and one that nobody has is not asked for again at once.
func TestResolve(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	if key, ok := w.find(w.key(48).IPv6()); !ok || key != w.key(48) {
		t.Errorf("found %v, %v", key, ok)
	}
	if _, ok := w.MustPing(0, 48, 2*time.Second); !ok {
		t.Error("the node that was found does not answer")
	}
	if got := w.segmentsAsked(16); len(got) != 1 || got[0] != w.key(48) {
		t.Errorf("asked for %v, want one question for the key and the way", got)
	}
	for range 3 {
		if _, ok := w.find(identity.Key{1, 2, 3}.IPv6()); ok {
			t.Error("found somebody who does not exist")
		}
	}
	if got := w.segmentsAsked(16); len(got) != 2 {
		t.Errorf("%d questions, want one for who does not exist", len(got)-1)
	}
	if _, ok := w.find(netip.MustParseAddr("fe80::1")); ok || len(w.segmentsAsked(16)) != 2 {
		t.Error("an address that is not of the mesh is asked for")
	}
}

// TestResolveLie: an answer that begins with somebody else has no key for the address.
func TestResolveLie(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	w.reply = func(_ int, r query.Request, honest []byte) []byte {
		if r.Op == query.OpSegments {
			return w.only(46, 45, 44, 43, 42)
		}
		return honest
	}
	if key, ok := w.find(w.key(47).IPv6()); ok {
		t.Errorf("believed %v", key)
	}
	if n := w.clients[0].N; n.Contradicted != 1 {
		t.Errorf("%+v, want 1 contradiction", n)
	}
}

// TestResolvePacket: a packet to an address whose key nobody here knows waits for the one
// answer, and arrives; so do those that follow.
func TestResolvePacket(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	src, dst := w.Nodes[0], w.Nodes[48]
	packet := make([]byte, 40)
	packet[0], packet[6], packet[7] = 6<<4, 59, 64 // no next header
	from, to := src.ID.Key().IPv6().As16(), dst.ID.Key().IPv6().As16()
	copy(packet[8:], from[:])
	copy(packet[24:], to[:])
	for range 3 {
		src.Host.Turn(func(now time.Time) { src.Packet(now, packet, nil) })
		w.Run(2 * time.Second)
	}
	if got := dst.N.PacketsIn; got != 3 {
		t.Errorf("%d packets arrived, want 3", got)
	}
	if got := w.segmentsAsked(16); len(got) != 1 {
		t.Errorf("%d questions, want 1", len(got))
	}
}

// TestResolveMany: however many addresses that nobody has are wanted, each waits three
// seconds at most, and somebody real is still found.
func TestResolveMany(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	told, late := 0, 0
	for i := range 400 {
		w.Nodes[0].Host.Turn(func(now time.Time) {
			w.clients[0].Resolve(now, identity.Key{byte(i), byte(i >> 8), 9}.IPv6(), func(end time.Time, _ identity.Key, ok bool) {
				if told++; ok || end.Sub(now) > 3100*time.Millisecond {
					late++
				}
			})
		})
		w.Run(50 * time.Millisecond)
	}
	w.Run(4 * time.Second)
	if told < 300 || late != 0 {
		t.Errorf("%d of 400 were told, %d of them late or wrongly", told, late)
	}
	w.Run(time.Minute)
	if _, ok := w.MustPing(0, 48, 30*time.Second); !ok {
		t.Error("the far corner does not answer after that")
	}
}
