package ask_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/call"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/ask"
	"hopwire/route/query"
)

// only is an answer that has some nodes' announcements alone, in this order.
func (w *town) only(nodes ...int) []byte {
	raws, ages := w.known(w.Now)
	list := []byte{0}
	for _, i := range nodes {
		id := w.key(i).Short()
		list = query.AppendAnnouncement(list, raws[id], ages[id])
	}
	return list
}

// TestLiars: whatever the first server answers, the second is asked and the destination
// found; what cannot be an honest answer keeps its server from being asked for ten
// minutes.
func TestLiars(t *testing.T) {
	w := newTown(t, 7, 30, 16, 24)
	w.start(13 * time.Minute)
	old := w.honest(w.Now, query.Request{Op: query.OpSegments, To: w.key(48).IPv6()})
	w.Run(14 * time.Minute) // all have announced again since, ten minutes ago
	for _, c := range []struct {
		name  string
		asker int
		to    int
		lie   func(honest []byte) []byte
		fault route.Fault
		slow  time.Duration
	}{
		{"a map of old, its ages true", 0, 48, func([]byte) []byte { return old }, route.FaultStale, 0},
		{"a way that leaves out a shorter one", 1, 10, func([]byte) []byte { return w.only(10, 17, 16, 15, 8) }, route.FaultOmitted, 0},
		{"a way to somebody else", 2, 48, func([]byte) []byte { return w.only(41, 34, 27) }, route.FaultMissing, 0},
		{"the destination without a way", 7, 48, func([]byte) []byte { return w.only(48) }, route.FaultMissing, 0},
		{"who is near is unknown", 8, 9, func([]byte) []byte { return []byte{byte(query.StatusUnknown)} }, route.FaultMissing, 0},
		{"noise", 9, 48, func([]byte) []byte { return append([]byte{0}, bytes.Repeat([]byte{7, 1}, 999)...) }, route.FaultFormat, 0},
		{"nothing", 14, 48, func([]byte) []byte { return []byte{} }, route.FaultFormat, 0},
		{"as much as a call can carry", 15, 48, func([]byte) []byte { return make([]byte, call.Max) }, route.FaultFormat, 9 * time.Second},
		{"a forged announcement", 10, 48, func(honest []byte) []byte {
			forged := slices.Clone(honest)
			r, _ := query.ParseResponse(query.OpSegments, forged)
			raw, _, _ := r.Announcements.Next()
			raw[len(raw)-1] ^= 1
			return forged
		}, route.FaultSignature, 0},
		{"too busy", 3, 48, func([]byte) []byte { return []byte{byte(query.StatusRefused)} }, 0, 0},
		{"who is far is unknown", 17, 48, func([]byte) []byte { return []byte{byte(query.StatusUnknown)} }, 0, 0},
		{"silence", 21, 48, func([]byte) []byte { return nil }, 0, 7 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			liar, asked := -1, 0
			w.reply = func(server int, r query.Request, honest []byte) []byte {
				if r.Op != query.OpSegments {
					return honest
				}
				if asked++; liar < 0 {
					liar = server
				}
				if liar == server {
					return c.lie(honest)
				}
				return honest
			}
			w.paths(c.asker, c.to)
			w.Run(max(c.slow, 3*time.Second))
			if p, err := w.paths(c.asker, c.to); err != nil {
				t.Errorf("not found: %v, %v", p, err)
			}
			if asked != 2 {
				t.Errorf("%d questions, want 2: to both servers", asked)
			}
			for _, s := range w.clients[c.asker].ServerList(w.Now) {
				isLiar := s.Key == w.key(liar)
				if avoided := s.Avoided; isLiar && (avoided > 5*time.Minute) != (c.fault != 0) || !isLiar && avoided > 0 {
					t.Errorf("%+v is avoided for %v, liar: %v", s, avoided, isLiar)
				}
				if isLiar && s.Why != c.fault {
					t.Errorf("fault %d, want %d", s.Why, c.fault)
				}
			}
		})
	}
}

// TestLiarAvoided: a liar is not asked while another server is there, for ten minutes at
// first and then for twice as long.
func TestLiarAvoided(t *testing.T) {
	w := newTown(t, 5, 12, 6, 12)
	w.start(20 * time.Second)
	liar := -1
	w.reply = func(server int, r query.Request, honest []byte) []byte {
		if r.Op != query.OpSegments {
			return honest
		}
		if liar < 0 {
			liar = server
		}
		if liar == server {
			return []byte{}
		}
		return honest
	}
	for _, round := range []time.Duration{10 * time.Minute, 20 * time.Minute} {
		began := w.Now
		w.paths(0, 24)
		w.Run(5 * time.Second)
		had := len(w.segmentsAsked(liar))
		for range round/time.Minute - 1 {
			w.paths(0, 16+int(w.Now.Unix()/60%8))
			w.Run(time.Minute)
		}
		if got := len(w.segmentsAsked(liar)) - had; got != 0 {
			t.Errorf("asked %d times in %v", got, round)
		}
		for len(w.segmentsAsked(liar)) == had && w.Now.Sub(began) < 2*round+time.Hour {
			for to := range 24 {
				w.paths(0, to)
			}
			w.Run(time.Minute)
		}
		if got := len(w.segmentsAsked(liar)) - had; got == 0 {
			t.Errorf("never asked again after %v", round)
		}
	}
}

// TestRefusedKeys: a server whose answers have onion keys that their owners do not take (a
// map of old, said to be young) is a liar when that is three of ten, and three at least.
func TestRefusedKeys(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	near := map[identity.Key]bool{}
	for _, k := range w.Nodes[0].Map.Known(w.Now) {
		near[k.Key] = true
	}
	w.paths(0, 48)
	w.Run(3 * time.Second)
	paths, err := w.paths(0, 48)
	if err != nil {
		t.Fatal(err)
	}
	c, refused := w.clients[0], 0
	for _, p := range paths {
		for i := range p.Hops {
			if c.N.Contradicted == 0 && !near[p.Hops[i].Key] {
				refused++
			}
			c.Failed(w.Now, p, i, hop.ReasonRefused)
		}
	}
	if refused < 3 || refused > 7 || c.N.Contradicted == 0 {
		t.Errorf("%d contradictions, after %d refused keys of an answer", c.N.Contradicted, refused)
	}
}

// TestServersDown: when no server answers, circuits stay, what is near is reached, and so
// is what an answer has told.
func TestServersDown(t *testing.T) {
	w := newTown(t, 5, 9, 12)
	w.start(20 * time.Second)
	if _, ok := w.MustPing(0, 24, 3*time.Second); !ok {
		t.Fatal("the far corner does not answer")
	}
	down := w.Now
	w.reply = func(int, query.Request, []byte) []byte { return nil }
	for w.Now.Sub(down) < 25*time.Minute {
		for _, to := range []int{24, 2, 6} {
			if _, ok := w.MustPing(0, to, 2*time.Second); !ok {
				t.Fatalf("%d does not answer %v after the servers", to, w.Now.Sub(down))
			}
		}
		w.Run(20 * time.Second)
	}
	if got := len(w.segmentsAsked(12)); got > 3+3*10 {
		t.Errorf("%d questions to a server that answers none", got)
	}
}

// TestLeaf: beside the server, a node with another way asks by that: its own link to the
// server carries no question. One that has no other way does not ask.
func TestLeaf(t *testing.T) {
	w := newTown(t, 7, 20, 16)
	w.start(20 * time.Second)
	for _, asker := range []int{15, 9, 17, 23} { // the neighbours of the server
		w.paths(asker, 48)
		w.paths(asker, 42)
	}
	w.Run(5 * time.Second)
	if got := len(w.segmentsAsked(16)); got < 8 {
		t.Errorf("%d questions, want 8", got)
	}
	for i, from := range w.from[16] {
		for _, asker := range []int{15, 9, 17, 23} {
			if op := w.asked[16][i].Op; from.Key == w.key(asker) && op != query.OpOffer && op != query.OpGive {
				t.Errorf("question %d is under the name of node %d", i, asker)
			}
		}
	}
	for _, asker := range []int{15, 9, 17, 23} {
		for _, s := range w.clients[asker].ServerList(w.Now) {
			if len(s.Way) < 1+ask.Least || s.NoDetour {
				t.Errorf("node %d asks over %d relays", asker, len(s.Way)-1)
			}
		}
	}
}
