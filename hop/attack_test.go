package hop

import (
	"fmt"
	"os"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link/linktest"
)

// A siege is attacked nodes, and others that set up a circuit now and then.
type siege struct {
	*testNet
	paths [][]int // of the others: source, hops
}

// A tried is what came of set-ups of others.
type tried struct{ begun, opened int }

func (a tried) String() string { return fmt.Sprintf("%d/%d opened", a.opened, a.begun) }

// try has the others open circuits over their paths in turn for a while, and returns
// how many did within two seconds.
func (n *siege) try(span, gap time.Duration) (a tried) {
	for i := range int(span / gap) {
		p := n.paths[i%len(n.paths)]
		a.begun++
		n.After(time.Duration(i)*gap, func() {
			src := n.nodes[p[0]]
			c, begun := src.begin(n.path(p[1:]...)), n.Now
			var look func()
			look = func() {
				switch {
				case c.opened:
					a.opened++
					src.close(c)
				case c.ended:
				case n.Now.Sub(begun) > 2*time.Second:
					src.close(c)
				default:
					if c.Ready() {
						src.ping(c, len(p)-2, 1)
					}
					n.After(50*time.Millisecond, look)
				}
			}
			look()
		})
	}
	n.Run(span + 3*time.Second)
	return a
}

// full says whether 'make attack' runs.
func full() bool { return os.Getenv("ATTACK") == "full" }

// loop is a path of 15 hops over a ring of three neighbours, the first first.
func loop(a, b, c int) (nodes []int) {
	for range 5 {
		nodes = append(nodes, a, b, c)
	}
	return nodes
}

// TestAttackReplayFilter: a neighbour uses up its allowance with set-ups of 15 hops that
// go round in a ring, five times through each of its relays. The filters must not be
// full for others, nor for the nodes of the ring, whose set-ups come by the same links.
func TestAttackReplayFilter(t *testing.T) {
	n := &siege{newNet(t, 60, 6, maxCircuits), [][]int{{4, 0, 5}, {5, 0, 4}, {4, 0, 2}, {3, 0, 4}, {2, 0, 5}, {4, 0, 3}}}
	for _, c := range [][2]int{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {2, 3}} {
		n.cable(c[0], c[1])
	}
	n.start()
	for _, i := range []int{0, 2, 3} {
		n.nodes[i].host.Costs = &linktest.MIPS
	}
	size, flood := 1024, 20*time.Second
	if full() {
		size, flood = 16<<10, 10*time.Minute
	}
	for _, m := range n.nodes {
		m.filter = onion.NewFilter(size)
	}
	before := n.try(2*time.Second, 100*time.Millisecond)
	foe := n.nodes[1]
	n.every(40*time.Millisecond, int((flood+8*time.Second)/(40*time.Millisecond)), func(i int) {
		way := loop(0, 2, 3)
		if i%2 == 1 {
			way = loop(0, 3, 2)
		}
		c := foe.begin(n.path(way...))
		n.After(2*time.Second, func() { foe.close(c) })
	})
	n.Run(flood)
	during := n.try(5*time.Second, 100*time.Millisecond)
	used, _ := n.nodes[0].filter.Load()
	n.Run(3 * time.Second)
	after := n.try(2*time.Second, 100*time.Millisecond)
	fmt.Printf("attack: | replay filter | %s | %s, %d of %d entries | %s |\n", before, during, used, size, after)
	for _, a := range []tried{before, during, after} {
		if a.opened < a.begun {
			t.Errorf("%s; before the attack %s", a, before)
		}
	}
}

// TestAttackSetups: a neighbour sends all set-ups that it may, over a relay to the next.
// The next relay takes so many from the first for all: others by the same way must
// have theirs.
func TestAttackSetups(t *testing.T) {
	n := &siege{newNet(t, 61, 7, maxCircuits), [][]int{{4, 0, 2, 5}, {4, 0, 2}, {0, 2, 5}, {6, 0, 2}}}
	for _, c := range [][2]int{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {2, 5}, {2, 3}, {0, 6}} {
		n.cable(c[0], c[1])
	}
	n.start()
	for _, i := range []int{0, 2, 3} {
		n.nodes[i].host.Costs = &linktest.MIPS
	}
	before := n.try(2*time.Second, 100*time.Millisecond)
	span := 10 * time.Second
	foe := n.nodes[1]
	n.every(30*time.Millisecond, int(span/(30*time.Millisecond)), func(i int) {
		c := foe.begin(n.path(loop(0, 2, 3)...))
		n.After(2*time.Second, func() { foe.close(c) })
	})
	n.Run(4 * time.Second)
	during := n.try(5*time.Second, 100*time.Millisecond)
	n.Run(3 * time.Second)
	after := n.try(2*time.Second, 100*time.Millisecond)
	fmt.Printf("attack: | set-ups over a relay | %s | %s | %s |\n", before, during, after)
	for _, a := range []tried{before, during, after} {
		if a.opened < a.begun {
			t.Errorf("%s; before the attack %s", a, before)
		}
	}
}

// TestAttackExtend: a source goes round in a ring of three with one circuit, and on and
// on by Extend. It gets 48 hops, and the relays lose nothing when it asks for more.
func TestAttackExtend(t *testing.T) {
	n := newNet(t, 64, 4, 256)
	for _, c := range [][2]int{{0, 1}, {1, 2}, {2, 3}, {1, 3}} {
		n.cable(c[0], c[1])
	}
	n.start()
	src := n.nodes[0]
	way := append(loop(1, 2, 3), 1)
	c := src.open(way...)
	for i := range 13 {
		for k := range way {
			way[k] = way[k]%3 + 1
		}
		c.extended = 0 // it does not care
		if n.extend(c, way...) != nil {
			break
		}
		n.RunUntil(time.Second, func() bool { return c.ended || c.growth == nil })
		if c.ended != (i == extensionsMost) {
			t.Fatalf("Extend %d: ended %v", i+1, c.ended)
		}
		if places := len(n.nodes[1].relays) + len(n.nodes[2].relays) + len(n.nodes[3].relays); places > 48 {
			t.Fatalf("Extend %d: %d places", i+1, places)
		}
	}
	if b := src.broken; len(b) != 1 || b[0].hop != 47 || b[0].why != ReasonRefused {
		t.Errorf("broken %+v; want by hop 47, refused", b)
	}
	n.wantEmpty(time.Second)
	c = src.open(1, 2)
	for i := range 3 {
		err := n.extend(c, [][]int{{3, 1}, {2, 3}, {1, 2}}[i]...)
		n.Run(100 * time.Millisecond)
		if (err == ErrNoPath) != (i == extensionsMost) || err != nil && err != ErrNoPath {
			t.Errorf("Extend %d of a source that keeps to the bound: %v", i+1, err)
		}
	}
}
