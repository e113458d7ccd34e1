package node

import (
	"bytes"
	"errors"
	mrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/linktest"
)

// gaps are the times between moments.
func gaps(at []time.Time) (all []time.Duration) {
	for i := 1; i < len(at); i++ {
		all = append(all, at[i].Sub(at[i-1]))
	}
	return all
}

// about: they are the wanted times, not more than slack later.
func about(got []time.Duration, slack time.Duration, want ...time.Duration) bool {
	return slices.EqualFunc(got, want, func(g, w time.Duration) bool { return g >= w && g <= w+slack })
}

// TestOpenTakesOneRoundTrip: the handshake follows the set-up at once, and the packet
// that waited follows the answer: it arrives one round trip and a way after it was sent.
func TestOpenTakesOneRoundTrip(t *testing.T) {
	const delay = 20 * time.Millisecond
	w := newWorld(t, 1, 3)
	w.lay(0, 1, delay)
	w.lay(1, 2, delay)
	src, dst := w.ends()
	src.way.ways[2] = [][]int{{1, 2}}
	w.start()
	begun := w.Now
	w.connect(src, dst)
	if d, want := w.Now.Sub(begun), 3*2*delay; d < want || d > want+time.Millisecond {
		t.Errorf("the first packet took %v, want %v: a round trip and a way", d, want)
	}
	if src.N.Handshakes != 1 || dst.N.Handshakes != 1 {
		t.Errorf("%d handshakes at the source, %d at the end, want 1 each", src.N.Handshakes, dst.N.Handshakes)
	}
}

// TestFirstFrameIsRepeated: to an end that says nothing the first frame goes eight
// times within four seconds, with the same body; then the map is told, and the next
// way is taken.
func TestFirstFrameIsRepeated(t *testing.T) {
	w := diamond(t, 2)
	src, dst := w.ends()
	s := dst.listen(true)
	src.send(dst, 1)
	w.Run(3990 * time.Millisecond)
	var want []time.Duration
	for i, gap := 0, 300*time.Millisecond; i < 7; i, gap = i+1, gap+gap/5 {
		want = append(want, gap)
	}
	if got := gaps(s.at); !about(got, time.Millisecond, want...) {
		t.Errorf("the first frame came after gaps of %v, want %v", got, want)
	}
	for i, b := range s.bodies {
		if !bytes.Equal(b, s.bodies[0]) {
			t.Errorf("repetition %d has another body", i)
		}
	}
	src.wantOwn(dst, "opening", []int{1, 3})
	dst.atEnd = nil
	w.Run(100 * time.Millisecond)
	src.wantOwn(dst, "active", []int{2, 3})
	if len(src.way.failed) != 1 || !slices.Equal(src.way.failed[0].way, []int{1, 3}) || src.way.failed[0].hop != 1 || src.way.failed[0].why != hop.ReasonTimeout {
		t.Errorf("the map was told %+v, want the last hop of 1, 3: no answer", src.way.failed)
	}
	w.wantAll(src, dst)
}

// TestAnswerIsRepeated: the answers to the first frame are lost twice. The same first
// frame gets the same answer, and the end works it out once.
func TestAnswerIsRepeated(t *testing.T) {
	w := diamond(t, 3)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	before := dst.host.Worked[link.ClassHandshake] // for its links
	var answers [][]byte
	src.atSource = func(_ time.Time, _ *hop.Circuit, body []byte) bool {
		answers = append(answers, bytes.Clone(body))
		return len(answers) < 3
	}
	src.send(dst, 1)
	w.Run(900 * time.Millisecond)
	if len(answers) < 3 || !bytes.Equal(answers[0], answers[1]) || !bytes.Equal(answers[0], answers[2]) {
		t.Errorf("%d answers, want three that are the same", len(answers))
	}
	if jobs := dst.host.Worked[link.ClassHandshake] - before; jobs != 1 || dst.N.Handshakes != 1 || dst.N.BadFirst != 0 {
		t.Errorf("the end did %d jobs for %d handshakes and took %d first frames for bad, want 1, 1, 0", jobs, dst.N.Handshakes, dst.N.BadFirst)
	}
	w.wantAll(src, dst)
}

// TestWantSaysWhy: who asks for a circuit hears that the address is not known or that
// there is no way, and nothing once there is one.
func TestWantSaysWhy(t *testing.T) {
	w := diamond(t, 4)
	src, dst := w.ends()
	want := func(why error) {
		t.Helper()
		w.Run(4 * time.Second) // the longest time between two looks
		var got error
		src.host.Turn(func(now time.Time) { got = src.Want(now, dst.id.Key()) })
		if !errors.Is(got, why) {
			t.Errorf("got %v, want %v", got, why)
		}
	}
	delete(src.way.ways, 3)
	want(hop.ErrUnknown)
	src.way.ways[3] = nil
	want(hop.ErrNoPath)
	src.way.ways[3] = [][]int{{1, 3}}
	w.Run(4 * time.Second)
	want(nil)
	src.wantOwn(dst, "active", []int{1, 3})
}

// TestNoRoomForPeers: a table that is full of peers in use has no place for another.
func TestNoRoomForPeers(t *testing.T) {
	w := newDiamond(t, 5)
	w.change = func(_ int, c *Config) { c.MaxPeers = 1 }
	w.members[0].way.ways[2] = [][]int{{2}}
	w.start()
	src, dst := w.ends()
	w.connect(src, dst)
	var got error
	src.host.Turn(func(now time.Time) { got = src.Want(now, w.members[2].id.Key()) })
	if !errors.Is(got, hop.ErrTooMany) || src.Peers() != 1 || src.N.NoRoom != 1 {
		t.Errorf("got %v, want %v; %d peers, %d without room", got, hop.ErrTooMany, src.Peers(), src.N.NoRoom)
	}
}

// TestOpeningBacksOff: each way fails after four seconds, and the next is tried at
// once; when all have, the time in between doubles from half a second to four.
func TestOpeningBacksOff(t *testing.T) {
	w := diamond(t, 6)
	src, dst := w.ends()
	s := dst.listen(true)
	begun := w.Now
	for w.Now.Sub(begun) < 45*time.Second {
		src.send(dst, 1)
		w.Run(50 * time.Millisecond)
	}
	want := []time.Duration{4000, 4000, 4500, 5000, 6000, 8000, 8000}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if got := gaps(s.begun); !about(got, 60*time.Millisecond, want...) {
		t.Errorf("openings began after %v, want %v", got, want)
	}
	for i, f := range src.way.failed {
		if want := []int{1, 2}[i%2]; f.way[0] != want {
			t.Errorf("opening %d went over %d, want %d: the ways take turns", i, f.way[0], want)
		}
	}
}

// TestNoWayBacksOff: where the map knows no way it is asked less and less often, and
// after the fourth time who waited is told.
func TestNoWayBacksOff(t *testing.T) {
	w := diamond(t, 7)
	src, dst := w.ends()
	src.way.ways[3] = nil
	src.send(dst, 1)
	w.Run(18 * time.Second)
	want := []time.Duration{500, 500, 500, 1000, 2000, 4000, 4000, 4000}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if got := gaps(src.way.asked); !about(got, 60*time.Millisecond, want...) {
		t.Errorf("the map was asked after %v, want %v", got, want)
	}
	if src.refused != 1 {
		t.Errorf("%d senders were told, want 1", src.refused)
	}
}

// TestFullRelayIsSpared: a relay whose table is full refuses a circuit. It is asked
// again after two seconds, half as much more or less by chance, and no sooner.
func TestFullRelayIsSpared(t *testing.T) {
	w := newDiamond(t, 8)
	w.change = func(i int, c *Config) {
		if i == 1 {
			c.MaxCircuits = 1
		}
	}
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	other := w.members[2]
	other.way.ways[0] = [][]int{{3, 1, 0}}
	w.start()
	w.connect(other, src)
	for end := w.Now.Add(30 * time.Second); w.Now.Before(end); w.Run(100 * time.Millisecond) {
		other.send(src, 2)
		src.send(dst, 1)
	}
	if len(src.way.failed) < 8 || len(dst.got) > 0 {
		t.Fatalf("told %+v, %d packets arrived, want refusals alone", src.way.failed, len(dst.got))
	}
	var at []time.Time
	for _, f := range src.way.failed {
		if at = append(at, f.at); f.why != hop.ReasonFull || f.hop != 0 {
			t.Errorf("hop %d, reason %d; want hop 0, full", f.hop, f.why)
		}
	}
	got := gaps(at)
	if least, most := slices.Min(got), slices.Max(got); least < time.Second || most > 3100*time.Millisecond || most-least < 500*time.Millisecond {
		t.Errorf("the relay was asked again after %v, want one to three seconds", got)
	}
}

// TestPacketsWaitInOrder: 64 packets to a peer wait for the session, and leave in the
// order in which they came; while no way is known, four do.
func TestPacketsWaitInOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		ways [][]int
		most int
	}{{"a way", [][]int{{1, 3}}, 64}, {"no way yet", nil, 4}} {
		t.Run(c.name, func(t *testing.T) {
			w := diamond(t, 9)
			src, dst := w.ends()
			src.way.ways[3] = c.ways
			for range 70 {
				src.send(dst, 1)
			}
			src.way.ways[3] = [][]int{{1, 3}}
			w.Run(time.Second)
			for i, a := range dst.got {
				if a.number != i {
					t.Errorf("packet %d came in place %d", a.number, i)
				}
			}
			if len(dst.got) != c.most || src.N.QueueFull != uint64(70-c.most) {
				t.Errorf("%d packets arrived, %d did not fit; want %d and %d", len(dst.got), src.N.QueueFull, c.most, 70-c.most)
			}
		})
	}
}

// TestBusyWorkerIsNoFault: the worker has no room for the handshake. It is asked again
// soon, no path is blamed for it, and when there is room the session opens.
func TestBusyWorkerIsNoFault(t *testing.T) {
	w := diamond(t, 10)
	src, dst := w.ends()
	src.host.Costs = &linktest.Costs{DH: 10 * time.Millisecond}
	for range 64 { // 0.6 s of work
		src.host.Work(link.Cost{Class: link.ClassHandshake, DH: 1}, func() func(time.Time) { return func(time.Time) {} })
	}
	src.send(dst, 1)
	w.Run(900 * time.Millisecond)
	if len(src.way.failed) != 0 || len(dst.got) != 1 {
		t.Errorf("%d packets arrived, the map was told %+v; want one, and nothing", len(dst.got), src.way.failed)
	}
}

// TestOtherOnionKey: the map takes the wrong one of a hop's onion keys. The hop refuses,
// and is tried with the other before anybody is blamed; so is each hop, once. A hop that
// refuses both is what the map hears of.
func TestOtherOnionKey(t *testing.T) {
	for _, c := range []struct {
		wrong  map[int]bool
		others uint64
	}{{map[int]bool{1: true}, 1}, {map[int]bool{3: true}, 1}, {map[int]bool{1: true, 3: true}, 2}} {
		w := diamond(t, 11)
		src, dst := w.ends()
		src.way.wrong = c.wrong
		src.way.ways[3] = [][]int{{1, 3}}
		w.connect(src, dst)
		if src.N.OtherKeys != c.others || len(src.way.failed) != 0 || src.N.Failed != 0 {
			t.Errorf("wrong at %v: %d tried with the other key, the map was told %+v; want %d, nothing", c.wrong, src.N.OtherKeys, src.way.failed, c.others)
		}
	}
	w := diamond(t, 12)
	src, dst := w.ends()
	w.members[1].Onion = onion.NewKeys(mrand.NewChaCha8([32]byte{3}), w.Now) // what the map has are not its keys
	src.send(dst, 1)
	w.Run(time.Second)
	f := src.way.failed
	if len(f) == 0 || f[0].hop != 0 || f[0].why != hop.ReasonRefused || int(src.N.OtherKeys) != len(f) {
		t.Errorf("the map was told %+v after %d tries with the other key, want hop 0 refused, each after one", f, src.N.OtherKeys)
	}
}
