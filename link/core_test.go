package link_test

import (
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/linktest"
)

// A testNode is a link layer whose upper layer writes down what happens.
type testNode struct {
	*link.Links
	host     *linktest.Host
	id       *identity.Identity
	up       []*link.Link
	downs    int
	frames   []link.Header
	messages []string
}

func (n *testNode) LinkUp(now time.Time, l *link.Link) { n.up = append(n.up, l) }
func (n *testNode) LinkDown(now time.Time, l *link.Link) {
	n.downs++
	for i, o := range n.up {
		if o == l {
			n.up = append(n.up[:i], n.up[i+1:]...)
			return
		}
	}
}
func (n *testNode) Frame(now time.Time, l *link.Link, h link.Header, f *link.Frame) {
	n.frames = append(n.frames, h)
	n.host.Free(f)
}
func (n *testNode) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	n.messages = append(n.messages, string(data))
}

func (n *testNode) Advance(now time.Time) time.Time {
	t := n.Links.Advance(now)
	n.Links.Flush(now)
	return t
}

var testKey = identity.NetworkKey{1, 2, 3}

func someone(t testing.TB, n uint64) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{byte(n), byte(n >> 8), 7}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func newNode(t testing.TB, s *linktest.Sim, n uint64, change func(*link.Config)) *testNode {
	h := s.Host()
	c := link.Config{Identity: someone(t, n), NetworkKeys: []identity.NetworkKey{testKey}, Beacon: true,
		Rand: mrand.NewChaCha8([32]byte{byte(n), 1, byte(s.Rand.Uint32())}), Jitter: mrand.New(mrand.NewPCG(n, 2)), Env: h}
	if change != nil {
		change(&c)
	}
	tn := &testNode{host: h, id: c.Identity}
	tn.Links = link.New(c, tn)
	h.Core = tn
	return tn
}

func (n *testNode) attach(g *linktest.Segment) *linktest.End {
	e := g.Attach(n.host)
	n.host.Turn(func(now time.Time) {
		n.AddPort(now, e.Port, link.PortInfo{Name: "eth", MAC: e.MAC, Broadcast: true})
	})
	return e
}

// pair is two nodes on one cable.
func pair(t testing.TB, s *linktest.Sim, change func(*link.Config)) (a, b *testNode, g *linktest.Segment) {
	a, b = newNode(t, s, 1, change), newNode(t, s, 2, change)
	g = s.Segment(100 * time.Microsecond)
	a.attach(g)
	b.attach(g)
	return a, b, g
}

func TestLinkComesUp(t *testing.T) {
	s := linktest.New(1)
	a, b, _ := pair(t, s, nil)
	if !s.RunUntil(2*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 }) {
		t.Fatalf("links after 2 s: %d and %d; %+v %+v", len(a.up), len(b.up), a.N, b.N)
	}
	if a.up[0].Peer() != b.id.Key() || b.up[0].Peer() != a.id.Key() {
		t.Error("wrong peer")
	}
	s.Run(10 * time.Second)
	if len(a.up) != 1 || len(b.up) != 1 || a.downs+b.downs != 0 {
		t.Errorf("links %d %d, downs %d %d", len(a.up), len(b.up), a.downs, b.downs)
	}
	if q := a.up[0].Quality(); q.RTT < 150*time.Microsecond || q.RTT > 300*time.Microsecond {
		t.Errorf("RTT %v, want 200µs", q.RTT)
	}
}

func TestMessagesArriveOnce(t *testing.T) {
	s := linktest.New(2)
	a, b, g := pair(t, s, nil)
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	g.Loss, g.Duplicate = 0.2, 0.2
	acked, lost := 0, 0
	for i := range 500 {
		s.After(time.Duration(i)*10*time.Millisecond, func() {
			a.host.Turn(func(now time.Time) {
				a.up[0].Post(now, link.KindHop, []byte{byte(i), byte(i >> 8)}, func(_ time.Time, ok bool) {
					if ok {
						acked++
					} else {
						lost++
					}
				})
			})
		})
	}
	s.Run(10 * time.Second)
	seen := map[string]int{}
	for _, m := range b.messages {
		seen[m]++
	}
	for m, n := range seen {
		if n != 1 {
			t.Errorf("message %x came %d times", m, n)
		}
	}
	if acked+lost != 500 || lost > 15 || len(seen) < acked {
		t.Errorf("acked %d lost %d received %d", acked, lost, len(seen))
	}
}

func TestRekeyKeepsLink(t *testing.T) {
	s := linktest.New(3)
	a, b, _ := pair(t, s, nil)
	s.Run(20 * time.Minute)
	if len(a.up) != 1 || a.downs+b.downs != 0 || a.N.Rekeys < 8 {
		t.Errorf("up %d downs %d %d rekeys %d", len(a.up), a.downs, b.downs, a.N.Rekeys)
	}
}

func TestSilenceTakesLinkDown(t *testing.T) {
	s := linktest.New(4)
	a, b, g := pair(t, s, nil)
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	a.host.Turn(func(now time.Time) { a.up[0].SetBusy(now, true) })
	s.Run(2 * time.Second)
	g.Down = true
	s.Run(1500 * time.Millisecond)
	if len(a.up) != 1 {
		t.Error("down within 1.5 s")
	}
	s.Run(2 * time.Second)
	if len(a.up) != 0 {
		t.Error("still up after 3.5 s")
	}
	g.Down = false
	if !s.RunUntil(25*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 }) {
		t.Error("did not come back")
	}
}

// TestSilenceCountsThoughCircuitsComeAndGo: a link over which one circuit after another
// is opened, and given up after half a second, is down as soon as one that carries a
// circuit all the time: that it becomes busy is no sign of life.
func TestSilenceCountsThoughCircuitsComeAndGo(t *testing.T) {
	s := linktest.New(4)
	a, b, g := pair(t, s, nil)
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	s.Run(2 * time.Second)
	g.Down = true
	for i := range 8 {
		if len(a.up) == 1 {
			a.host.Turn(func(now time.Time) { a.up[0].SetBusy(now, i%2 == 0) })
		}
		s.Run(500 * time.Millisecond)
	}
	if len(a.up) != 0 {
		t.Error("still up after 4 s")
	}
}

func TestRestartVoidsOldLink(t *testing.T) {
	s := linktest.New(5)
	a, b, g := pair(t, s, nil)
	s.RunUntil(5*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 })
	end := b.host.Ends[0]
	b.host.Kill()
	b2 := newNode(t, s, 2, nil)
	e := g.Attach(b2.host)
	e.MAC = end.MAC
	end.MAC = [6]byte{}
	b2.host.Turn(func(now time.Time) {
		b2.AddPort(now, 0, link.PortInfo{Name: "eth", MAC: e.MAC, Broadcast: true})
	})
	if !s.RunUntil(time.Second, func() bool { return a.downs == 1 && len(a.up) == 1 && len(b2.up) == 1 }) {
		t.Errorf("downs %d up %d %d", a.downs, len(a.up), len(b2.up))
	}
}

func TestStrangersGetNoAnswer(t *testing.T) {
	s := linktest.New(6)
	a, b, _ := pair(t, s, nil)
	c := newNode(t, s, 3, func(c *link.Config) { c.NetworkKeys = []identity.NetworkKey{{9}} })
	g := s.Segment(0)
	a.attach(g)
	c.attach(g)
	var fromA int
	s.Trace = func(_ time.Time, seg *linktest.Segment, from *linktest.End, f *link.Frame) {
		if seg == g && from.Host == a.host && !f.Broadcast {
			fromA++
		}
	}
	s.Run(30 * time.Second)
	if len(a.up) != 1 || len(b.up) != 1 || len(c.up) != 0 || fromA != 0 {
		t.Errorf("links %d %d %d, answers %d", len(a.up), len(b.up), len(c.up), fromA)
	}
}

func TestAllowList(t *testing.T) {
	s := linktest.New(7)
	stranger := someone(t, 2).Key()
	a, b, _ := pair(t, s, func(c *link.Config) {
		if c.Identity.Key() != stranger {
			c.Allow = []identity.Key{someone(t, 9).Key()}
		}
	})
	s.Run(10 * time.Second)
	if len(a.up)+len(b.up) != 0 || a.N.FirstBad+a.N.FirstHeard == 0 {
		t.Errorf("links %d %d, counters %+v", len(a.up), len(b.up), a.N)
	}
}

func TestStaticNeighboursWithoutBeacons(t *testing.T) {
	s := linktest.New(8)
	a, b, g := pair(t, s, func(c *link.Config) {
		c.Beacon = false
		other := uint64(1)
		if c.Identity.Key() == someone(t, 1).Key() {
			other = 2
		}
		c.Neighbours = []link.Static{{Key: someone(t, other).Key()}}
	})
	beacons := 0
	s.Trace = func(_ time.Time, _ *linktest.Segment, _ *linktest.End, f *link.Frame) {
		if f.Broadcast && f.N == link.FrameShort {
			beacons++
		}
	}
	_ = g
	if !s.RunUntil(3*time.Second, func() bool { return len(a.up) == 1 && len(b.up) == 1 }) || beacons > 0 {
		t.Errorf("links %d %d, beacons %d; %+v", len(a.up), len(b.up), beacons, a.N)
	}
}

// TestVersionsOfLinks: neighbours of versions 1 to 4 become linked, and stay so over
// rekeys, if they are at most one apart; the others are told by their beacons and do
// not even try, or by the handshake where there are no beacons.
func TestVersionsOfLinks(t *testing.T) {
	for _, beacon := range []bool{true, false} {
		for va := byte(1); va <= 4; va++ {
			for vb := byte(1); vb <= 4; vb++ {
				versionsOfLink(t, beacon, va, vb)
			}
		}
	}
}

func versionsOfLink(t *testing.T, beacon bool, va, vb byte) {
	s := linktest.New(uint64(va)<<4 + uint64(vb))
	one, two := someone(t, 1), someone(t, 2)
	a, b, _ := pair(t, s, func(c *link.Config) {
		c.Version, c.Beacon = va, beacon
		other := two
		if c.Identity.Key() == two.Key() {
			c.Version, other = vb, one
		}
		if !beacon {
			c.Neighbours = []link.Static{{Key: other.Key()}}
		}
	})
	s.Run(5 * time.Minute) // two rekeys
	near := va == vb || va+1 == vb || vb+1 == va
	if !near {
		if len(a.up)+len(b.up) != 0 || a.N.BadVersion == 0 || b.N.BadVersion == 0 || beacon != (a.N.FirstHeard+b.N.FirstHeard == 0) {
			t.Errorf("versions %d and %d, beacons %v: links %d %d, %+v", va, vb, beacon, len(a.up), len(b.up), a.N)
		}
		return
	}
	if len(a.up) != 1 || len(b.up) != 1 || a.downs+b.downs+int(a.N.BadVersion+b.N.BadVersion) != 0 || a.N.Rekeys < 2 {
		t.Errorf("versions %d and %d, beacons %v: links %d %d, %+v", va, vb, beacon, len(a.up), len(b.up), a.N)
		return
	}
	if v := min(va, vb); a.up[0].Version() != v || b.up[0].Version() != v {
		t.Errorf("versions %d and %d agree upon %d and %d", va, vb, a.up[0].Version(), b.up[0].Version())
	}
}

// TestPortComesBack: a port that was gone for a while, at one end, has its links again
// with its first beacon: that is newer than those that its neighbour remembers.
func TestPortComesBack(t *testing.T) {
	s := linktest.New(921)
	a, b, _ := pair(t, s, nil)
	s.Run(2 * time.Minute)
	b.host.Turn(func(now time.Time) { b.RemovePort(now, 0) })
	if !s.RunUntil(30*time.Second, func() bool { return len(a.up) == 0 }) {
		t.Fatal("the link stands without a port")
	}
	bad := a.N.BeaconsBad
	b.host.Turn(func(now time.Time) {
		b.AddPort(now, 0, link.PortInfo{Name: "eth", MAC: b.host.Ends[0].MAC, Broadcast: true})
	})
	if took := linkTime(s, a, b); took > 5*time.Millisecond || a.N.BeaconsBad != bad {
		t.Errorf("linked after %v; %d beacons were taken for replays", took, a.N.BeaconsBad-bad)
	}
}

// TestStaticWithoutBeaconsNow: a configured neighbour sent beacons once, and after a
// restart does not; it gets first messages that need no beacon nonce.
func TestStaticWithoutBeaconsNow(t *testing.T) {
	s := linktest.New(922)
	a := newNode(t, s, 1, func(c *link.Config) { c.Neighbours = []link.Static{{Key: someone(t, 2).Key()}} })
	b := newNode(t, s, 2, nil)
	g := s.Segment(100 * time.Microsecond)
	a.attach(g)
	b.attach(g)
	if linkTime(s, a, b) > 2*time.Second {
		t.Fatal("no link")
	}
	mac := b.host.Ends[0].MAC
	b.host.Kill()
	g.Detach(b.host)
	b = newNode(t, s, 2, func(c *link.Config) { c.Beacon, c.Neighbours = false, []link.Static{{Key: someone(t, 9).Key()}} })
	e := g.Attach(b.host)
	e.MAC = mac
	b.host.Turn(func(now time.Time) {
		b.AddPort(now, e.Port, link.PortInfo{Name: "eth", MAC: mac, Broadcast: true})
	})
	s.RunUntil(30*time.Second, func() bool { return len(a.up) == 0 })
	if took := linkTime(s, a, b); took >= 30*time.Second {
		t.Errorf("linked after %v", took)
	}
}
