package node

import (
	"slices"
	"testing"
	"time"

	"hopwire/hop"
)

// TestWarmNeedsTrafficAndASecondWay: who sends keeps a second circuit when the map
// has a second way, and who only answers keeps none.
func TestWarmNeedsTrafficAndASecondWay(t *testing.T) {
	w := diamond(t, 30)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	w.stream(src, dst, 100*time.Millisecond, 5*time.Second, true)
	src.wantOwn(dst, "active", []int{1, 3})
	dst.wantOwn(src, "active")
	src.way.ways[3] = [][]int{{1, 3}, {2, 3}}
	w.stream(src, dst, 100*time.Millisecond, 4*time.Second, true)
	src.wantOwn(dst, "warm") // it looks again every ten seconds
	w.stream(src, dst, 100*time.Millisecond, 2*time.Second, true)
	src.wantOwn(dst, "warm", []int{2, 3})
	dst.wantOwn(src, "active")
	dst.wantOwn(src, "warm")
	w.wantAll(src, dst)
}

// TestNoWarmWithoutTraffic: a second way that turns up when there has been no traffic
// for a minute is left alone, until there is some.
func TestNoWarmWithoutTraffic(t *testing.T) {
	w := diamond(t, 31)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	w.Run(61 * time.Second)
	src.way.ways[3] = [][]int{{1, 3}, {2, 3}}
	asked := len(src.way.asked)
	w.Run(30 * time.Second)
	src.wantOwn(dst, "active", []int{1, 3})
	src.wantOwn(dst, "warm")
	if n := len(src.way.asked) - asked; n != 0 || src.N.Joins != 0 {
		t.Errorf("the map was asked for ways %d times, %d circuits joined, want none", n, src.N.Joins)
	}
	src.send(dst, 1)
	w.Run(2 * time.Second)
	src.wantOwn(dst, "warm", []int{2, 3})
}

// TestKeepAlives: on a warm circuit there is a frame every 45 seconds, and no other.
func TestKeepAlives(t *testing.T) {
	w := diamond(t, 32)
	src, dst := w.ends()
	w.connect(src, dst)
	w.stream(src, dst, 100*time.Millisecond, time.Second, false)
	src.wantOwn(dst, "warm", []int{2, 3})
	var at []time.Time
	relay := w.members[2].id.Key()
	dst.atEnd = func(now time.Time, end *hop.Terminal, _ []byte) bool {
		if end.From() == relay {
			at = append(at, now)
		}
		return false
	}
	begun := w.Now
	w.stream(src, dst, 500*time.Millisecond, 200*time.Second, false)
	if len(at) != 4 || at[0].Sub(begun) > 46*time.Second {
		t.Fatalf("%d frames in 200 s, want 4", len(at))
	}
	if got := gaps(at); !about(got, 10*time.Millisecond, 45*time.Second, 45*time.Second, 45*time.Second) {
		t.Errorf("frames on the warm circuit after %v, want 45 s", got)
	}
}

// TestRestEndsCircuits: without traffic the warm circuit goes after a minute and the
// other after two, at every node; then the peer is forgotten.
func TestRestEndsCircuits(t *testing.T) {
	w := diamond(t, 33)
	src, dst := w.ends()
	w.connect(src, dst)
	w.stream(src, dst, 100*time.Millisecond, time.Second, false)
	rests := w.Now
	w.Run(59800 * time.Millisecond)
	src.wantOwn(dst, "warm", []int{2, 3})
	if closed := func() bool { return len(src.own(dst, "warm")) == 0 }; !w.RunUntil(250*time.Millisecond, closed) {
		t.Error("the warm circuit is still there after a minute")
	}
	src.wantOwn(dst, "active", []int{1, 3})
	w.Run(rests.Add(119800 * time.Millisecond).Sub(w.Now))
	src.wantOwn(dst, "active", []int{1, 3})
	w.Run(200 * time.Millisecond)
	src.wantOwn(dst, "active")
	w.Run(time.Second)
	for _, m := range w.members {
		if used, _ := m.Circuits.Load(); used != 0 || m.index == 0 && m.Peers() != 0 {
			t.Errorf("node %d: %d circuits, %d peers are left", m.index, used, m.Peers())
		}
	}
	if len(src.way.failed) != 0 {
		t.Errorf("the map was told %+v, want nothing", src.way.failed)
	}
}

// TestForgottenPeersLeaveNothing: an end whose peer rests forgets it, its tokens too.
func TestForgottenPeersLeaveNothing(t *testing.T) {
	w := diamond(t, 34)
	src, dst := w.ends()
	w.connect(src, dst)
	w.stream(src, dst, 100*time.Millisecond, time.Second, true)
	w.Run(5 * time.Minute)
	for _, m := range []*member{src, dst} {
		if m.Peers() != 0 || len(m.tokens) != 0 || len(m.byIP) != 0 || len(m.waits) != 0 {
			t.Errorf("node %d: %d peers, %d tokens, %d addresses, %d questions are left", m.index, m.Peers(), len(m.tokens), len(m.byIP), len(m.waits))
		}
	}
	w.connect(src, dst)
}

// TestRenewal: a circuit is renewed after ten minutes, a fifth more or less, without
// a packet lost or late; the old one stays for three seconds more.
func TestRenewal(t *testing.T) {
	w := diamond(t, 35)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	begun := w.Now
	var ages []time.Duration
	for len(ages) < 4 && w.Now.Sub(begun) < time.Hour {
		n := src.N.Renewals
		w.stream(src, dst, 500*time.Millisecond, 500*time.Millisecond, true)
		if src.N.Renewals != n {
			ages = append(ages, w.Now.Sub(begun))
			begun = w.Now
			src.wantOwn(dst, "old", []int{1, 3})
			w.stream(src, dst, 20*time.Millisecond, 2500*time.Millisecond, true)
			src.wantOwn(dst, "old", []int{1, 3})
			w.stream(src, dst, 20*time.Millisecond, 600*time.Millisecond, true)
			src.wantOwn(dst, "old")
		}
	}
	if len(ages) != 4 || slices.Min(ages) < 8*time.Minute || slices.Max(ages) > 12*time.Minute+time.Second || slices.Max(ages)-slices.Min(ages) < 10*time.Second {
		t.Errorf("renewed after %v, want eight to twelve minutes", ages)
	}
	w.wantAll(src, dst)
	w.wantAll(dst, src)
}

// TestAsksWithTrafficOnly: the RTT is asked for once a second while there is traffic,
// and else as often as a circuit that rests is kept alive.
func TestAsksWithTrafficOnly(t *testing.T) {
	w := newDiamond(t, 36)
	w.lane(0, 1).Delay, w.lane(1, 3).Delay = 10*time.Millisecond, 15*time.Millisecond
	w.start()
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	ch := src.mate(dst).active
	w.Run(5 * time.Second)
	before := ch.asked
	w.stream(src, dst, 50*time.Millisecond, 30*time.Second, false)
	if n := ch.asked - before; n < 29 || n > 31 {
		t.Errorf("%d questions in 30 s with traffic, want 30", n)
	}
	if rtt := ch.srtt; rtt < 50*time.Millisecond || rtt > 51*time.Millisecond {
		t.Errorf("the RTT is %v, want 50 ms", rtt)
	}
	w.Run(3 * time.Second)
	before = ch.asked
	w.Run(100 * time.Second)
	if n := ch.asked - before; n < 1 || n > 3 {
		t.Errorf("%d questions in 100 s without traffic, want one in 45 s", n)
	}
}

// TestBetterWayAtTheMapsWord: that the other way is quicker moves nothing. When the
// map prefers it, traffic moves within five seconds, and no packet is lost.
func TestBetterWayAtTheMapsWord(t *testing.T) {
	w := newDiamond(t, 37)
	w.lay(0, 3, cableDelay)
	w.lane(0, 1).Delay = 30 * time.Millisecond
	w.start()
	src, dst := w.ends()
	w.connect(src, dst)
	w.stream(src, dst, 50*time.Millisecond, 32*time.Second, false)
	src.wantOwn(dst, "active", []int{1, 3})
	src.wantOwn(dst, "warm", []int{2, 3})
	src.way.swap(3)
	w.stream(src, dst, 50*time.Millisecond, 5100*time.Millisecond, false)
	src.wantOwn(dst, "active", []int{2, 3}) // the warm one
	src.wantOwn(dst, "warm", []int{1, 3})
	src.way.ways[3] = [][]int{{3}, {1, 3}}
	w.stream(src, dst, 50*time.Millisecond, 5100*time.Millisecond, false)
	src.wantOwn(dst, "active", []int{3}) // a new one
	w.wantAll(src, dst)
	if src.N.Moves != 0 || len(src.way.failed) != 0 {
		t.Errorf("%d moves, the map was told %+v, want nothing", src.N.Moves, src.way.failed)
	}
}

// TestWarmCircuitsObeyLoad: a relay that was full gets no new warm circuit before it
// is light again, and one that is full loses those it has. What is in use stays.
func TestWarmCircuitsObeyLoad(t *testing.T) {
	w := diamond(t, 38)
	src, dst := w.ends()
	w.connect(src, dst)
	for _, step := range []struct {
		name string
		load hop.Load
		warm int
	}{
		{"light", hop.LoadLight, 1},
		{"busy", hop.LoadBusy, 1}, // what it has may stay
		{"full", hop.LoadFull, 0},
		{"busy after full", hop.LoadBusy, 0},
		{"light again", hop.LoadLight, 1},
	} {
		src.way.load[2], src.way.load[1] = step.load, hop.LoadFull
		w.stream(src, dst, 100*time.Millisecond, 16*time.Second, false)
		src.wantOwn(dst, "active", []int{1, 3})
		if n := len(src.own(dst, "warm")); n != step.warm {
			t.Errorf("%s: %d warm circuits, want %d", step.name, n, step.warm)
		}
	}
	w.wantAll(src, dst)
}
