package node

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// spokes is a server, 0, with relays around it, 1 to n, each with an asker behind it, n+1
// to 2n.
func spokes(t testing.TB, seed uint64, n int, change func(c *Config)) (w *world, s *served) {
	w = newWorld(t, seed, 2*n+1)
	s = w.serving(0)
	serve := w.change
	w.change = func(i int, c *Config) {
		if serve(i, c); i == 0 {
			change(c)
		}
	}
	for i := 1; i <= n; i++ {
		w.lay(0, i, cableDelay)
		w.lay(i, n+i, cableDelay)
	}
	w.start()
	return w, s
}

// TestOneShotCallers: a thousand errands come, each under a name of its own, more in a
// second than a node that is not set for it would look at. Each is answered, its place is
// free at once, and in the end the server holds what it held before.
func TestOneShotCallers(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	const relays, each = 8, 125
	w, s := spokes(t, 520, relays, func(c *Config) { c.SessionRate, c.SessionBurst, c.SetupRate = 200, 200, 200 })
	server := w.members[0]
	before, answered, most := heap(), 0, 0
	for range each {
		for i := 1; i <= relays; i++ {
			got, err := w.members[relays+i].errand([]byte("way?"), nil, i, 0)
			if err != nil {
				t.Fatal(err)
			}
			w.After(20*time.Millisecond, func() {
				if answered += got.times; got.err != nil {
					t.Error(got.err)
				}
			})
		}
		for _, gap := range []time.Duration{1500 * time.Microsecond, time.Millisecond, 10 * time.Millisecond, 27500 * time.Microsecond} {
			w.Run(gap)
			most = max(most, server.Peers())
		}
	}
	w.Run(time.Second)
	if names := len(s.callers); answered != relays*each || names != relays*each {
		t.Errorf("%d answered, %d served, want %d", answered, names, relays*each)
	}
	if most > relays {
		t.Errorf("the server had %d peers at once, for %d that ask", most, relays)
	}
	w.wantNothing()
	s.callers, s.requests = nil, nil
	if grown := heap() - before; grown > 512<<10 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	fmt.Printf("server: | errands in %v | | %d answered, %d peers at most | |\n", each*40*time.Millisecond, answered, most)
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestManyNamesOfOneNeighbour: a neighbour that opens sessions under 64 names, and keeps
// them in use, has the server's guests' places only until others want them, and their
// errands are answered all the while.
func TestManyNamesOfOneNeighbour(t *testing.T) {
	const relays, places = 4, 32
	w, s := spokes(t, 521, relays, func(c *Config) { c.MaxPeers, c.SessionRate, c.SessionBurst = places, 200, 200 })
	server, foe := w.members[0], w.members[1]
	for i := range uint64(64) {
		foe.say(foe.circuit(0), w.first(server, i, true))
		w.Run(5 * time.Millisecond)
	}
	if n := server.Peers(); n != places-places/4 {
		t.Fatalf("made-up names have %d places, want %d", n, places-places/4)
	}
	stop := w.every(50*time.Millisecond, func(int) {
		for _, p := range server.order {
			p.touched = w.Now // they say something
		}
	})
	for range 10 {
		for i := 2; i <= relays; i++ {
			got, err := w.members[relays+i].errand([]byte("way?"), nil, i, 0)
			if w.Run(20 * time.Millisecond); err != nil || got.times != 1 || got.err != nil {
				t.Errorf("an errand by relay %d: %v, told %d times, %v", i, err, got.times, got.err)
			}
		}
	}
	stop()
	if len(s.callers) != 30 {
		t.Errorf("%d errands of 30 were served", len(s.callers))
	}
	for _, c := range s.callers {
		if c.Neighbour == foe.Key().Short() {
			t.Error("an errand counts as the foe's")
		}
	}
}

// TestAnswerOpensNothing: a caller that has gone without its answer causes no circuit, and
// is forgotten a while after.
func TestAnswerOpensNothing(t *testing.T) {
	w := row(t, 522, 3, cableDelay)
	var answer func(now time.Time)
	w.change = func(i int, c *Config) {
		if i == 2 {
			c.Serve = func(_ time.Time, _ Caller, _ []byte, reply func(time.Time, []byte)) {
				answer = func(now time.Time) { reply(now, make([]byte, 5000)) }
			}
		}
	}
	w.start()
	src, dst := w.ends()
	src.errand([]byte("way?"), nil, 1, 2)
	w.RunUntil(time.Second, func() bool { return answer != nil })
	w.Run(10 * time.Millisecond)
	src.host.Turn(func(now time.Time) { src.errands[0].fail(now, src.errands[0].ch, 0, 1) })
	w.Run(100 * time.Millisecond)
	dst.host.Turn(answer)
	w.Run(answerFor)
	if len(dst.way.asked) != 0 {
		t.Errorf("the server's map was asked %d times for a way to who called", len(dst.way.asked))
	}
	w.wantNothing()
}

// TestRestingPeersAreLeftAlone: callers whose sessions rest are not looked at in the turns
// of others.
func TestRestingPeersAreLeftAlone(t *testing.T) {
	w := star(t, 523, 6, nil)
	hub := w.members[0]
	for _, m := range w.members[1:] {
		w.connect(m, hub)
	}
	w.Run(2 * warmFor / 3)
	talks := w.members[1]
	for range 10 {
		w.stream(talks, hub, 20*time.Millisecond, 100*time.Millisecond, false)
		for _, m := range w.members[2:] {
			if at := hub.mate(m).next.At(); !at.IsZero() && !at.After(w.Now) {
				t.Fatalf("node %d rests and is due at %v", m.index, at)
			}
		}
	}
	w.Run(5 * time.Minute)
	if hub.Peers() != 0 {
		t.Errorf("%d peers are not forgotten", hub.Peers())
	}
}
