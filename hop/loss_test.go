package hop

import (
	"fmt"
	"testing"
	"time"

	"hopwire/link"
)

// loseBroken loses the first frames that come backward to node 1, on the line
// what hops say to the source, and counts them.
func (n *testNet) loseBroken(most int) (lost *int) {
	lost = new(int)
	m := n.nodes[1]
	m.evil = func(_ time.Time, _ *link.Link, h link.Header, f *link.Frame) bool {
		if h.Label&backward == 0 || *lost >= most {
			return false
		}
		*lost++
		m.host.Free(f)
		return true
	}
	return lost
}

// cutMiddle takes the link between nodes 2 and 3 down, as node 2 sees it, at once.
func (n *testNet) cutMiddle() {
	n.cables[[2]int{2, 3}].Down = true
	n.nodes[2].host.Turn(func(now time.Time) {
		port, _ := n.nodes[2].to(3).Port()
		n.nodes[2].links.RemovePort(now, port)
	})
}

// TestBrokenLost: the frame that tells the source of a lost link is lost itself. It
// is said again within about a second, with and without traffic, and nothing stays.
func TestBrokenLost(t *testing.T) {
	for _, c := range []struct {
		name  string
		sends bool // before the cut
		goes  bool // and after
	}{{"traffic", true, true}, {"traffic before", true, false}, {"traffic after", false, true}} {
		t.Run(c.name, func(t *testing.T) {
			n := line(t, 20, 6)
			src := n.nodes[0]
			circuit := src.open(span(1, 5)...)
			if c.sends {
				src.send(circuit, link.FrameLong, "before")
			}
			n.Run(20 * time.Millisecond)
			lost := n.loseBroken(1)
			cut := n.Now
			n.cutMiddle()
			for range 300 {
				if c.goes && len(src.broken) == 0 {
					src.send(circuit, link.FrameShort, "after")
				}
				n.Run(10 * time.Millisecond)
			}
			if *lost != 1 {
				t.Fatalf("%d frames were lost, want 1", *lost)
			}
			if len(src.broken) != 1 || src.broken[0].hop != 1 || src.broken[0].why != ReasonLinkDown {
				t.Fatalf("broken %+v, want once by hop 1, link down", src.broken)
			}
			if d := src.broken[0].at.Sub(cut); d < 900*time.Millisecond || d > 2100*time.Millisecond {
				t.Errorf("the source knows after %v, want one to two seconds", d)
			}
			n.wantEmpty(6 * time.Second) // the links of node 3 and beyond go down by silence
		})
	}
}

// TestBrokenNeverComes: every Broken is lost. The tombstone ends, and nothing stays
// whether the source closes the circuit or sends once more, which no hop knows then.
func TestBrokenNeverComes(t *testing.T) {
	for _, c := range []struct {
		frames int
		closes bool
	}{{1, true}, {200, true}, {1, false}} {
		t.Run(fmt.Sprintf("%d frames, closes %v", c.frames, c.closes), func(t *testing.T) {
			n := line(t, 21, 6)
			src := n.nodes[0]
			circuit := src.open(span(1, 5)...)
			src.send(circuit, link.FrameLong, "before")
			n.Run(20 * time.Millisecond)
			lost := n.loseBroken(1000)
			n.cutMiddle()
			for range c.frames {
				src.send(circuit, link.FrameShort, "after")
				n.Run(100 * time.Millisecond)
			}
			n.Run(tombstoneFor + 2*time.Second)
			if m := n.nodes[2]; len(m.relays) != 0 {
				t.Errorf("a tombstone %v after the last frame", tombstoneFor)
			}
			if len(src.broken) != 0 || *lost < 10 {
				t.Errorf("broken %+v, %d frames lost", src.broken, *lost)
			}
			*lost = 1000
			if c.closes {
				src.close(circuit) // as its owner does with what is silent
			} else {
				src.send(circuit, link.FrameShort, "later")
			}
			n.wantEmpty(2 * time.Second)
			if told := len(src.broken) == 1; told == c.closes {
				t.Errorf("broken %+v", src.broken)
			}
		})
	}
}

// TestLossySetups: circuits over fifteen hops with 2 % loss on every link. A circuit
// has come up when a frame of the source, repeated as a handshake is, was answered;
// one that has not is closed like the others, and nothing of either stays.
func TestLossySetups(t *testing.T) {
	const tries = 400
	n := line(t, 22, 16)
	src := n.nodes[0]
	for _, g := range n.cables {
		g.Loss = 0.02
	}
	up, broken := 0, 0
	for i := range tries {
		c := src.begin(n.path(span(1, 15)...))
		if n.answered(c, Patience) {
			up++
		}
		broken += len(src.broken)
		src.broken = nil
		src.close(c)
		if i%20 == 19 { // the last of a lot: at other times, sets-up and ends overlap
			n.wantEmpty(4 * time.Second)
		}
	}
	t.Logf("%d of %d circuits came up, %d were broken", up, tries, broken)
	if up < tries*99/100 {
		t.Errorf("%d of %d circuits came up", up, tries)
	}
	var out, in uint64
	for _, m := range n.nodes {
		out, in = out+m.links.N.Out, in+m.links.N.In
	}
	if in > out*99/100 || in < out*97/100 {
		t.Errorf("%d of %d frames crossed their links, want 98 %%", in, out)
	}
}

// answered says whether a circuit carries a frame to its last hop and an answer
// back in time; both are repeated as those of a handshake are.
func (n *testNet) answered(c *Circuit, within time.Duration) bool {
	src, dst := n.nodes[0], n.nodes[15]
	src.heard = nil
	end := n.Now.Add(within)
	var repeat Repeat
	for n.Now.Before(end) && len(src.broken) == 0 {
		if !n.RunUntil(end.Sub(n.Now), func() bool { return c.Ready() || len(src.broken) > 0 }) {
			return false
		}
		dst.got = nil
		src.send(c, link.FrameLong, "first")
		again := repeat.Sent(n.Now)
		n.RunUntil(again.Sub(n.Now), func() bool { return len(dst.got) > 0 || len(src.broken) > 0 })
		if len(dst.got) > 0 {
			dst.reply(dst.terminals[len(dst.terminals)-1], link.FrameLong, "answer")
		}
		if n.RunUntil(again.Sub(n.Now), func() bool { return len(src.heard) > 0 || len(src.broken) > 0 }) && len(src.heard) > 0 {
			return true
		}
	}
	return false
}
