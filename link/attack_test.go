package link_test

import (
	"fmt"
	mrand "math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/linktest"
)

// Attacks on links: by strangers, who hold no key, and by insiders, who hold the network
// key. Each prints a row for 'make attack'.

// stranger sends frames of random bytes to an end, so many a second, each from an
// address of its own, until the returned function is called.
func stranger(s *linktest.Sim, to *linktest.End, size, perSecond int, broadcast bool) (stop func()) {
	r, on := mrand.NewChaCha8([32]byte{79}), true
	b := make([]byte, size)
	n := 0
	var next func()
	next = func() {
		if !on {
			return
		}
		r.Read(b)
		from := link.MACAddr([6]byte{2, 0xbb, byte(n >> 16), byte(n >> 8), byte(n)})
		if to.UDP.IsValid() {
			from = link.UDPAddr(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 7000))
		}
		to.Inject(from, broadcast, b)
		n++
		s.After(time.Second/time.Duration(perSecond), next)
	}
	next()
	return func() { on = false }
}

// linkTime is how long two nodes take to be linked; at most half a minute.
func linkTime(s *linktest.Sim, a, b *testNode) time.Duration {
	start := s.Now
	s.RunUntil(30*time.Second, func() bool { return linked(a, b) && linked(b, a) })
	return s.Now.Sub(start)
}

func linked(a, b *testNode) bool {
	for _, l := range a.up {
		if l.Peer() == b.id.Key() {
			return true
		}
	}
	return false
}

// within fails when something took longer than it may, and prints its row.
func within(t *testing.T, name string, quiet, took, most time.Duration) {
	t.Helper()
	fmt.Printf("attack: | %s | linked in %v | linked in %v | |\n", name, quiet.Round(time.Millisecond), took.Round(time.Millisecond))
	if took > most {
		t.Errorf("%s: linked after %v, want at most %v; without the attack %v", name, took, most, quiet)
	}
}

// TestAttackStrangerAbsent: two neighbours are configured and one is away, so that
// answers to our first messages are looked for in all that comes; 10,000 frames of
// garbage a second do not keep the other from a link.
func TestAttackStrangerAbsent(t *testing.T) {
	run := func(garbage int) time.Duration {
		s := linktest.New(910)
		a, b, g := pair(t, s, func(c *link.Config) {
			c.Beacon, c.Neighbours = false, []link.Static{{Key: someone(t, 8).Key()}}
			if c.Identity.Key() == someone(t, 1).Key() {
				c.Neighbours = []link.Static{{Key: someone(t, 9).Key()}, {Key: someone(t, 2).Key()}}
			}
		})
		if g.Down = true; garbage > 0 {
			stranger(s, a.host.Ends[0], link.FrameLong, garbage, false)
		}
		s.Run(500 * time.Millisecond)
		g.Down = false
		return linkTime(s, a, b)
	}
	within(t, "stranger: 10,000 long frames/s, a static neighbour absent", run(0), run(10000), 2*time.Second)
}

// TestAttackStrangerLate: the same, but the neighbour comes only when the garbage has
// been there for a while.
func TestAttackStrangerLate(t *testing.T) {
	s := linktest.New(911)
	a, b, g := pair(t, s, func(c *link.Config) {
		if c.Identity.Key() == someone(t, 1).Key() {
			c.Neighbours = []link.Static{{Key: someone(t, 9).Key()}}
		}
	})
	g.Down = true
	stop := stranger(s, a.host.Ends[0], link.FrameLong, 2000, false)
	s.Run(time.Second)
	b.host.Kill()
	g.Detach(b.host)
	b = newNode(t, s, 3, nil)
	g.Down = false
	b.attach(g)
	took := linkTime(s, a, b)
	stop()
	within(t, "stranger: 2,000 long frames/s, a neighbour boots", 0, took, 2*time.Second)
}

// udpPair is two nodes with a UDP port each; a knows where b is.
func udpPair(t *testing.T, s *linktest.Sim) (a, b *testNode, g *linktest.Segment) {
	g = s.Segment(100 * time.Microsecond)
	addr := func(n byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, n}), 7000) }
	make := func(n uint64, neighbours ...link.Static) *testNode {
		x := newNode(t, s, n, func(c *link.Config) { c.Neighbours = neighbours })
		e := g.Attach(x.host)
		e.MAC, e.UDP = [6]byte{}, addr(byte(n))
		x.host.Turn(func(now time.Time) { x.AddPort(now, e.Port, link.PortInfo{Name: "udp"}) })
		return x
	}
	a = make(1, link.Static{Key: someone(t, 9).Key(), Addr: link.UDPAddr(addr(9))}, link.Static{Key: someone(t, 2).Key(), Addr: link.UDPAddr(addr(2))})
	return a, make(2), g
}

// TestAttackStrangerUDP: over UDP, 5,000 datagrams of garbage a second keep neither a
// link from coming up nor a neighbour from roaming.
func TestAttackStrangerUDP(t *testing.T) {
	run := func(garbage int) (up, roamed time.Duration) {
		s := linktest.New(912)
		a, b, g := udpPair(t, s)
		if g.Down = true; garbage > 0 {
			stranger(s, a.host.Ends[0], link.FrameLong, garbage, false)
			stranger(s, b.host.Ends[0], link.FrameLong, garbage, false)
		}
		s.Run(500 * time.Millisecond)
		g.Down = false
		up = linkTime(s, a, b)
		s.Run(time.Second)
		if len(a.up) == 0 || len(b.up) == 0 {
			return up, time.Hour
		}
		e := b.host.Ends[0]
		e.UDP = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, 1}), 9)
		to, start := link.UDPAddr(e.UDP), s.Now
		s.RunUntil(30*time.Second, func() bool { return len(a.up) == 1 && a.up[0].Addr() == to })
		return up, s.Now.Sub(start)
	}
	quiet, roamQuiet := run(0)
	up, roamed := run(5000)
	within(t, "stranger: 5,000 datagrams/s", quiet, up, 2*time.Second)
	within(t, "stranger: 5,000 datagrams/s, a neighbour roams", roamQuiet, roamed, roamQuiet+time.Second)
}

// TestAttackStrangerBroadcasts: 10,000 short broadcasts a second of random bytes do not
// keep nodes from finding each other.
func TestAttackStrangerBroadcasts(t *testing.T) {
	run := func(garbage int) time.Duration {
		s := linktest.New(913)
		a, b := newNode(t, s, 1, nil), newNode(t, s, 2, nil)
		g := s.Segment(100 * time.Microsecond)
		a.attach(g)
		if garbage > 0 {
			stranger(s, a.host.Ends[0], link.FrameShort, garbage, true)
		}
		s.Run(100 * time.Millisecond)
		b.attach(g)
		if garbage > 0 {
			stranger(s, b.host.Ends[0], link.FrameShort, garbage, true)
		}
		return linkTime(s, a, b)
	}
	within(t, "stranger: 10,000 short broadcasts/s", run(0), run(10000), 2*time.Second)
}

// A beacon is one that somebody sent, and from where.
type beacon struct {
	from  link.Addr
	bytes []byte
}

// beaconsOf are the first beacons of a boot of somebody at a MAC address.
func beaconsOf(t *testing.T, n uint64, boot byte, mac [6]byte, most int) (all []beacon) {
	s := linktest.New(uint64(boot))
	x := newNode(t, s, n, func(c *link.Config) { c.Rand = mrand.NewChaCha8([32]byte{byte(n), byte(n >> 8), 99, boot}) })
	s.Trace = func(_ time.Time, _ *linktest.Segment, _ *linktest.End, f *link.Frame) {
		if f.Broadcast {
			all = append(all, beacon{link.MACAddr(mac), append([]byte(nil), f.Bytes()...)})
		}
	}
	g := s.Segment(0)
	e := g.Attach(x.host)
	e.MAC = mac
	x.host.Turn(func(now time.Time) {
		x.AddPort(now, e.Port, link.PortInfo{Name: "eth", MAC: mac, Broadcast: true})
	})
	s.RunUntil(time.Minute, func() bool { return len(all) >= most })
	return all
}

// play injects beacons into an end at even gaps, again and again when the last is over.
func play(s *linktest.Sim, to *linktest.End, tape []beacon, perSecond int) (stop func()) {
	on, n := true, 0
	var next func()
	next = func() {
		if !on {
			return
		}
		x := tape[n%len(tape)]
		to.Inject(x.from, true, x.bytes)
		n++
		s.After(time.Second/time.Duration(perSecond), next)
	}
	next()
	return func() { on = false }
}

// TestAttackInventedBeacons: an insider's 50 beacons a second for invented keys, from one
// MAC address or from a new one each, do not keep others from a link, nor the worker busy.
func TestAttackInventedBeacons(t *testing.T) {
	for _, macs := range []int{1, 400} {
		run := func(attack bool) (time.Duration, int) {
			s := linktest.New(914)
			s.Costs = linktest.MIPS
			a := newNode(t, s, 1, func(c *link.Config) { c.Neighbours = []link.Static{{Key: someone(t, 3).Key()}} })
			g := s.Segment(100 * time.Microsecond)
			a.attach(g)
			var tape []beacon
			for i := range 400 {
				tape = append(tape, beaconsOf(t, uint64(1000+i), 0, [6]byte{2, 0xcc, byte(i % macs >> 8), byte(i % macs)}, 1)...)
			}
			if attack {
				play(s, a.host.Ends[0], tape, 50)
			}
			s.Run(4 * time.Second)
			worked := a.host.Worked[link.ClassHandshake]
			b, c := newNode(t, s, 2, nil), newNode(t, s, 3, nil)
			b.attach(g)
			took := linkTime(s, a, b)
			c.attach(g)
			return max(took, linkTime(s, a, c)), worked
		}
		quiet, _ := run(false)
		took, worked := run(true)
		within(t, fmt.Sprintf("insider: 50 beacons/s for invented keys, %d MACs", macs), quiet, took, 2*time.Second)
		if worked > 64+4*8+4 {
			t.Errorf("%d MACs: %d handshakes begun in 4 s, want at most 64 at once and 8 a second", macs, worked)
		}
	}
}

// TestAttackOldBeacons: after our restart an outsider replays what it has recorded of a
// neighbour's earlier boots, 20 a second. It costs one attempt that backs off, and no
// more once a link stands; the neighbour itself gets its link.
func TestAttackOldBeacons(t *testing.T) {
	s := linktest.New(915)
	s.Costs = linktest.MIPS
	a, b := newNode(t, s, 1, nil), newNode(t, s, 2, nil)
	g := s.Segment(100 * time.Microsecond)
	a.attach(g)
	e := g.Attach(b.host)
	mac := e.MAC
	var tape []beacon
	for i := range 6 {
		for boot := range byte(40) {
			if all := beaconsOf(t, 2, 100+boot, mac, 6); i < len(all) {
				tape = append(tape, all[i])
			}
		}
	}
	play(s, a.host.Ends[0], tape, 20)
	s.Run(10 * time.Second)
	begun := a.host.Worked[link.ClassHandshake]
	b.host.Turn(func(now time.Time) {
		b.AddPort(now, e.Port, link.PortInfo{Name: "eth", MAC: mac, Broadcast: true})
	})
	took := linkTime(s, a, b)
	within(t, "outsider: 20 old beacons/s of a neighbour", 0, took, 2*time.Second)
	s.Run(time.Second)
	before := a.host.Worked[link.ClassHandshake]
	s.Run(10 * time.Second)
	after := a.host.Worked[link.ClassHandshake] - before
	if begun > 6 || after > 0 {
		t.Errorf("%d handshakes in 10 s of replays, want at most 6; %d while the link stands", begun, after)
	}
}

// TestAttackOldBeaconsBothEnds: both ends restart, and each is played the other's past.
func TestAttackOldBeaconsBothEnds(t *testing.T) {
	s := linktest.New(916)
	a, b := newNode(t, s, 1, nil), newNode(t, s, 2, nil)
	g := s.Segment(100 * time.Microsecond)
	ea, eb := g.Attach(a.host), g.Attach(b.host)
	past := func(n uint64, mac [6]byte) (tape []beacon) {
		for boot := range byte(100) {
			tape = append(tape, beaconsOf(t, n, 100+boot, mac, 1)...)
		}
		return tape
	}
	start := func(n *testNode, e *linktest.End) {
		n.host.Turn(func(now time.Time) {
			n.AddPort(now, e.Port, link.PortInfo{Name: "eth", MAC: e.MAC, Broadcast: true})
		})
	}
	start(a, ea)
	play(s, ea, past(2, eb.MAC), 20)
	s.Run(time.Second)
	start(b, eb)
	play(s, eb, past(1, ea.MAC), 20)
	within(t, "outsider: 20 old beacons/s to both ends", 0, linkTime(s, a, b), 2*time.Second)
}

// TestAttackManyPorts: one identity plugs in 40 ports on a cable; it gets the links of
// four, and others their own.
func TestAttackManyPorts(t *testing.T) {
	s := linktest.New(917)
	a, foe := newNode(t, s, 1, nil), newNode(t, s, 8, nil)
	g := s.Segment(100 * time.Microsecond)
	a.attach(g)
	for range 40 {
		foe.attach(g)
		s.Run(200 * time.Millisecond)
	}
	s.Run(30 * time.Second)
	n := 0
	for _, l := range a.up {
		if l.Peer() == foe.id.Key() {
			n++
		}
	}
	b := newNode(t, s, 2, nil)
	b.attach(g)
	within(t, "insider: 40 ports of one identity", 0, linkTime(s, a, b), 2*time.Second)
	if n == 0 || n > 4 {
		t.Errorf("one identity has %d links of a port, want at most 4", n)
	}
}

// TestAttackOldDatagram: a frame that was held back does not move a UDP link to whoever
// sends it later; it is taken all the same.
func TestAttackOldDatagram(t *testing.T) {
	s := linktest.New(918)
	a, b, g := udpPair(t, s)
	if linkTime(s, a, b) > 2*time.Second {
		t.Fatal("no link")
	}
	s.Run(time.Second)
	var held []byte
	s.Trace = func(_ time.Time, _ *linktest.Segment, from *linktest.End, f *link.Frame) {
		if from.Host == b.host {
			held = append([]byte(nil), f.Bytes()...)
		}
	}
	send := func() {
		b.host.Turn(func(now time.Time) {
			f := b.host.Alloc()
			f.N = link.FrameShort
			b.up[0].Send(now, link.Header{Label: 5}, f, nil)
		})
	}
	g.Down = true
	send()
	old := held
	g.Down, s.Trace = false, nil
	send()
	s.Run(10 * time.Millisecond)
	was, thief := a.up[0].Addr(), link.UDPAddr(netip.MustParseAddrPort("203.0.113.5:5"))
	a.host.Ends[0].Inject(thief, false, old)
	if got := a.up[0].Addr(); got != was || len(a.frames) != 2 {
		t.Errorf("the link is at %v after an old frame, want %v; %d frames were taken", got, was, len(a.frames))
	}
}

// TestFirstContact: from the second node's boot to the link is a handshake, whatever the
// order in which they boot.
func TestFirstContact(t *testing.T) {
	for _, gap := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond, time.Second, 7 * time.Second} {
		s := linktest.New(919)
		a, b := newNode(t, s, 1, nil), newNode(t, s, 2, nil)
		g := s.Segment(100 * time.Microsecond)
		a.attach(g)
		s.Run(gap)
		b.attach(g)
		if took := linkTime(s, a, b); took > 5*time.Millisecond {
			t.Errorf("booted %v apart: linked after %v, want a handshake of 3 crossings", gap, took)
		}
	}
}

// TestBootTogether: fifty nodes that boot on one switch are all linked with each other as
// soon as their handshakes are done: the bounds against floods are not in their way.
func TestBootTogether(t *testing.T) {
	const n = 50
	s := linktest.New(920)
	g := s.Segment(100 * time.Microsecond)
	nodes := make([]*testNode, n)
	for i := range nodes {
		nodes[i] = newNode(t, s, uint64(300+i), nil)
		nodes[i].attach(g)
	}
	if !s.RunUntil(time.Millisecond, func() bool {
		for _, x := range nodes {
			if len(x.up) < n-1 {
				return false
			}
		}
		return true
	}) {
		t.Errorf("node 0 has %d links of %d after a millisecond", len(nodes[0].up), n-1)
	}
}
