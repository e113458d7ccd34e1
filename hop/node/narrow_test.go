package node

import (
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/link"
)

// narrowMTU passes short frames and no long ones.
const narrowMTU = (link.FrameShort + link.FrameLong) / 2

// bulk sends packets that fill long frames.
func (m *member) bulk(to *member, gap, length time.Duration) {
	w := m.w
	for end := w.Now.Add(length); w.Now.Before(end); w.Run(gap) {
		m.sendSize(to, 1380)
		to.sendSize(m, 100)
	}
}

// sendSize sends one packet so long.
func (m *member) sendSize(to *member, size int) {
	p := datagram(m.IP(), to.IP(), 1, m.sent, size)
	m.sent++
	m.host.Turn(func(now time.Time) { m.Packet(now, p, nil) })
}

// TestNarrowWay: a cable begins to lose long frames and no others: while a transfer runs,
// forth or back; while short packets alone are under way; and where there is no warm
// circuit, but a way. Long packets arrive again within two seconds (a transfer that has
// none under way yet: six), and the map is told.
func TestNarrowWay(t *testing.T) {
	for _, c := range []struct {
		name        string
		back, later bool
		warm        bool
		within      time.Duration
	}{
		{"forth", false, false, true, 2 * time.Second},
		{"back", true, false, true, 2 * time.Second},
		{"no warm circuit", false, false, false, 2 * time.Second},
		{"before a transfer back", true, true, true, 7 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := line4(t, 60, cableDelay)
			src, dst := w.members[0], w.members[3]
			w.connect(src, dst)
			if !c.warm {
				src.way.ways[3] = [][]int{{1, 2, 3}}
				src.mate(dst).closeWarm(w)
			}
			from, to := src, dst
			if c.back {
				from, to = dst, src
			}
			if !c.later {
				from.bulk(to, 20*time.Millisecond, 3*time.Second)
			}
			src.way.ways[3] = [][]int{{1, 2, 3}, {4, 3}}
			w.lane(1, 2).MTU = narrowMTU
			if c.later {
				for range 15 {
					src.sendSize(dst, 100)
					w.Run(20 * time.Millisecond)
				}
			}
			from.bulk(to, 20*time.Millisecond, c.within)
			before := len(to.got)
			from.bulk(to, 20*time.Millisecond, 500*time.Millisecond)
			if n := len(to.got) - before; n < 24 {
				t.Errorf("%d of 25 long packets arrived after %v", n, c.within)
			}
			src.wantOwn(dst, "active", []int{4, 3})
			if f := src.way.failed; len(f) < 3 || f[0].why != hop.ReasonLoss || src.N.Narrow != 1 {
				t.Errorf("the map was told %+v, %d narrow ways; want loss at each hop, one", f, src.N.Narrow)
			}
		})
	}
}

// closeWarm closes the warm circuit.
func (p *peer) closeWarm(w *world) {
	w.Run(500 * time.Millisecond)
	p.n.env.(interface{ Turn(func(time.Time)) }).Turn(func(now time.Time) {
		if p.warm != nil {
			p.warm.close(now)
		}
	})
}

// TestNarrowAndNoOtherWay: short packets still pass by the only way, and when long ones do
// again, the circuit is as good as before.
func TestNarrowAndNoOtherWay(t *testing.T) {
	w := diamond(t, 61)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	src.bulk(dst, 20*time.Millisecond, time.Second)
	w.lane(1, 3).MTU = narrowMTU
	src.bulk(dst, 20*time.Millisecond, 4*time.Second)
	before := len(dst.got)
	for range 50 {
		src.sendSize(dst, 100)
		w.Run(20 * time.Millisecond)
	}
	if n := len(dst.got) - before; n < 49 || !src.mate(dst).active.narrow {
		t.Errorf("%d of 50 short packets arrived; narrow is %v", n, src.mate(dst).active.narrow)
	}
	w.lane(1, 3).MTU = 0
	before = len(dst.got)
	src.bulk(dst, 20*time.Millisecond, 2*time.Second)
	if n := len(dst.got) - before; n < 99 || src.mate(dst).active.narrow {
		t.Errorf("%d of 100 long packets arrived; narrow is %v", n, src.mate(dst).active.narrow)
	}
	src.wantOwn(dst, "active", []int{1, 3})
}

// TestLossIsNotNarrow: a cable that loses a tenth of all frames, long and short, is no
// narrow one.
func TestLossIsNotNarrow(t *testing.T) {
	w := diamond(t, 62)
	src, dst := w.ends()
	w.connect(src, dst)
	w.lane(1, 3).Loss, w.lane(2, 3).Loss = 0.1, 0.1
	src.bulk(dst, 20*time.Millisecond, time.Minute)
	if src.N.Narrow != 0 {
		t.Errorf("%d narrow ways, want none", src.N.Narrow)
	}
}
