package route_test

import (
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

const room = 256 // circuits of the hub

// A greedy is a node that opens circuits as fast as it can, keeps them all, and
// sends frames for labels that it never set up.
type greedy struct {
	*meshtest.Node
	path   func(now time.Time) hop.Path
	open   []*hop.Circuit
	asked  int
	errors int
}

// more opens one circuit more, and keeps those that stand from resting.
func (g *greedy) more(now time.Time) {
	c, err := g.Circuits.Open(now, g.path(now), 2)
	if err != nil {
		g.errors++
	} else {
		g.asked++
		g.open = append(g.open, c)
	}
	if len(g.open) > 0 {
		c := g.open[g.asked*7919%len(g.open)]
		g.frame(func(f *link.Frame) { c.Send(now, c.NextSeq(), f) })
	}
	for i := range 5 {
		g.frame(func(f *link.Frame) {
			g.Links.All()[0].Send(now, link.Header{Label: uint32((5*g.asked+i)%room) | 0x7fff<<16, Seq: 1}, f, nil)
		})
	}
}

func (g *greedy) frame(send func(f *link.Frame)) {
	if f := g.Host.Alloc(); f != nil {
		f.N = link.FrameLong
		clear(f.Body())
		send(f)
	}
}

// pathOf is a path over nodes whose keys everybody knows.
func pathOf(m *meshtest.Mesh, nodes ...int) func(now time.Time) hop.Path {
	return func(now time.Time) (p hop.Path) {
		for _, i := range nodes {
			n := m.Nodes[i]
			epoch, _, key, _ := n.Onion.Public(now)
			p.Hops = append(p.Hops, hop.Hop{Key: n.ID.Key(), Onion: key, Parity: byte(epoch & 1)})
		}
		return p
	}
}

// TestGreedyNeighbour: leaf 1 of a hub opens 400 circuits a second through it for thirteen
// seconds, to leaf 2. Those above its rate are dropped and counted; what
// leaves 3 and 4 say goes on, leaves 5 to 8 set up circuits although the hub's
// table is full, the hub's memory is bounded, and all ends when the greedy one does.
func TestGreedyNeighbour(t *testing.T) {
	const seconds, gap = 13, 2500 * time.Microsecond
	m := meshtest.New(meshtest.Options{Seed: 60, Costs: linktest.MIPS, Change: func(i int, c *node.Config) {
		c.MaxCircuits = map[bool]int{true: room, false: 4096}[i == 0]
	}})
	for range 9 {
		m.Add()
	}
	for i := 1; i < 9; i++ {
		m.Connect(0, i)
	}
	m.BootAll()
	m.Run(6 * time.Second)
	hub, g := m.Nodes[0], &greedy{Node: m.Nodes[1], path: pathOf(m, 0, 2)}
	g.Host.Costs = new(linktest.Costs) // a machine that never waits
	answered(m, 3, 4, 3*time.Second)
	m.Run(time.Second)
	before, worked := hub.Circuits.N, hub.Host.Worked[link.ClassSetup]
	for i := range int(seconds * time.Second / gap) {
		m.After(time.Duration(i)*gap, func() { g.Host.Turn(g.more) })
	}
	first := map[bool]int{}
	var slowest time.Duration
	for i, pair := range [][2]int{{5, 6}, {6, 7}, {7, 8}, {8, 5}} {
		m.After(time.Duration(3+2*i)*time.Second, func() {
			m.Ping(pair[0], pair[1], func(rtt time.Duration, ok bool) { first[ok]++; slowest = max(slowest, rtt) })
		})
	}
	most := 0
	for i := range 10 * seconds {
		m.After(time.Duration(i)*100*time.Millisecond, func() { used, _ := hub.Circuits.Load(); most = max(most, used) })
	}
	still := stream(m, 3, 4, seconds*time.Second)
	n := hub.Circuits.N
	dhs := hub.Host.Worked[link.ClassSetup] - worked
	t.Logf("%d circuits asked for (%d not sent), %d set-ups came, %d over the rate, %d refused, %d evicted, %d multiplications, table up to %d, %d frames held at most, longest gap %v, slowest new circuit %v",
		g.asked, g.errors, n.Setups-before.Setups, n.SetupsLimited-before.SetupsLimited, n.SetupsRefused-before.SetupsRefused, n.Evicted-before.Evicted, dhs, most, hub.Host.Most, still, slowest)
	limited, full := n.SetupsLimited-before.SetupsLimited, n.SetupsFull-before.SetupsFull
	if g.asked < 3000 || limited < 1000 || full < 100 || most != room {
		t.Errorf("%d circuits asked for, %d set-ups over the rate, %d without room, table up to %d: it is not greedy", g.asked, limited, full, most)
	}
	if refused := n.SetupsRefused - before.SetupsRefused; refused != limited+full {
		t.Errorf("%d refused, want %d", refused, limited+full)
	}
	if still > 60*time.Millisecond {
		t.Errorf("traffic of others stood still for %v", still)
	}
	if first[true] != 4 || slowest > 2*time.Second {
		t.Errorf("%d of 4 new circuits of others came up, the slowest in %v", first[true], slowest)
	}
	if dhs > 128+25*(seconds+1)+20 || most > room || hub.Host.Most > 150 {
		t.Errorf("%d multiplications, %d circuits, %d frames", dhs, most, hub.Host.Most)
	}
	g.Host.Turn(func(now time.Time) {
		for _, c := range g.open {
			c.Close(now)
		}
	})
	m.Run(200 * time.Second)
	checkQuiet(t, m)
}
