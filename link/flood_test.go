package link_test

import (
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/linktest"
)

// flood injects garbage into an end of a node, from an address, for a while.
func flood(s *linktest.Sim, to *linktest.End, from link.Addr, gap, d time.Duration) {
	r := mrand.NewChaCha8([32]byte{77})
	end := s.Now.Add(d)
	n := 0
	var next func()
	next = func() {
		b := make([]byte, []int{link.FrameLong, link.FrameShort, link.FrameLong, 7, 1500}[n%5])
		r.Read(b)
		to.Inject(from, n%11 == 0, b)
		if n++; s.Now.Before(end) {
			s.After(gap, next)
		}
	}
	next()
}

// TestGarbage: ten minutes of it from the neighbour's MAC and from a stranger's,
// rekeys included, and the link stands.
func TestGarbage(t *testing.T) {
	s := linktest.New(30)
	a, b, _ := pair(t, s, nil)
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	flood(s, a.host.Ends[0], link.MACAddr(b.host.Ends[0].MAC), 5*time.Millisecond, 10*time.Minute)
	flood(s, a.host.Ends[0], link.MACAddr([6]byte{2, 9, 9, 9, 9, 9}), 5*time.Millisecond, 10*time.Minute)
	s.Run(10 * time.Minute)
	if len(a.up) != 1 || a.downs != 0 || b.downs != 0 || a.N.Rekeys < 4 {
		t.Errorf("up %d, downs %d %d, rekeys %d", len(a.up), a.downs, b.downs, a.N.Rekeys)
	}
	if a.N.FirstBadFilter < 1000 || a.N.BadLength < 1000 || a.N.FirstBad != 0 {
		t.Errorf("garbage was not counted, or cost a DH: %+v", a.N)
	}
	if a.host.Live != 0 {
		t.Errorf("%d frames are held", a.host.Live)
	}
}

// TestGarbageAtLineRate: garbage fills a cable of 100 Mbit/s for ten minutes, half of it
// from the neighbour's MAC, while the link is rekeyed again and again: it stands, loses
// no hello, and what a frame of garbage costs is a filter.
func TestGarbageAtLineRate(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	const gap, span = 80 * time.Microsecond, 10 * time.Minute
	s := linktest.New(35)
	a, b, _ := pair(t, s, nil)
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	r, garbage := mrand.NewChaCha8([32]byte{78}), make([][]byte, 61)
	for i := range garbage {
		garbage[i] = make([]byte, []int{link.FrameLong, link.FrameShort, link.FrameLong, 7, 1500}[i%5])
		r.Read(garbage[i])
	}
	from := [2]link.Addr{link.MACAddr(b.host.Ends[0].MAC), link.MACAddr([6]byte{2, 9, 9, 9, 9, 9})}
	end, n := s.Now.Add(span), 0
	var next func()
	next = func() {
		g := garbage[n/2%len(garbage)]
		r.Read(g[:7]) // what is masked and the filter are new
		a.host.Ends[0].Inject(from[n%2], n%97 == 0, g)
		if n++; s.Now.Before(end) {
			s.After(gap, next)
		}
	}
	next()
	s.Run(span + time.Second)
	t.Logf("%d frames; %+v", n, a.N)
	if len(a.up) != 1 || a.downs != 0 || b.downs != 0 || a.N.Rekeys < 4 || b.N.Rekeys < 4 {
		t.Errorf("up %d, downs %d %d, rekeys %d %d", len(a.up), a.downs, b.downs, a.N.Rekeys, b.N.Rekeys)
	}
	if q := a.up[0].Quality(); q.LossIn > 0 || q.LossOut > 0 {
		t.Errorf("loss %v in, %v out", q.LossIn, q.LossOut)
	}
	if a.N.FirstBad != 0 || a.host.Live != 0 || a.N.FirstBadFilter+a.N.BadLength+a.N.Unknown < uint64(n)*9/10 {
		t.Errorf("garbage was not counted, is held (%d), or cost a DH: %+v", a.host.Live, a.N)
	}
}

// recording is every frame that one end sent.
type recording struct {
	broadcast bool
	bytes     []byte
}

// TestReplays: recorded beacons and first messages, played again, get no answer
// and change nothing.
func TestReplays(t *testing.T) {
	s := linktest.New(31)
	var tape []recording
	a, b, g := pair(t, s, nil)
	s.Trace = func(_ time.Time, _ *linktest.Segment, from *linktest.End, f *link.Frame) {
		if from.Host == b.host {
			tape = append(tape, recording{f.Broadcast, append([]byte(nil), f.Bytes()...)})
		}
	}
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	s.Run(3 * time.Second)
	answers := 0
	s.Trace = func(_ time.Time, _ *linktest.Segment, from *linktest.End, f *link.Frame) {
		if from.Host == a.host && !f.Broadcast {
			answers++
		}
	}
	g.Down = true // only what is injected arrives
	mac, end := b.host.Ends[0].MAC, s.Now.Add(500*time.Millisecond)
	for i, r := range tape {
		s.After(time.Duration(i)*2*time.Millisecond, func() { a.host.Ends[0].Inject(link.MACAddr(mac), r.broadcast, r.bytes) })
		s.After(time.Duration(i)*2*time.Millisecond, func() { a.host.Ends[0].Inject(link.MACAddr([6]byte{2, 8, 8}), r.broadcast, r.bytes) })
	}
	before := a.N
	s.Run(end.Sub(s.Now))
	if len(a.up) != 1 || a.downs != 0 || a.N.Handshakes != before.Handshakes || a.N.FirstBad != before.FirstBad {
		t.Errorf("up %d downs %d %+v", len(a.up), a.downs, a.N)
	}
	if answers > 1 { // a hello of the link itself may be due
		t.Errorf("%d answers to %d replayed frames", answers, len(tape))
	}
	if a.N.BeaconsBad == before.BeaconsBad || a.N.Replayed+a.N.Unknown == before.Replayed+before.Unknown {
		t.Errorf("replays were not counted: %+v", a.N)
	}
}

// TestFlippedFrames: one wrong bit anywhere in a frame of the link and it is dropped.
func TestFlippedFrames(t *testing.T) {
	s := linktest.New(32)
	a, b, _ := pair(t, s, nil)
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	var last []byte
	s.Trace = func(_ time.Time, _ *linktest.Segment, from *linktest.End, f *link.Frame) {
		if from.Host == b.host && !f.Broadcast {
			last = append([]byte(nil), f.Bytes()...)
		}
	}
	b.host.Turn(func(now time.Time) {
		f := b.host.Alloc()
		f.N = link.FrameShort
		b.up[0].Send(now, link.Header{Label: 5, Seq: 6, IV: 7}, f, nil)
	})
	s.Trace = nil
	for i := range last {
		bad := append([]byte(nil), last...)
		bad[i] ^= 1 << (i % 8)
		a.host.Ends[0].Inject(link.MACAddr(b.host.Ends[0].MAC), false, bad)
	}
	if len(a.frames) != 0 {
		t.Fatalf("%d altered frames were taken", len(a.frames))
	}
	s.Run(time.Second)
	if len(a.frames) != 1 || a.frames[0] != (link.Header{Label: 5, Seq: 6, IV: 7}) {
		t.Errorf("the true frame: %+v", a.frames)
	}
	a.host.Ends[0].Inject(link.MACAddr(b.host.Ends[0].MAC), false, last)
	if len(a.frames) != 1 {
		t.Error("the same frame again was taken")
	}
}

// TestManyNeighbours: 45 come up with one node at once, and 20 on one switch all
// with each other.
func TestManyNeighbours(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	s := linktest.New(33)
	s.Costs = linktest.MIPS
	hub := newNode(t, s, 99, nil)
	for i := range 45 {
		g := s.Segment(100 * time.Microsecond)
		hub.attach(g)
		newNode(t, s, uint64(100+i), nil).attach(g)
	}
	if !s.RunUntil(10*time.Second, func() bool { return len(hub.up) == 45 }) {
		t.Errorf("the hub has %d links after 10 s", len(hub.up))
	}
	g := s.Segment(100 * time.Microsecond)
	nodes := make([]*testNode, 20)
	for i := range nodes {
		nodes[i] = newNode(t, s, uint64(200+i), nil)
		nodes[i].attach(g)
	}
	s.Run(20 * time.Second)
	for i, n := range nodes {
		if len(n.up) != 19 {
			t.Errorf("node %d has %d links of 19", i, len(n.up))
		}
	}
}

// TestLossyLinkStands: 20 % loss does not take a link down.
func TestLossyLinkStands(t *testing.T) {
	s := linktest.New(34)
	a, b, g := pair(t, s, nil)
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	for _, n := range []*testNode{a, b} {
		n.host.Turn(func(now time.Time) { n.up[0].SetBusy(now, true) })
	}
	g.Loss = 0.2
	s.Run(15 * time.Minute)
	if a.downs+b.downs != 0 {
		t.Errorf("downs %d %d", a.downs, b.downs)
	}
	if q := a.up[0].Quality(); q.LossIn < 0.05 || q.LossIn > 0.4 || q.LossOut < 0.05 {
		t.Errorf("loss is measured as %.2f in, %.2f out", q.LossIn, q.LossOut)
	}
}
