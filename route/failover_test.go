package route_test

import (
	"slices"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// Failover on a ring of six with hops of 5 ms: from 0 to 3 there are two ways of three
// hops, over 1 and 2 and over 5 and 4.

// relayOf returns the ring, its traffic under way, and the first two relays of the way.
func relaysInUse(t *testing.T, seed uint64) (m *meshtest.Mesh, first, second int) {
	t.Helper()
	m = meshtest.Ring(meshtest.Options{Seed: seed, Delay: 5 * time.Millisecond}, 6)
	m.Run(8 * time.Second)
	answered(m, 0, 3, 2*time.Second)
	m.Run(3 * time.Second)
	w := way(m, 0, 3)
	if len(w) != 3 {
		t.Fatalf("the way is %v", w)
	}
	return m, w[0], w[1]
}

// unplug is a cable whose both ends lose their carrier: the ports go.
func unplug(m *meshtest.Mesh, i, j int) {
	g := m.Cables[[2]int{min(i, j), max(i, j)}]
	g.Down = true
	for _, n := range m.Nodes {
		for _, e := range g.Ends {
			if e.Host == n.Host {
				n.Host.Turn(func(now time.Time) { n.Links.RemovePort(now, e.Port) })
			}
		}
	}
}

// A foul node keeps its links and takes set-ups, but passes frames of circuits on as it
// likes.
type foul struct {
	*node.Node
	lane *hop.Lane
	host *linktest.Host
	pass func(f *link.Frame) bool
}

func (n *foul) Receive(now time.Time, port int, f *link.Frame) {
	n.lane.Frame(now, port, f)
	n.lane.Drain(now, func(port int, f *link.Frame) {
		if n.pass(f) {
			n.host.Send(port, f)
		} else {
			n.host.Free(f)
		}
	})
}

func turnFoul(n *meshtest.Node, pass func(f *link.Frame) bool) {
	n.Host.Core = &foul{n.Node, hop.NewLane(n.Links, n.Circuits, n.EaseReceived), n.Host, pass}
}

// TestFailover: what stops traffic, and for how long at most.
func TestFailover(t *testing.T) {
	for _, c := range []struct {
		name string
		most time.Duration
		fail func(m *meshtest.Mesh, first, second int)
	}{
		{"carrier lost at the source", 100 * time.Millisecond, func(m *meshtest.Mesh, first, _ int) { unplug(m, 0, first) }},
		{"carrier lost between relays", 100 * time.Millisecond, func(m *meshtest.Mesh, first, second int) { unplug(m, first, second) }},
		{"carrier lost at the far end", 100 * time.Millisecond, func(m *meshtest.Mesh, _, second int) { unplug(m, second, 3) }},
		{"cut without carrier", time.Second, func(m *meshtest.Mesh, first, second int) {
			m.Cables[[2]int{min(first, second), max(first, second)}].Down = true
		}},
		{"relay dies", time.Second, func(m *meshtest.Mesh, first, _ int) { m.Nodes[first].Host.Kill() }},
		{"relay is silent", time.Second, func(m *meshtest.Mesh, first, _ int) {
			turnFoul(m.Nodes[first], func(*link.Frame) bool { return false })
		}},
		{"second relay is silent", time.Second, func(m *meshtest.Mesh, _, second int) {
			turnFoul(m.Nodes[second], func(*link.Frame) bool { return false })
		}},
		{"relay tampers", time.Second, func(m *meshtest.Mesh, first, _ int) {
			turnFoul(m.Nodes[first], func(f *link.Frame) bool { f.Body()[100] ^= 1; return true })
		}},
		{"second relay tampers", time.Second, func(m *meshtest.Mesh, _, second int) {
			turnFoul(m.Nodes[second], func(f *link.Frame) bool { f.Body()[100] ^= 1; return true })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, first, second := relaysInUse(t, 90)
			m.After(2*time.Second, func() { c.fail(m, first, second) })
			gap := stream(m, 0, 3, 8*time.Second)
			t.Logf("no answer for %v", gap)
			if gap > c.most+20*time.Millisecond+30*time.Millisecond { // between two pings, and a round trip
				t.Errorf("no answer for %v, want at most %v", gap, c.most)
			}
			if w := way(m, 0, 3); len(w) != 3 || w[0] == first {
				t.Errorf("the way is %v still", w)
			}
		})
	}
}

// wayEach notes the way each second, and returns how often it changed.
func wayEach(m *meshtest.Mesh, i, j int, d time.Duration) (changes int) {
	old := way(m, i, j)
	for at := time.Second; at <= d; at += time.Second {
		m.After(at, func() {
			if w := way(m, i, j); len(w) > 0 && !slices.Equal(w, old) {
				old, changes = w, changes+1
			}
		})
	}
	stream(m, i, j, d)
	return changes
}

// TestSaturatedPath: the better way is full for ten minutes of somebody else's traffic.
// Its queues drop, which is no fault of any relay; traffic changes sides at most twice.
func TestSaturatedPath(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m := meshtest.Ring(meshtest.Options{Seed: 91, Delay: 5 * time.Millisecond}, 5)
	m.Run(8 * time.Second)
	answered(m, 0, 2, 2*time.Second)
	var queues []*link.Queue
	for _, e := range m.Cables[[2]int{1, 2}].Ends {
		queues = append(queues, e.Limit(2e6/8, 160))
	}
	from, to := m.Nodes[1], m.Nodes[2]
	p := meshPacket(from.IP(), to.IP(), 1300)
	end := m.Now.Add(10 * time.Minute)
	var flood func()
	flood = func() {
		from.Host.Turn(func(now time.Time) { from.Packet(now, p[:48], p[48:]) })
		if m.Now.Before(end) {
			m.After(4*time.Millisecond, flood) // 2.6 Mbit/s
		}
	}
	flood()
	changes := wayEach(m, 0, 2, 10*time.Minute)
	lossy, dropped := m.Nodes[0].N.Lossy+m.Nodes[1].N.Lossy, queues[0].Dropped+queues[1].Dropped
	t.Logf("%d switches, the way is %v; queues dropped %d frames", changes, way(m, 0, 2), dropped)
	if dropped < 1000 {
		t.Errorf("queues dropped %d frames: it is not full", dropped)
	}
	if changes > 2 || lossy > 0 {
		t.Errorf("%d switches, want at most 2; %d circuits blamed for what queues dropped", changes, lossy)
	}
}

// TestOldPathIsTriedAgain: a cable was cut for a while. Ten minutes later, which is the
// longest that a link is avoided, traffic is back on the better way.
func TestOldPathIsTriedAgain(t *testing.T) {
	m := meshtest.Ring(meshtest.Options{Seed: 92, Delay: 5 * time.Millisecond}, 5)
	m.Run(8 * time.Second)
	answered(m, 0, 2, 2*time.Second)
	cable := m.Cables[[2]int{1, 2}]
	m.After(2*time.Second, func() { cable.Down = true })
	stream(m, 0, 2, 30*time.Second)
	if w := way(m, 0, 2); len(w) != 3 {
		t.Fatalf("the way is %v while the better one is cut", w)
	}
	cable.Down = false
	begun := m.Now
	for range 600 {
		if stream(m, 0, 2, time.Second); len(way(m, 0, 2)) == 2 {
			t.Logf("back after %v", m.Now.Sub(begun))
			return
		}
	}
	t.Errorf("the way is %v still", way(m, 0, 2))
}
