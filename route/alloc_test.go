//go:build !race

package route_test

import (
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// TestRelayAllocatesNothing: a frame that passes through a node, both ways.
func TestRelayAllocatesNothing(t *testing.T) {
	m := meshtest.Line(meshtest.Options{Seed: 40}, 3)
	m.Run(3 * time.Second)
	answered(m, 0, 2, time.Second)
	relay := m.Nodes[1]
	var last []byte
	var from *linktest.End
	m.Trace = func(_ time.Time, _ *linktest.Segment, e *linktest.End, f *link.Frame) {
		if e.Host == m.Nodes[0].Host && f.N == link.FrameShort {
			last, from = append(last[:0], f.Bytes()...), e
		}
	}
	// fresh frames of the source, caught before the relay sees them
	var frames [][]byte
	for _, g := range m.Cables {
		g.Down = true
	}
	for range 300 {
		m.Ping(0, 2, func(time.Duration, bool) {})
		frames = append(frames, append([]byte(nil), last...))
	}
	m.Trace = nil
	before, n := relay.Circuits.N.Relayed, 0
	addr := link.MACAddr(from.MAC)
	f := relay.Host.Alloc()
	relay.Host.Free(f)
	got := testing.AllocsPerRun(200, func() {
		f := relay.Host.Alloc()
		f.Addr, f.N = addr, copy(f.Room(), frames[n])
		n++
		relay.Receive(m.Now, 0, f)
	})
	if relayed := relay.Circuits.N.Relayed - before; got != 0 || relayed < 200 {
		t.Errorf("%v allocations a frame; %d relayed", got, relayed)
	}
}
