package node

import (
	mrand "math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/ip"
	"hopwire/link/identity"
)

func taughtKey(i int) (k identity.Key) {
	k[0], k[1] = byte(i), byte(i>>8)
	return k
}

// TestTaughtIsBounded: the address that was longest unused makes room.
func TestTaughtIsBounded(t *testing.T) {
	n := &Node{}
	for i := range maxTaught {
		n.Teach(taughtKey(i + 1))
	}
	if key, ok := n.taught.get(taughtKey(1).IPv6()); !ok || key != taughtKey(1) {
		t.Fatalf("the first is %v %v", key, ok)
	}
	n.Teach(taughtKey(2)) // again
	for i := range 10 {
		n.Teach(taughtKey(maxTaught + 1 + i))
	}
	if len(n.taught) != maxTaught {
		t.Errorf("%d are kept", len(n.taught))
	}
	for i, want := range map[int]bool{1: true, 2: true, 3: false, 12: false, 13: true, maxTaught: true, maxTaught + 10: true} {
		if _, ok := n.taught.get(taughtKey(i).IPv6()); ok != want {
			t.Errorf("%d: kept %v, want %v", i, ok, want)
		}
	}
	if n.Teach(n.key); len(n.taught) != maxTaught {
		t.Error("its own address is taught")
	}
}

// lostMap knows nobody.
type lostMap struct{ Map }

func (lostMap) Paths(time.Time, identity.Key, int) ([]hop.Path, error) { return nil, hop.ErrUnknown }
func (lostMap) Lookup(netip.Addr) (identity.Key, bool)                 { return identity.Key{}, false }

// TestLostCauses: addresses that lead nowhere fill neither the table of peers nor
// the memory.
func TestLostCauses(t *testing.T) {
	now := time.Unix(1e9, 0)
	n := &Node{c: Config{MaxPeers: 4, QueueMemory: queueMemory}, key: taughtKey(60000), Map: lostMap{}, peers: map[identity.Key]*peer{}, byIP: map[netip.Addr]*peer{}, icmp: new(ip.ErrorLimit),
		jitter: mrand.New(mrand.NewPCG(1, 2))}
	n.ip = n.key.IPv6()
	real := n.peer(now, taughtKey(50000)) // no way has been missed yet
	for i := range 100 {
		key := taughtKey(i + 1)
		n.Teach(key)
		for range 2 * maxQueue {
			n.Packet(now, datagram(n.ip, key.IPv6(), 1, 0, 140), nil)
		}
		if p := n.peers[key]; p == nil || len(p.queue.packets) > maxQueueLost {
			t.Fatalf("peer %d: %+v", i, p)
		}
	}
	if len(n.order) != 4 || n.peers[taughtKey(50000)] != real || n.N.NoRoom > 0 {
		t.Errorf("%d peers, %+v", len(n.order), n.N)
	}
	if n.N.QueueFull != 100*(2*maxQueue-maxQueueLost) {
		t.Errorf("%d did not fit", n.N.QueueFull)
	}
}
