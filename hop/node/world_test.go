package node

import (
	mrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/linktest"
)

// cableDelay is that of a cable, one way, unless a test says otherwise.
const cableDelay = 200 * time.Microsecond

// A world is nodes with sessions on the virtual time of linktest. Each has a fake
// map: what the sessions do is theirs, and not the map's.
type world struct {
	*linktest.Sim
	t       testing.TB
	seed    uint64
	members []*member
	cables  map[[2]int]*linktest.Segment
	change  func(i int, c *Config)
}

// A member is one node of it.
type member struct {
	*Node
	w       *world
	index   int
	boots   int
	id      *identity.Identity
	host    *linktest.Host
	lane    *hop.Lane
	way     *fakeMap
	sockets []plugged

	sent    int       // packets
	got     []arrival // at its TUN
	refused int       // ICMPv6 errors there

	// What a session is about to see; true: the test keeps it.
	atEnd    func(now time.Time, t *hop.Terminal, body []byte) bool
	atSource func(now time.Time, c *hop.Circuit, body []byte) bool
	atAnswer func(now time.Time, c *hop.Circuit, hop int, cell onion.Cell) bool
}

// A plugged is one end of a cable; its MAC address stays when the node boots again.
type plugged struct {
	g   *linktest.Segment
	mac [6]byte
}

func newWorld(t testing.TB, seed uint64, nodes int) *world {
	w := &world{Sim: linktest.New(seed), t: t, seed: seed, cables: map[[2]int]*linktest.Segment{}}
	for i := range nodes {
		id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{byte(seed), byte(i), 7}))
		if err != nil {
			t.Fatal(err)
		}
		m := &member{w: w, index: i, id: id}
		m.way = newFakeMap(w)
		w.members = append(w.members, m)
	}
	return w
}

// diamond is four nodes that run: 0 and 3 know each other over 1 and, second, over 2.
func diamond(t testing.TB, seed uint64) *world {
	w := newDiamond(t, seed)
	w.start()
	return w
}

// newDiamond is the same, not yet running.
func newDiamond(t testing.TB, seed uint64) *world {
	w := newWorld(t, seed, 4)
	for _, k := range [][2]int{{0, 1}, {1, 3}, {0, 2}, {2, 3}} {
		w.lay(k[0], k[1], cableDelay)
	}
	w.members[0].way.ways[3] = [][]int{{1, 3}, {2, 3}}
	w.members[3].way.ways[0] = [][]int{{1, 0}, {2, 0}}
	return w
}

// ends are the first and the last node.
func (w *world) ends() (src, dst *member) { return w.members[0], w.members[len(w.members)-1] }

// lay lays a cable between two nodes that do not run yet.
func (w *world) lay(i, j int, delay time.Duration) {
	g := w.Segment(delay)
	w.cables[[2]int{i, j}] = g
	for _, k := range []int{i, j} {
		m := w.members[k]
		m.sockets = append(m.sockets, plugged{g, [6]byte{2, byte(k), byte(len(m.sockets)), byte(i), byte(j), 1}})
	}
}

// start boots every node and waits for the links.
func (w *world) start() {
	for _, m := range w.members {
		m.boot()
	}
	up := func() bool {
		for k := range w.cables {
			if w.members[k[0]].to(k[1]) == nil || w.members[k[1]].to(k[0]) == nil {
				return false
			}
		}
		return true
	}
	if !w.RunUntil(20*time.Second, up) {
		w.t.Fatal("the links do not come up")
	}
}

// boot starts a node, anew if it ran: only its identity and what its map knows is left.
func (m *member) boot() {
	w := m.w
	if m.host != nil {
		m.host.Kill()
		for _, s := range m.sockets {
			s.g.Detach(m.host)
		}
	}
	m.boots++
	m.host = w.Host()
	clear(m.way.up)
	c := Config{MaxCircuits: 64, Deliver: m.deliver, Links: link.Config{
		Identity: m.id, NetworkKeys: []identity.NetworkKey{{1}}, Beacon: true, Env: m.host,
		Rand:   mrand.NewChaCha8([32]byte{byte(w.seed), byte(m.index), byte(m.boots)}),
		Jitter: mrand.New(mrand.NewPCG(w.seed+uint64(m.index), uint64(m.boots)))}}
	if w.change != nil {
		w.change(m.index, &c)
	}
	m.Node = New(w.Now, c, func(*onion.Keys) Map { return m.way })
	m.Circuits = hop.NewCircuits(hop.CircuitsConfig{Env: m.host, Rand: c.Links.Rand, Jitter: c.Links.Jitter, MaxCircuits: c.MaxCircuits, Onion: m.Onion, Key: m.Key()},
		spy{(*events)(m.Node), m})
	m.lane = hop.NewLane(m.Links, m.Circuits, m.EaseReceived)
	m.host.Core = m
	for _, s := range m.sockets {
		e := s.g.Attach(m.host)
		e.MAC = s.mac
		m.host.Turn(func(now time.Time) {
			m.Links.AddPort(now, e.Port, link.PortInfo{Name: "eth", MAC: e.MAC, Broadcast: true})
		})
	}
}

// to is the node's link to another; nil: none.
func (m *member) to(j int) *link.Link { return m.way.up[m.w.members[j].id.Key()] }

// lane is the cable between two nodes.
func (w *world) lane(i, j int) *linktest.Segment { return w.cables[[2]int{min(i, j), max(i, j)}] }

// unplug pulls the cable between two nodes: node i sees it at once.
func (w *world) unplug(i, j int) {
	w.lane(i, j).Down = true
	m := w.members[i]
	m.host.Turn(func(now time.Time) {
		port, _ := m.to(j).Port()
		m.Links.RemovePort(now, port)
	})
}

// number is that of a node, -1 of a stranger.
func (w *world) number(key identity.Key) int {
	return slices.IndexFunc(w.members, func(m *member) bool { return m.id.Key() == key })
}

func (w *world) numbers(hops []hop.Hop) (way []int) {
	for _, h := range hops {
		way = append(way, w.number(h.Key))
	}
	return way
}

// path is that over some nodes.
func (w *world) path(now time.Time, way ...int) (p hop.Path) {
	for _, i := range way {
		m := w.members[i]
		epoch, _, key, next := m.Onion.Public(now)
		p.Hops = append(p.Hops, hop.Hop{Key: m.id.Key(), Onion: key, Other: next, Parity: byte(epoch & 1), Price: byte(i)})
	}
	return p
}

// own returns the ways of a node's circuits to another that are in a state: active,
// warm, opening, old.
func (m *member) own(to *member, state string) (ways [][]int) {
	for _, c := range m.CircuitList(m.w.Now) {
		if c.Kind != "own" || c.State != state || c.Peer != to.id.Key() {
			continue
		}
		var way []int
		for _, k := range c.Hops {
			way = append(way, m.w.number(k))
		}
		ways = append(ways, way)
	}
	return ways
}

// wantOwn fails when a node's circuits in a state are not those over the ways.
func (m *member) wantOwn(to *member, state string, want ...[]int) {
	m.w.t.Helper()
	if got := m.own(to, state); !slices.EqualFunc(got, want, slices.Equal) {
		m.w.t.Errorf("%s circuits of node %d over %v, want %v", state, m.index, got, want)
	}
}

// mate is what a node keeps of another; nil: nothing.
func (m *member) mate(of *member) *peer { return m.peers[of.id.Key()] }

// silent is a fault of a cable: nothing passes, and no end sees that it is cut.
func silent(_, _ *linktest.End) bool { return true }

// Receive takes a frame by a lane, as a real node does.
func (m *member) Receive(now time.Time, port int, f *link.Frame) {
	m.lane.Frame(now, port, f)
	m.lane.Drain(now, m.host.Send)
}
