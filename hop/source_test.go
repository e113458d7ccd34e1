package hop

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

func TestCircuit(t *testing.T) {
	n := line(t, 1, onion.MaxHops+1)
	for hops := 1; hops <= onion.MaxHops; hops++ {
		t.Run(fmt.Sprint(hops, " hops"), func(t *testing.T) {
			n.t = t
			src, dst := n.nodes[0], n.nodes[hops]
			c := src.open(span(1, hops)...)
			if c.opened {
				t.Error("opened before anything came back")
			}
			bothWays(t, n, c, src, dst)
			if !c.opened {
				t.Error("not opened")
			}
			pingAll(t, n, c, hops)
			src.close(c)
			n.wantEmpty(time.Second)
		})
	}
}

// bothWays sends a few frames of both lengths in both directions.
func bothWays(t *testing.T, n *testNet, c *Circuit, src, dst *testNode) {
	t.Helper()
	terminal := dst.terminals[len(dst.terminals)-1]
	dst.got, src.heard = nil, nil
	var there, back []string
	for i, size := range []int{link.FrameLong, link.FrameShort, link.FrameLong} {
		there = append(there, src.send(c, size, fmt.Sprint("there ", i)))
		back = append(back, dst.reply(terminal, size, fmt.Sprint("back ", i)))
	}
	n.Run(100 * time.Millisecond)
	if !slices.Equal(dst.got, there) {
		t.Errorf("last hop got %q, want %q", dst.got, there)
	}
	if !slices.Equal(src.heard, back) {
		t.Errorf("source got %q, want %q", src.heard, back)
	}
}

// pingAll asks each hop: the nearer ones answer sooner, and count what has passed.
func pingAll(t *testing.T, n *testNet, c *Circuit, hops int) {
	t.Helper()
	src := n.nodes[0]
	for hop := range hops {
		src.answers = nil
		sent := n.Now
		src.ping(c, hop, uint32(100+hop))
		if !n.RunUntil(time.Second, func() bool { return len(src.answers) > 0 }) {
			t.Errorf("hop %d does not answer", hop)
			continue
		}
		a := src.answers[0]
		if rtt, want := n.Now.Sub(sent), time.Duration(hop+1)*400*time.Microsecond; rtt != want {
			t.Errorf("hop %d answers after %v, want %v", hop, rtt, want)
		}
		if a.hop != hop || a.ID != uint32(100+hop) || a.c != c {
			t.Errorf("answer %+v to the ping of hop %d", a, hop)
		}
		if want := uint32(4); a.In != want { // three frames and this ping: others end before it
			t.Errorf("hop %d counted %d frames in, want %d", hop, a.In, want)
		}
		if want := uint32(3); a.BackOut < want {
			t.Errorf("hop %d counted %d frames back, want %d or more", hop, a.BackOut, want)
		}
	}
	if src.ping(c, hops, 1) || src.ping(c, -1, 1) {
		t.Error("a hop that is none was pinged")
	}
}

// TestSetupGoesFirst: frames that are sent as soon as may be do not overtake the
// set-up on any link.
func TestSetupGoesFirst(t *testing.T) {
	n := line(t, 2, 6)
	n.Costs.DH = 8 * time.Millisecond
	src, dst := n.nodes[0], n.nodes[5]
	src.ready = func(now time.Time, c *Circuit) {
		for i := range 3 {
			c.Send(now, c.NextSeq(), src.fill(link.FrameLong, fmt.Sprint(i)))
		}
	}
	for _, m := range n.nodes {
		m.order = nil
	}
	c := src.begin(n.path(1, 2, 3, 4, 5))
	n.RunUntil(time.Second, func() bool { return len(dst.got) == 3 })
	for _, m := range n.nodes[1:] {
		if want := []string{"message 16", "frame", "frame", "frame"}; !slices.Equal(m.order, want) {
			t.Errorf("node %d got %q, want %q", m.index, m.order, want)
		}
	}
	if len(dst.got) != 3 {
		t.Errorf("%d frames came through, want 3", len(dst.got))
	}
	src.close(c)
	n.wantEmpty(time.Second)
}

// TestBlame: whom the source is told to avoid.
func TestBlame(t *testing.T) {
	bad := func(p Path, i int) Path { p.Hops[i].Onion[3] ^= 1; return p }
	for _, c := range []struct {
		name string
		path func(n *testNet) Path
		hop  int
		why  Reason
	}{
		{"first hop cannot open", func(n *testNet) Path { return bad(n.path(1, 2, 3), 0) }, -1, ReasonRefused},
		{"third hop cannot open", func(n *testNet) Path { return bad(n.path(1, 2, 3), 2) }, 1, ReasonRefused},
		{"first hop has no such neighbour", func(n *testNet) Path { return n.path(1, 3, 4) }, 0, ReasonNoNext},
		{"second hop has no such neighbour", func(n *testNet) Path { return n.path(1, 2, 4) }, 1, ReasonNoNext},
		{"next is previous", func(n *testNet) Path { return n.path(1, 2, 1) }, 0, ReasonRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := line(t, 3, 5)
			src := n.nodes[0]
			circuit := src.begin(c.path(n))
			n.Run(50 * time.Millisecond)
			src.send(circuit, link.FrameShort, "the first to come is answered")
			n.Run(50 * time.Millisecond)
			if len(src.broken) != 1 || src.broken[0].hop != c.hop || src.broken[0].why != c.why {
				t.Errorf("broken %+v, want once by %d for %d", src.broken, c.hop, c.why)
			}
			n.wantEmpty(time.Second)
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	n := line(t, 4, 3)
	src := n.nodes[0]
	for _, c := range []struct {
		name string
		path Path
		want error
	}{
		{"no hop", Path{}, ErrNoPath},
		{"too many hops", Path{Hops: make([]Hop, MaxHops+1)}, ErrNoPath},
		{"no neighbour", n.path(2), ErrNoPath},
	} {
		if _, err := src.Circuits.Open(n.Now, c.path, 1); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for range n.most {
		src.begin(n.path(1))
	}
	if _, err := src.Circuits.Open(n.Now, n.path(1), 1); err != ErrTooMany {
		t.Errorf("one more than may be: %v, want %v", err, ErrTooMany)
	}
}

// TestCloseAtOnce: nothing stays when the circuit is closed at any moment of its
// set-up.
func TestCloseAtOnce(t *testing.T) {
	n := line(t, 5, 5)
	n.Costs.DH = time.Millisecond
	for at := time.Duration(0); at < 20*time.Millisecond; at += 300 * time.Microsecond {
		c := n.nodes[0].begin(n.path(1, 2, 3, 4))
		n.Run(at)
		n.nodes[0].close(c)
		n.wantEmpty(200 * time.Millisecond)
	}
}

// TestExtend: a way of more hops than one set-up has.
func TestExtend(t *testing.T) {
	n := line(t, 6, onion.MaxHops+5)
	src, dst := n.nodes[0], n.nodes[onion.MaxHops+4]
	c := src.open(span(1, onion.MaxHops)...)
	src.host.Turn(func(now time.Time) {
		if err := c.extend(now, n.path(span(onion.MaxHops+1, onion.MaxHops+4)...).Hops); err != nil {
			t.Fatal(err)
		}
	})
	if !n.RunUntil(time.Second, func() bool { return len(dst.terminals) == 1 }) {
		t.Fatal(n.state())
	}
	if m := n.nodes[onion.MaxHops]; m.closed != 1 {
		t.Errorf("the last hop before was told %d times that it is none, want 1", m.closed)
	}
	bothWays(t, n, c, src, dst)
	for hop := range onion.MaxHops + 4 {
		src.answers = nil
		src.ping(c, hop, 7)
		n.Run(20 * time.Millisecond)
		if len(src.answers) != 1 || src.answers[0].hop != hop {
			t.Errorf("ping of hop %d: %+v", hop, src.answers)
		}
	}
	src.close(c)
	n.wantEmpty(time.Second)
}
