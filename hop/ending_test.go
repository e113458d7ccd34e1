package hop

import (
	"fmt"
	"hopwire/link"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

// hub is a node between 1 and 2 that relays circuits from one to the other, and has some of
// its own to 2.
func hub(t testing.TB, relayed, own int) *testNet {
	n := newNet(t, 700, 3, relayed+own)
	n.cable(0, 1)
	n.cable(0, 2)
	n.start()
	for i := 0; i < relayed; i++ {
		n.nodes[1].begin(n.path(0, 2))
		n.Run(time.Millisecond)
		if i%100 == 99 {
			n.Run(5200 * time.Millisecond) // what a neighbour takes
		}
	}
	for range own {
		n.nodes[0].begin(n.path(2))
		n.Run(time.Millisecond)
	}
	n.Run(2 * time.Second)
	if used, _ := n.nodes[0].Circuits.Load(); used != relayed || len(n.nodes[0].own) != own {
		t.Fatalf("%d circuits pass through, %d are its own; want %d and %d", used, len(n.nodes[0].own), relayed, own)
	}
	return n
}

// left is how many circuits of node 0 still use a link that is down.
func (m *testNode) left() (n int) {
	for _, s := range m.ending {
		for _, c := range m.own {
			if c.side == s {
				n++
			}
		}
		for _, r := range m.relays {
			if r.up == s || r.down == s {
				n++
			}
		}
	}
	return n
}

// TestLinkDownInTurns: the circuits of a link that goes down end in several turns, no more
// than so many in each, our own first; whichever side is lost, nothing is left.
func TestLinkDownInTurns(t *testing.T) {
	const relayed, own = 700, 60
	for _, lost := range []int{1, 2} {
		t.Run(fmt.Sprint("of node ", lost), func(t *testing.T) {
			n := hub(t, relayed, own)
			m := n.nodes[0]
			l, want := m.to(lost), relayed
			if lost == 2 {
				want += own
			}
			m.Circuits.LinkDown(n.Now, l)
			if got := m.left(); got != want {
				t.Fatalf("%d circuits end at once, %d are left, want none and %d", want-got, got, want)
			}
			turns := 0
			for left := want; left > 0; turns++ {
				m.Circuits.Advance(n.Now)
				now := m.left()
				if left-now > endsATurn {
					t.Fatalf("%d circuits ended in one turn, want at most %d", left-now, endsATurn)
				}
				if left = now; turns == 0 && lost == 2 && len(m.own) != 0 {
					t.Errorf("%d of our own are left after one turn", len(m.own))
				}
			}
			if least := (want + endsATurn - 1) / endsATurn; turns != least {
				t.Errorf("it took %d turns, want %d", turns, least)
			}
			if m.Circuits.Advance(n.Now); len(m.ending) != 0 {
				t.Error("it goes on for ever")
			}
			if lost == 2 && (len(m.broken) != own || m.Circuits.N.Tombs != relayed) {
				t.Errorf("%d of %d owners were told, %d tombstones of %d", len(m.broken), own, m.Circuits.N.Tombs, relayed)
			}
			if used, _ := m.Circuits.Load(); lost == 1 && used != 0 {
				t.Errorf("%d circuits pass through still", used)
			}
		})
	}
}

// TestLinkDownMeanwhile: between those turns frames come both ways for circuits that have
// not ended yet, and some are closed by their source. No count goes wrong, no frame is
// lost hold of, each source is told, and in the end nothing is left.
func TestLinkDownMeanwhile(t *testing.T) {
	n := hub(t, 700, 0)
	src, m, dst := n.nodes[1], n.nodes[0], n.nodes[2]
	all := slices.Clone(src.own)
	for i := range 10 { // of circuits whose turn is late, and early
		src.send(all[i], link.FrameShort, "forth")
		src.send(all[len(all)-1-i], link.FrameShort, "forth")
		dst.reply(dst.terminals[i], link.FrameShort, "back")
		dst.reply(dst.terminals[len(all)-1-i], link.FrameShort, "back")
	}
	for _, c := range all[300:310] {
		src.close(c)
	}
	before := m.host.Live
	m.host.Turn(func(now time.Time) {
		id, _ := m.to(2).Port()
		m.links.RemovePort(now, id)
	})
	if m.left() == 0 {
		t.Fatal("all circuits ended in one turn: the test is blind")
	}
	for range 300 {
		n.Run(time.Microsecond)
		m.check(t)
	}
	for i, c := range src.own {
		src.send(c, link.FrameShort, fmt.Sprint(i))
	}
	if n.Run(time.Second); len(src.broken) != len(all)-10 {
		t.Errorf("%d of %d sources were told", len(src.broken), len(all)-10)
	}
	n.Run(tombstoneFor)
	if used, _ := m.Circuits.Load(); used != 0 || m.host.Live > before || len(src.own) != 0 {
		t.Errorf("left are %d circuits, %d at the source, %d frames, %d before", used, len(src.own), m.host.Live, before)
	}
}

// BenchmarkLinkDown: the longest turn, and all of them, when a link goes down that 2,048
// circuits go to, at best: other work of the machine is not the turn's.
func BenchmarkLinkDown(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it is not the turn's
	worst, all := time.Hour, time.Hour
	for range b.N {
		b.StopTimer()
		runtime.GC()
		n := hub(b, 2048, 0)
		m := n.nodes[0]
		for _, c := range n.nodes[1].own { // a source is told by an answer to a frame
			n.nodes[1].send(c, link.FrameShort, "to be answered")
			n.Run(time.Millisecond)
		}
		b.StartTimer()
		begun := time.Now()
		m.Circuits.LinkDown(n.Now, m.to(2))
		took := time.Since(begun)
		for len(m.ending) > 0 {
			begun := time.Now()
			m.Circuits.Advance(n.Now)
			took = max(took, time.Since(begun))
		}
		all, worst = min(all, time.Since(begun)), min(worst, took)
	}
	b.ReportMetric(float64(worst.Microseconds()), "µs/worst-turn")
	b.ReportMetric(float64(all.Microseconds()), "µs/all")
}
