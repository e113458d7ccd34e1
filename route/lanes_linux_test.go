package route_test

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/nic"
)

// meshPacket is an IPv6 packet with a UDP datagram between two mesh addresses.
func meshPacket(from, to netip.Addr, size int) []byte {
	p := make([]byte, 40+size)
	p[0], p[6], p[7] = 6<<4, 17, 64
	binary.BigEndian.PutUint16(p[4:], uint16(size))
	copy(p[8:], from.AsSlice())
	copy(p[24:], to.AsSlice())
	binary.BigEndian.PutUint16(p[44:], uint16(size))
	return p
}

// TestLanes: a relay with two ports, each on a lane of its own where there are two
// cores, passes frames on in both directions at once, thirty times as many as its pool
// has: none is kept, and every frame is counted. Under the race detector this is the
// test of what the lanes share.
func TestLanes(t *testing.T) {
	r, first := udpNode(t)
	u, err := nic.OpenUDP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.AddPort(u, link.PortInfo{Name: "udp2"})
	second := netip.AddrPortFrom(first.Addr(), uint16(u.LocalPort()))
	key := r.Node().Key()
	a, _ := udpNode(t, link.Static{Key: key, Addr: link.UDPAddr(first)})
	b, _ := udpNode(t, link.Static{Key: key, Addr: link.UDPAddr(second)})
	until(t, "a reaches b", func() bool { return a.pings(b.Node().Key()) })
	until(t, "b reaches a", func() bool { return b.pings(a.Node().Key()) })
	const packets, burst = 20_000, 20
	in := func(e *end) (n uint64) {
		e.Turn(func(time.Time) { n = e.Node().N.PacketsIn })
		return n
	}
	var done sync.WaitGroup
	for _, way := range [][2]*end{{a, b}, {b, a}} {
		from, to := way[0], way[1]
		p := meshPacket(from.Node().IP(), to.Node().IP(), 1300)
		done.Go(func() {
			for sent := uint64(0); sent < packets; sent += burst {
				from.Turn(func(now time.Time) {
					for range burst {
						from.Node().Packet(now, p[:48], p[48:])
					}
				})
				// As many under way as a socket holds: what is lost is lost there.
				for begun := time.Now(); in(to)+3*burst < sent && time.Since(begun) < 20*time.Millisecond; {
				}
			}
		})
	}
	done.Wait()
	for _, e := range []*end{a, b} {
		if got := in(e); got < packets*9/10 {
			t.Errorf("%d of %d packets came", got, packets)
		}
	}
	r.Turn(func(time.Time) {
		n := r.Node()
		c, l := n.Circuits.N, n.Links.N
		if passed := c.Relayed + c.RelayedBack; passed < 2*packets*9/10 || l.In < passed || l.Out < passed {
			t.Errorf("%d frames passed on, %d in, %d out", passed, l.In, l.Out)
		}
	})
	until(t, "a still reaches b", func() bool { return a.pings(b.Node().Key()) })
}
