package hop

import (
	"testing"
	"time"

	"hopwire/link"
)

// A cell is a hub, node 0, whose radio reaches nodes 2 and 3, fast and slow, and a
// source, node 1, on a cable.
type cell struct {
	*testNet
	air  map[link.Addr]time.Duration // that a long frame takes
	used map[link.Addr]time.Duration // by all frames
}

// newCell makes the hub's radio one that goes by airtime, or by bytes.
func newCell(t *testing.T, seed uint64, airtime bool) *cell {
	w := &cell{newNet(t, seed, 4, 64), map[link.Addr]time.Duration{}, map[link.Addr]time.Duration{}}
	w.cable(0, 1)
	radio := w.Segment(10 * time.Microsecond)
	for _, k := range []int{0, 2, 3} {
		m := w.nodes[k]
		m.sockets = append(m.sockets, testSocket{radio, [6]byte{2, byte(k), 9}})
	}
	w.start()
	hub := w.nodes[0]
	if !w.RunUntil(20*time.Second, func() bool { return hub.to(2) != nil && hub.to(3) != nil }) {
		t.Fatal("no links by radio")
	}
	e := hub.host.Ends[1]
	e.Air = w.takes
	e.Limit(1, 160).Radio = airtime
	for k, kbits := range map[int]uint32{2: 54_000, 3: 6_000} {
		a := hub.to(k).Addr()
		w.air[a] = 190*time.Microsecond + time.Duration(link.FrameLong*8_000_000/int64(kbits))
		hub.links.SetRate(e.Port, a, link.StationRate{Kbits: kbits})
	}
	return w
}

// takes is how long the radio sends a frame.
func (w *cell) takes(f *link.Frame) time.Duration {
	d, ok := w.air[f.Addr]
	if !ok {
		d = time.Millisecond
	}
	if f.N == link.FrameShort {
		d /= 3
	}
	w.used[f.Addr] += d
	return d
}

// fill has both neighbours sent all that they can take, and returns what of the air
// each had and how many frames of data came to the fast one in a second.
func (w *cell) fill(span time.Duration) (fast, slow, frames float64) {
	src, hub := w.nodes[1], w.nodes[0]
	a, b := src.open(0, 2), src.open(0, 3)
	clear(w.used)
	before := len(w.nodes[2].got)
	gap := 300 * time.Microsecond
	w.every(gap, int(span/gap), func(int) {
		src.send(a, link.FrameLong, "fast")
		src.send(b, link.FrameLong, "slow")
	})
	w.Run(span)
	share := func(k int) float64 { return float64(w.used[hub.to(k).Addr()]) / float64(span) }
	return share(2), share(3), float64(len(w.nodes[2].got)-before) / span.Seconds()
}

// TestSlowStation: beside a neighbour at 6 Mbit/s that is sent all it can take, one at
// 54 has half of the air and half of the frames that the air could carry to it; by
// bytes it would have a fifth.
func TestSlowStation(t *testing.T) {
	const span = 3 * time.Second
	w := newCell(t, 80, true)
	fast, slow, frames := w.fill(span)
	alone := float64(time.Second) / float64(w.air[w.nodes[0].to(2).Addr()])
	if fast < 0.45 || fast > 0.55 || slow < 0.45 || slow > 0.55 || frames < 0.43*alone {
		t.Errorf("the fast one has %.2f of the air and %.0f frames a second of %.0f, the slow one %.2f", fast, frames, alone, slow)
	}
	fast, slow, bytes := newCell(t, 80, false).fill(span)
	if bytes > frames/2 || fast > 0.3 || slow < 0.6 {
		t.Errorf("by bytes the fast one has %.2f of the air and %.0f frames, the slow one %.2f: the test shows nothing", fast, bytes, slow)
	}
	t.Logf("%.0f frames a second by airtime, %.0f by bytes, %.0f alone", frames, bytes, alone)
}
