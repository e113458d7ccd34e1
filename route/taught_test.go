package route_test

import (
	"encoding/binary"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/route/meshtest"
)

// TestTaughtAddress: a packet to a node that nobody has heard of yet finds its key
// when a name has taught it, waits, and arrives once the node is announced. Without
// the lesson it is answered by an ICMP error.
func TestTaughtAddress(t *testing.T) {
	for _, teach := range []bool{true, false} {
		m := meshtest.Line(meshtest.Options{Seed: 21}, 3)
		m.Nodes[0].Boot()
		m.Nodes[1].Boot()
		m.RunUntil(10*time.Second, func() bool { return len(m.Nodes[0].Map.Known(m.Now)) == 1 })
		a, c := m.Nodes[0], m.Nodes[2]
		packet := make([]byte, 48)
		packet[0], packet[6], packet[7] = 6<<4, 17, 64
		binary.BigEndian.PutUint16(packet[4:], 8)
		copy(packet[8:], a.ID.Key().IPv6().AsSlice())
		copy(packet[24:], c.ID.Key().IPv6().AsSlice())
		a.Host.Turn(func(now time.Time) {
			if teach {
				a.Node.Teach(c.ID.Key())
			}
			if _, ok := a.Node.Lookup(c.ID.Key().IPv6()); ok != teach {
				t.Errorf("teach %v: the key is found: %v", teach, ok)
			}
			a.Node.Packet(now, packet, nil)
		})
		c.Boot()
		arrived := m.RunUntil(10*time.Second, func() bool { return len(c.Packets) > 0 })
		if arrived != teach || teach == (a.Node.N.NoPeer > 0) {
			t.Errorf("teach %v: arrived %v, %+v", teach, arrived, a.Node.N)
		}
		if teach && string(c.Packets[0]) != string(packet) {
			t.Errorf("arrived as %x", c.Packets[0])
		}
		a.Host.Turn(func(now time.Time) {
			if err := a.Node.Want(now, c.ID.Key()); err == hop.ErrUnknown {
				t.Error("still unknown")
			}
		})
	}
}
