package route_test

import (
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// TestAttackGarbage: a stranger fills two of the victim's cables with random bytes, long,
// short and broadcast, half of them from an honest neighbour's MAC address.
func TestAttackGarbage(t *testing.T) {
	s := meshtest.ShortSpan()
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 930}, s.Leaves)
	b.Foe(0)
	ends := b.Nodes[0].Host.Ends
	b.Fight("stranger: 4,000 frames of garbage a second", s, 0, func() func() {
		n, bytes := 0, make([]byte, link.FrameLong)
		return b.Every(250*time.Microsecond, func() {
			for i := range 16 {
				bytes[i] = byte(b.Rand.Uint32())
			}
			n++
			from := link.MACAddr([6]byte{2, 0xbb, byte(n >> 8), byte(n)})
			if honest := peerOf(b.Nodes[0].Links, 0); n%2 == 0 && honest != nil {
				from = honest.Addr()
			}
			size := []int{link.FrameLong, link.FrameShort}[n/2%2]
			ends[n%2*(len(ends)-1)].Inject(from, n%3 == 0, bytes[:size])
		})
	})
}

// peerOf is a link of a port.
func peerOf(ls *link.Links, port int) *link.Link {
	for _, l := range ls.All() {
		if id, _ := l.Port(); id == port {
			return l
		}
	}
	return nil
}

// TestAttackPlugs: a foe plugs in port after port and identity after identity on its
// cable, each of which becomes a neighbour, on figures of a MIPS.
func TestAttackPlugs(t *testing.T) {
	s := meshtest.ShortSpan()
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 931, Costs: linktest.MIPS}, s.Leaves)
	foe := b.Foe(0)
	most := 0
	b.Fight("insider: ports and identities, 8 a second", s, 20*time.Millisecond, func() func() {
		n := 0
		return b.Every(125*time.Millisecond, func() {
			if n++; n%2 == 0 && n < 50 {
				foe.Plug()
			} else if n < 50 {
				foe.Again()
			}
			most = max(most, len(b.Nodes[0].Links.All()))
		})
	})
	if most > s.Leaves+64 { // links of one port
		t.Errorf("the victim had %d links, of which %d are honest", most, s.Leaves)
	}
}
