package hop

import (
	"maps"
	"slices"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/linktest"
)

// steps are what a relay does with a frame; 'make insns' knows the names. relay is
// all of it, by a lane: open, look up, layer, seal.
var steps = map[string]func(b *testing.B){
	"label":       benchmarkLabel,
	"relay/long":  func(b *testing.B) { benchmarkRelay(b, link.FrameLong) },
	"relay/short": func(b *testing.B) { benchmarkRelay(b, link.FrameShort) },
}

func BenchmarkStep(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		b.Run(name, steps[name])
	}
}

// benchmarkRelay prepares as many frames whatever b.N is, so that the difference of
// two runs is the relay's work alone.
func benchmarkRelay(b *testing.B, size int) {
	const fresh = 900 // numbers are used once, and stay within the windows
	b.StopTimer()
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for done := 0; done < b.N; done += fresh {
		n := line(b, 1, 3)
		c := n.nodes[0].open(1, 2)
		frames, from := n.catch(c, size, fresh)
		m := n.nodes[1]
		before := m.Circuits.N.Relayed
		count := min(fresh, b.N-done)
		b.StartTimer()
		for batch := range slices.Chunk(frames[:count], 25) {
			for _, bytes := range batch {
				f := m.host.Alloc()
				f.Addr, f.N = from, copy(f.Room(), bytes)
				m.lane.Frame(n.Now, 0, f)
			}
			m.lane.Drain(n.Now, m.host.Send)
		}
		b.StopTimer()
		if got := m.Circuits.N.Relayed - before; got != uint64(count) {
			b.Fatalf("%d of %d frames relayed", got, count)
		}
	}
}

// catch has the source send frames that nobody receives, and returns them.
func (n *testNet) catch(c *Circuit, size, count int) (frames [][]byte, from link.Addr) {
	for _, g := range n.cables {
		g.Down = true
	}
	n.Trace = func(_ time.Time, _ *linktest.Segment, e *linktest.End, f *link.Frame) {
		if e.Host == n.nodes[0].host {
			frames, from = append(frames, append([]byte(nil), f.Bytes()...)), link.MACAddr(e.MAC)
		}
	}
	for range count {
		n.nodes[0].send(c, size, "caught")
	}
	n.Trace = nil
	return frames, from
}

// benchmarkLabel looks circuits up all over a full table: 2,048 of one neighbour's.
func benchmarkLabel(b *testing.B) {
	const circuits = 2048
	s := &side{cs: &Circuits{table: newRelayTable(circuits)}, in: make([]entry, circuits)}
	for i := range s.cs.table.relays {
		r := &s.cs.table.relays[i]
		r.id, r.upLabel = int32(i), uint32(i)|3*generation
		s.in[i] = entry{of: r.ref(), newest: r.upLabel}
	}
	b.ReportAllocs()
	for i := range b.N {
		label := uint32(i*911%circuits) | 3*generation
		if s.relay(label) == nil {
			b.Fatal("no circuit")
		}
	}
}
