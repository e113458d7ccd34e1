package node

import (
	"slices"
	"testing"
	"time"

	"hopwire/hop"
)

// line4 is 0, 1, 2, 3 in a row, and 4 beside it: the first way from 0 to 3 is along
// the row, the second over 4. Node 3 is the last hop of both.
func line4(t testing.TB, seed uint64, delay time.Duration) *world {
	w := newWorld(t, seed, 5)
	for _, k := range [][2]int{{0, 1}, {1, 2}, {2, 3}, {0, 4}, {3, 4}} {
		w.lay(k[0], k[1], delay)
	}
	w.members[0].way.ways[3] = [][]int{{1, 2, 3}, {4, 3}}
	w.start()
	return w
}

// pause is the longest time without a packet at a node since a moment.
func (m *member) pause(since time.Time) (most time.Duration) {
	for _, a := range m.got {
		if a.at.After(since) {
			most, since = max(most, a.at.Sub(since)), a.at
		}
	}
	return max(most, m.w.Now.Sub(since))
}

// TestSilentWayMoves: a way falls silent, and nobody says so. The packets after the
// time of patience leave by the warm circuit: 400 ms, or twice the RTT and 200 ms.
func TestSilentWayMoves(t *testing.T) {
	for _, c := range []struct {
		name     string
		delay    time.Duration // of a cable
		patience time.Duration
	}{
		{"short", 200 * time.Microsecond, 400 * time.Millisecond},
		{"long", 50 * time.Millisecond, 2*6*50*time.Millisecond + 200*time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := line4(t, 50, c.delay)
			src, dst := w.members[0], w.members[3]
			w.connect(src, dst)
			w.stream(src, dst, 10*time.Millisecond, 4*time.Second, true)
			src.wantOwn(dst, "warm", []int{4, 3})
			w.lane(2, 3).Cut = silent
			cut := w.Now
			w.stream(src, dst, 10*time.Millisecond, 2500*time.Millisecond, true)
			src.wantOwn(dst, "active", []int{4, 3})
			// The answers under way still come; the first packet over the other way takes two cables.
			got, least := dst.pause(cut.Add(c.delay)), c.patience
			if most := least + 6*c.delay + 30*time.Millisecond; got < least || got > most {
				t.Errorf("nothing arrived for %v, want %v to %v", got, least, most)
			}
			if src.N.Moves != 1 {
				t.Errorf("moved %d times, want once", src.N.Moves)
			}
		})
	}
}

// TestSilentWayIsGivenUp: the far end of a circuit says nothing, and the traffic has
// moved. When it answers again the circuit is used as before; when it stays silent
// for three seconds more, it is given up, and the map is told.
func TestSilentWayIsGivenUp(t *testing.T) {
	for _, back := range []bool{true, false} {
		w := line4(t, 51, cableDelay)
		src, dst := w.members[0], w.members[3]
		w.connect(src, dst)
		w.stream(src, dst, 10*time.Millisecond, time.Second, false)
		dst.atEnd = func(_ time.Time, end *hop.Terminal, _ []byte) bool { return end.From() == w.members[2].Key() }
		w.stream(src, dst, 10*time.Millisecond, 500*time.Millisecond, false)
		src.wantOwn(dst, "active", []int{4, 3})
		src.wantOwn(dst, "warm", []int{1, 2, 3})
		w.stream(src, dst, 10*time.Millisecond, 1500*time.Millisecond, false)
		if back {
			dst.atEnd = nil
		}
		w.stream(src, dst, 10*time.Millisecond, 1300*time.Millisecond, false)
		if src.wantOwn(dst, "warm", []int{1, 2, 3}); len(src.way.failed) != 0 {
			t.Errorf("the map was told %+v too soon", src.way.failed)
		}
		w.stream(src, dst, 10*time.Millisecond, time.Second, false)
		f := src.way.failed
		if back && (len(f) != 0 || src.N.Joins != 1) {
			t.Errorf("the way is back, and the map was told %+v, %d circuits joined", f, src.N.Joins)
		}
		if !back && (len(f) == 0 || !slices.Equal(f[0].way, []int{1, 2, 3}) || f[0].hop != 2 || f[0].why != hop.ReasonTimeout) {
			t.Errorf("the map was told %+v, want hop 2, no answer", f)
		}
	}
}

// TestBrokenWayMovesAtOnce: a hop says that the circuit is broken. The next packet
// leaves by the warm circuit, and the map hears which hop has failed.
func TestBrokenWayMovesAtOnce(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to int // the link that goes, seen by from
		hop      int
	}{
		{"our own link", 0, 1, 0},
		{"first relay", 1, 2, 1},
		{"second relay", 2, 3, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := line4(t, 52, 10*time.Millisecond)
			src, dst := w.members[0], w.members[3]
			w.connect(src, dst)
			w.stream(src, dst, 5*time.Millisecond, time.Second, true)
			src.wantOwn(dst, "warm", []int{4, 3})
			src.way.onFailed = func(failure) { src.way.ways[3] = [][]int{{4, 3}} }
			w.unplug(c.from, c.to)
			word := time.Duration(c.from) * 10 * time.Millisecond
			w.stream(src, dst, 5*time.Millisecond, word+time.Millisecond, true)
			src.wantOwn(dst, "active", []int{4, 3})
			w.stream(src, dst, 5*time.Millisecond, 100*time.Millisecond, true)
			if len(src.way.failed) != 1 || src.way.failed[0].hop != c.hop || src.way.failed[0].why != hop.ReasonLinkDown || !slices.Equal(src.way.failed[0].way, []int{1, 2, 3}) {
				t.Errorf("the map was told %+v, want hop %d, link down", src.way.failed, c.hop)
			}
			if src.N.Moves != 1 {
				t.Errorf("moved %d times, want once", src.N.Moves)
			}
		})
	}
}

// TestBrokenWithoutWarm: there was no second way, so there is no warm circuit. When
// the map knows one after the failure, it is opened at once.
func TestBrokenWithoutWarm(t *testing.T) {
	const delay = 10 * time.Millisecond
	w := line4(t, 53, delay)
	src, dst := w.members[0], w.members[3]
	src.way.ways[3] = [][]int{{1, 2, 3}}
	src.way.onFailed = func(failure) { src.way.ways[3] = [][]int{{4, 3}} }
	w.connect(src, dst)
	w.stream(src, dst, 5*time.Millisecond, time.Second, false)
	src.wantOwn(dst, "warm")
	w.unplug(1, 2)
	cut := w.Now
	w.stream(src, dst, 5*time.Millisecond, 300*time.Millisecond, false)
	src.wantOwn(dst, "active", []int{4, 3})
	// The word takes one cable, the opening over two cables three times as long.
	if got, most := dst.pause(cut.Add(2*delay)), 10*time.Millisecond+(1+3*2)*delay; got > most {
		t.Errorf("nothing arrived for %v, want %v at most", got, most)
	}
	if n := src.N.QueueFull; n != 0 {
		t.Errorf("%d packets had no place to wait", n)
	}
}

// TestSilentWithoutWarm: the far end of the one circuit says nothing, and the last look
// for a second way was a moment ago. The map knows one by now: it takes the place of the
// first at once, whose end has not been given up yet.
func TestSilentWithoutWarm(t *testing.T) {
	for _, since := range []time.Duration{1500 * time.Millisecond, 9 * time.Second} { // the look
		w := line4(t, 54, cableDelay)
		src, dst := w.members[0], w.members[3]
		src.way.ways[3] = [][]int{{1, 2, 3}}
		w.connect(src, dst)
		w.stream(src, dst, 10*time.Millisecond, since, false)
		src.wantOwn(dst, "warm")
		src.way.ways[3] = [][]int{{1, 2, 3}, {4, 3}}
		dst.atEnd = func(_ time.Time, end *hop.Terminal, _ []byte) bool { return end.From() == w.members[2].Key() }
		w.stream(src, dst, 10*time.Millisecond, 700*time.Millisecond, false)
		src.wantOwn(dst, "active", []int{4, 3})
		src.wantOwn(dst, "old", []int{1, 2, 3})
		if len(src.way.failed) != 0 || src.N.Renewals != 1 {
			t.Errorf("the map was told %+v, %d circuits took the place of another; want nothing, and one", src.way.failed, src.N.Renewals)
		}
	}
}

// TestSilentAndNoOtherWay: while a circuit is silent and the map knows no other way, it
// is asked for one each second, not each turn.
func TestSilentAndNoOtherWay(t *testing.T) {
	w := line4(t, 55, cableDelay)
	src, dst := w.members[0], w.members[3]
	src.way.ways[3] = [][]int{{1, 2, 3}}
	w.connect(src, dst)
	w.stream(src, dst, 10*time.Millisecond, 500*time.Millisecond, false)
	dst.atEnd = func(time.Time, *hop.Terminal, []byte) bool { return true }
	asked := len(src.way.asked)
	w.stream(src, dst, 10*time.Millisecond, 3*time.Second, false)
	if n := len(src.way.asked) - asked; n < 2 || n > 4 {
		t.Errorf("the map was asked %d times in 3 s, want once a second", n)
	}
}

// TestBetterWayDoesNotHideAMissingOne: the look for a better path finds none, and in the
// same turn a warm circuit is opened that was missing.
func TestBetterWayDoesNotHideAMissingOne(t *testing.T) {
	w := diamond(t, 56)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	src.way.ways[3] = [][]int{{1, 3}, {2, 3}}
	p := src.mate(dst)
	p.warmAt, p.checkAt = w.Now, w.Now
	src.host.Turn(func(now time.Time) {
		if p.ensure(now); p.opening == nil {
			t.Error("nothing is being opened")
		}
	})
	w.Run(500 * time.Millisecond)
	src.wantOwn(dst, "warm", []int{2, 3})
}

// TestSpoiledFramesOfLate: eight frames in a row that fail their tag close a circuit.
// One every five seconds does not, however long: bits flip on any cable in the end.
func TestSpoiledFramesOfLate(t *testing.T) {
	for _, c := range []struct {
		gap    time.Duration
		frames int
		closed bool
	}{{5 * time.Second, 40, false}, {time.Millisecond, spoiledMost, true}, {time.Millisecond, spoiledMost - 1, false}} {
		w := diamond(t, 57)
		src, dst := w.ends()
		src.way.ways[3] = [][]int{{1, 3}}
		w.connect(src, dst)
		spoil := false
		ch, end := src.mate(dst).active, dst.mate(src).terminals[0]
		src.atSource = func(_ time.Time, _ *hop.Circuit, body []byte) bool {
			if spoil {
				body[0] ^= 1
			}
			spoil = false
			return false
		}
		for range c.frames {
			spoil = true
			dst.host.Turn(func(now time.Time) { end.add(now, recordAlive) })
			w.Run(c.gap)
			ch.unanswered, src.mate(dst).used = time.Time{}, w.Now // it is not silent, and has traffic
		}
		if ch.closed != c.closed {
			t.Errorf("%d frames, one in %v: closed is %v, want %v", c.frames, c.gap, ch.closed, c.closed)
		}
		if c.closed && (len(src.way.failed) != 1 || src.way.failed[0].why != hop.ReasonSpoiled) {
			t.Errorf("the map was told %+v, want spoiled", src.way.failed)
		}
	}
}
