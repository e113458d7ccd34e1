package hop

import (
	"fmt"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

// long is a line of twenty nodes and a circuit over the first sixteen hops of it.
func long(t *testing.T, seed uint64) (n *testNet, c *Circuit) {
	n = line(t, seed, 20)
	return n, n.nodes[0].open(span(1, onion.MaxHops)...)
}

// extend has the circuit go on over some nodes.
func (n *testNet) extend(c *Circuit, nodes ...int) (err error) {
	n.nodes[0].host.Turn(func(now time.Time) { err = c.extend(now, n.path(nodes...).Hops) })
	return err
}

// loses has a node lose the first frames that are of a kind, and counts them.
func (m *testNode) loses(most int, kind func(h link.Header, size int) bool) (lost *int) {
	lost = new(int)
	m.evil = func(_ time.Time, _ *link.Link, h link.Header, f *link.Frame) bool {
		if *lost >= most || !kind(h, f.N) {
			return false
		}
		*lost++
		m.host.Free(f)
		return true
	}
	return lost
}

func isExtend(h link.Header, size int) bool { return h.Label&backward == 0 && size == link.FrameLong }
func isAnswer(h link.Header, _ int) bool    { return h.Seq&onion.AnswerBit != 0 }

// TestExtendLost: an Extend, the answer that shows that it came, or both are lost;
// the circuit carries traffic all the same, and the hop that was the last takes no
// repetition for a frame to pass on.
func TestExtendLost(t *testing.T) {
	for _, c := range []struct {
		name             string
		extends, answers int
	}{{"none", 0, 0}, {"extend", 1, 0}, {"extends", 5, 0}, {"answer", 0, 1}, {"answers", 0, 4}, {"both", 2, 2}} {
		t.Run(c.name, func(t *testing.T) {
			n, circuit := long(t, 30)
			src, dst := n.nodes[0], n.nodes[19]
			extends, answers := n.nodes[onion.MaxHops].loses(c.extends, isExtend), n.nodes[1].loses(c.answers, isAnswer)
			if err := n.extend(circuit, 17, 18, 19); err != nil {
				t.Fatal(err)
			}
			if !n.RunUntil(4*time.Second, func() bool { return len(dst.terminals) == 1 && circuit.growth == nil }) {
				t.Fatalf("%d hops have a circuit to pass on, %+v", n.nodes[19].Circuits.N.Setups, circuit.growth)
			}
			if *extends != c.extends || *answers != c.answers {
				t.Errorf("lost %d extends and %d answers, want %d and %d", *extends, *answers, c.extends, c.answers)
			}
			n.Run(time.Second)
			pings := uint64(1 + c.extends) // those that came before the Extend did
			if spoiled := n.nodes[17].Circuits.N.Spoiled + n.nodes[18].Circuits.N.Spoiled + dst.Circuits.N.Spoiled; spoiled != 0 || n.nodes[onion.MaxHops].Circuits.N.Spoiled > pings {
				t.Errorf("%d frames spoiled beyond, %d at the hop that was the last", spoiled, n.nodes[onion.MaxHops].Circuits.N.Spoiled)
			}
			n.nodes[onion.MaxHops].reply(n.nodes[onion.MaxHops].terminals[0], link.FrameShort, "of who is the last no more")
			bothWays(t, n, circuit, src, dst)
			if spoiled := src.Circuits.N.Spoiled; spoiled != 0 {
				t.Errorf("%d spoiled frames came to the source", spoiled)
			}
			if len(src.broken) != 0 || n.nodes[onion.MaxHops].closed != 1 {
				t.Errorf("broken %+v; the hop that was the last was told %d times", src.broken, n.nodes[onion.MaxHops].closed)
			}
			src.close(circuit)
			n.wantEmpty(time.Second)
		})
	}
}

// TestExtendNeverArrives: the source is told, and nothing stays.
func TestExtendNeverArrives(t *testing.T) {
	n, c := long(t, 31)
	src := n.nodes[0]
	lost := n.nodes[onion.MaxHops].loses(1000, isExtend)
	n.extend(c, 17, 18, 19)
	begun := n.Now
	if err := n.extend(c, 17, 18, 19); err != ErrTooMany {
		t.Errorf("a second one at the same time: %v, want %v", err, ErrTooMany)
	}
	n.RunUntil(10*time.Second, func() bool { return len(src.broken) > 0 })
	if len(src.broken) != 1 || src.broken[0].hop != onion.MaxHops-1 || src.broken[0].why != ReasonTimeout {
		t.Fatalf("broken %+v, want by hop %d, time-out", src.broken, onion.MaxHops-1)
	}
	if d := src.broken[0].at.Sub(begun); d < 3*time.Second || d > 6*time.Second || *lost != repeatTries {
		t.Errorf("told after %v and %d tries", d, *lost)
	}
	n.wantEmpty(time.Second)
}

// TestExtendRefused: what cannot be is answered at once, and the source knows where.
func TestExtendRefused(t *testing.T) {
	bad := func(p Path, i int) Path { p.Hops[i].Onion[3] ^= 1; return p }
	for _, c := range []struct {
		name string
		path func(n *testNet) Path
		hop  int
		why  Reason
	}{
		{"no such neighbour", func(n *testNet) Path { return n.path(18, 19) }, 15, ReasonNoNext},
		{"back to the hop before", func(n *testNet) Path { return n.path(15, 14) }, 15, ReasonRefused},
		{"next cannot open", func(n *testNet) Path { return bad(n.path(17, 18), 0) }, 15, ReasonRefused},
		{"its next cannot open", func(n *testNet) Path { return bad(n.path(17, 18), 1) }, 16, ReasonRefused},
		{"its next is no neighbour", func(n *testNet) Path { return n.path(17, 19) }, 16, ReasonNoNext},
		{"its next is the one before", func(n *testNet) Path { return n.path(17, 16, 15) }, 15, ReasonRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, circuit := long(t, 32)
			src := n.nodes[0]
			src.host.Turn(func(now time.Time) { circuit.extend(now, c.path(n).Hops) })
			n.RunUntil(500*time.Millisecond, func() bool { return len(src.broken) > 0 })
			if len(src.broken) != 1 || src.broken[0].hop != c.hop || src.broken[0].why != c.why {
				t.Errorf("broken %+v, want by %d for %d", src.broken, c.hop, c.why)
			}
			n.wantEmpty(time.Second)
		})
	}
}

// TestExtendMalformed: cells that are no Extend for who gets them change nothing.
func TestExtendMalformed(t *testing.T) {
	n, c := long(t, 33)
	src, dst := n.nodes[0], n.nodes[onion.MaxHops]
	good := make([]byte, 8+onion.SetupSize)
	id := n.nodes[17].id.Key().Short()
	copy(good, id[:])
	for i, cell := range []struct {
		hop  int
		data []byte
	}{{15, nil}, {15, id[:]}, {15, good[:8+onion.SetupSize-1]}, {15, append(good, 0)}, {7, good}, {0, good}} {
		src.host.Turn(func(now time.Time) { c.cell(now, cell.hop, onion.CellExtend, cell.data, link.FrameLong) })
		n.Run(50 * time.Millisecond)
		if len(src.broken) != 0 || dst.closed != 0 || n.nodes[17].Circuits.N.Setups != 0 {
			t.Fatalf("cell %d: broken %+v, closed %d, %d set-ups went on", i, src.broken, dst.closed, n.nodes[17].Circuits.N.Setups)
		}
	}
	if dst.Circuits.N.Spoiled != 4 {
		t.Errorf("%d cells counted as spoiled, want 4", dst.Circuits.N.Spoiled)
	}
	for _, p := range []Path{{}, {Hops: make([]Hop, onion.MaxHops+1)}} {
		if err := c.extend(n.Now, p.Hops); err != ErrNoPath {
			t.Errorf("%d hops: %v, want %v", len(p.Hops), err, ErrNoPath)
		}
	}
	bothWays(t, n, c, src, dst)
	src.close(c)
	if err := c.extend(n.Now, n.path(17).Hops); err != ErrNoPath {
		t.Errorf("of a closed circuit: %v, want %v", err, ErrNoPath)
	}
	n.wantEmpty(time.Second)
}

// TestExtendAtOnce: nothing stays when the circuit is closed at any moment of its
// extension.
func TestExtendAtOnce(t *testing.T) {
	n := line(t, 34, 20)
	n.Costs.DH = time.Millisecond
	for at := time.Duration(0); at < 40*time.Millisecond; at += 1100 * time.Microsecond {
		c := n.nodes[0].open(span(1, onion.MaxHops)...)
		n.extend(c, 17, 18, 19)
		n.Run(at)
		n.nodes[0].close(c)
		n.wantEmpty(time.Second)
	}
	if got := fmt.Sprint(n.nodes[0].growing); got != "[]" {
		t.Errorf("the source still extends %s", got)
	}
}
