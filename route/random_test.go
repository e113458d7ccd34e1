package route_test

import (
	"math"
	"testing"
	"time"

	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// counts are how often each value stood at each position of frames of one kind.
type counts struct {
	n  int
	at [link.FrameLong][256]uint32
}

func (c *counts) add(b []byte) {
	c.n++
	for i, v := range b {
		c.at[i][v]++
	}
}

// worst is the least probability of what any position shows, if all values are as
// likely, times the number of positions (chi-square; Wilson and Hilferty 1931).
func (c *counts) worst(size int) (p float64, position int) {
	p = 1
	want := float64(c.n) / 256
	for i := range size {
		x := 0.0
		for _, n := range c.at[i] {
			x += (float64(n) - want) * (float64(n) - want) / want
		}
		const k = 255.
		z := (math.Cbrt(x/k) - (1 - 2/(9*k))) / math.Sqrt(2/(9*k))
		if q := math.Erfc(z/math.Sqrt2) / 2; q < p {
			p, position = q, i
		}
	}
	return min(1, p*float64(size)), position
}

// TestWireShowsNothing: what crosses the cables of a mesh, quiet and with traffic, has
// two lengths, every value is as likely at every position of beacons, control and
// data, and no sixteen bytes behind the header come twice on any cable.
func TestWireShowsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m := meshtest.Ring(meshtest.Options{Seed: 95, Change: func(_ int, c *node.Config) { c.CircuitLife = time.Hour }}, 4)
	kinds := map[string]*counts{}
	seen := map[[16]byte]bool{}
	phase := "control"
	m.Trace = func(_ time.Time, _ *linktest.Segment, _ *linktest.End, f *link.Frame) {
		name := phase
		switch {
		case f.N != link.FrameShort && f.N != link.FrameLong:
			t.Fatalf("a frame of %d bytes", f.N)
		case f.Broadcast:
			name = "beacon"
		}
		if f.N == link.FrameLong {
			name += ", long"
		}
		if kinds[name] == nil {
			kinds[name] = new(counts)
		}
		kinds[name].add(f.Bytes())
		if k := [16]byte(f.Bytes()[40:]); seen[k] {
			t.Errorf("%s: bytes come twice", name)
		} else {
			seen[k] = true
		}
	}
	m.Run(time.Hour)
	phase = "data"
	a, b := m.Nodes[0], m.Nodes[2]
	pack := packetOf(a.Node, b.Node, 1200)
	for range 3000 { // a packet that never changes, there and back, and pings
		m.Ping(0, 2, func(time.Duration, bool) {})
		a.Host.Turn(func(now time.Time) { a.Node.Packet(now, pack, nil) })
		m.Run(20 * time.Millisecond)
	}
	for _, name := range []string{"beacon", "control", "data", "data, long"} {
		c, size := kinds[name], link.FrameShort
		if name == "data, long" {
			size = link.FrameLong
		}
		if c == nil || c.n < 5*256 {
			t.Errorf("%s: too few frames", name)
			continue
		}
		p, at := c.worst(size)
		t.Logf("%s: %d frames, p = %.2g at %d", name, c.n, p, at)
		if p < 1e-4 {
			t.Errorf("%s: position %d is not random (p = %.2g)", name, at, p)
		}
	}
}

// packetOf is an IPv6 packet of n bytes without a next header.
func packetOf(from, to *node.Node, n int) []byte {
	src, dst := from.IP().As16(), to.IP().As16()
	b := make([]byte, n)
	b[0], b[4], b[5], b[6], b[7] = 6<<4, byte((n-40)>>8), byte(n-40), 59, 64
	copy(b[8:], src[:])
	copy(b[24:], dst[:])
	return b
}
