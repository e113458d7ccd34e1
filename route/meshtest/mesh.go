package meshtest

import (
	"encoding/binary"
	"fmt"
	mrand "math/rand/v2"
	"time"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/linktest"
	"hopwire/route"
	"hopwire/route/announce"
)

// Options of a mesh; the zero value is usable.
type Options struct {
	Seed        uint64
	Delay       time.Duration // of a cable; 0: 200 µs
	Costs       linktest.Costs
	MaxCircuits int
	MaxNodes    int
	Serve       func(n *Node) func(time.Time, node.Caller, []byte, func(time.Time, []byte))
	Change      func(i int, c *node.Config)
	Route       func(i int, c *route.Config)
	Wrap        func(i int, m node.Map) node.Map // what a node hears of the map, and does with it; nil: as it is
	Booted      func(n *Node)                    // called when a node runs, after each boot; nil: nothing is
	Memo        bool                             // each signature is verified by one node, and the others know
}

// A Mesh is a virtual mesh.
type Mesh struct {
	*linktest.Sim
	Options
	Nodes  []*Node
	Cables map[[2]int]*linktest.Segment
	foes   uint64
	memo   memo
}

// A Node is one of it.
type Node struct {
	*node.Node
	Mesh    *Mesh
	Index   int
	Host    *linktest.Host
	Map     *route.Map
	ID      *identity.Identity
	Packets [][]byte // delivered to its TUN
	boots   int
	part    int // of a split world
	keys    []identity.NetworkKey
	sockets []socket
}

// New returns a mesh without nodes.
func New(o Options) *Mesh {
	if o.Delay == 0 {
		o.Delay = 200 * time.Microsecond
	}
	m := &Mesh{Sim: linktest.New(o.Seed), Options: o, Cables: map[[2]int]*linktest.Segment{}}
	m.Sim.Costs = o.Costs
	return m
}

func seed(parts ...uint64) (s [32]byte) {
	for i, p := range parts {
		binary.LittleEndian.PutUint64(s[8*i:], p)
	}
	return s
}

// Add adds a node that is not running yet.
func (m *Mesh) Add() *Node {
	i := len(m.Nodes)
	id, err := identity.NewIdentity(mrand.NewChaCha8(seed(m.Seed, uint64(i), 1)))
	if err != nil {
		panic(err)
	}
	n := &Node{Mesh: m, Index: i, ID: id}
	n.Host = m.Host()
	n.Host.Kill()
	m.Nodes = append(m.Nodes, n)
	return n
}

// A cable end of a node: the MAC address stays over its boots.
type socket struct {
	g   *linktest.Segment
	mac [6]byte
	on  bool // the core has it
}

// Boot starts the node, anew if it ran before: everything but its identity is lost.
func (n *Node) Boot() {
	m := n.Mesh
	n.boots++
	n.Host.Kill()
	for i := range n.sockets {
		n.sockets[i].g.Detach(n.Host)
		n.sockets[i].on = false
	}
	n.Host = m.Part(n.part).Host()
	n.Host.Limit = 2048
	b := uint64(n.boots)
	c := node.Config{MaxCircuits: m.MaxCircuits, Links: link.Config{Identity: n.ID, NetworkKeys: []identity.NetworkKey{{1, 2, 3}}, Beacon: true, Env: n.Host,
		Rand: mrand.NewChaCha8(seed(m.Seed, uint64(n.Index), 2, b)), Jitter: mrand.New(mrand.NewPCG(m.Seed+uint64(n.Index), b))},
		Deliver: func(p []byte) { n.Packets = append(n.Packets, append([]byte(nil), p...)) }}
	if m.Serve != nil {
		c.Serve = m.Serve(n)
	}
	if m.Change != nil {
		m.Change(n.Index, &c)
	}
	n.keys = c.Links.NetworkKeys
	var boot [8]byte
	binary.LittleEndian.PutUint64(boot[:], m.Seed<<32+uint64(n.Index)<<16+b)
	n.Node = node.New(m.Now, c, func(o *onion.Keys) node.Map {
		r := route.Config{Identity: n.ID, Env: n.Host, Jitter: c.Links.Jitter, Boot: boot, Onion: o.Public, Flags: announce.FlagRelay, MaxNodes: m.MaxNodes,
			Load: func() (int, int) { return n.Circuits.Load() }}
		if m.Memo {
			r.Verify = m.verify
		}
		if m.Route != nil {
			m.Route(n.Index, &r)
		}
		n.Map = route.New(r)
		if m.Wrap != nil {
			return m.Wrap(n.Index, n.Map)
		}
		return n.Map
	})
	n.Host.Core = &core{n.Node, hop.NewLane(n.Node.Links, n.Node.Circuits, n.EaseReceived), n.Host}
	n.plug()
	if m.Booted != nil {
		m.Booted(n)
	}
}

// A core is a node that takes its frames by a lane, as a real one does.
type core struct {
	*node.Node
	lane *hop.Lane
	host *linktest.Host
}

func (c *core) Receive(now time.Time, port int, f *link.Frame) {
	c.lane.Frame(now, port, f)
	c.lane.Drain(now, c.host.Send)
}

// plug gives the core the cables that it does not have yet: a port for each
// network key, since each has an EtherType of its own.
func (n *Node) plug() {
	if n.Node == nil {
		return
	}
	for i := range n.sockets {
		s := &n.sockets[i]
		if s.on {
			continue
		}
		s.on = true
		for k, key := range n.keys {
			e := s.g.Attach(n.Host)
			e.MAC, e.EtherType = s.mac, key.EtherType()
			n.Host.Turn(func(now time.Time) {
				n.Links.AddPort(now, e.Port, link.PortInfo{Name: fmt.Sprint("eth", i), MAC: e.MAC, Broadcast: true, Key: k})
			})
		}
	}
}

// Connect lays a cable between two nodes.
func (m *Mesh) Connect(i, j int) *linktest.Segment {
	g := m.Segment(m.Delay)
	for _, k := range []int{i, j} {
		n := m.Nodes[k]
		n.sockets = append(n.sockets, socket{g: g, mac: [6]byte{2, byte(k >> 8), byte(k), byte(len(n.sockets)), 1, 1}})
		n.plug()
	}
	m.Cables[[2]int{min(i, j), max(i, j)}] = g
	return g
}

// Line makes a line of n running nodes, Ring a ring.
func Line(o Options, n int) *Mesh {
	m := New(o)
	for range n {
		m.Add()
	}
	for i := range n - 1 {
		m.Connect(i, i+1)
	}
	m.BootAll()
	return m
}

func Ring(o Options, n int) *Mesh {
	m := New(o)
	for range n {
		m.Add()
	}
	for i := range n {
		m.Connect(i, (i+1)%n)
	}
	m.BootAll()
	return m
}

// Random makes a connected mesh of n nodes, not running, with about degree links each.
func Random(o Options, n, degree int) *Mesh {
	m := New(o)
	for i := range n {
		m.Add()
		if i > 0 {
			m.Connect(i, m.Rand.IntN(i))
		}
	}
	for extra := n * (degree - 2) / 2; extra > 0; extra-- {
		i, j := m.Rand.IntN(n), m.Rand.IntN(n)
		if i != j && m.Cables[[2]int{min(i, j), max(i, j)}] == nil {
			m.Connect(i, j)
		}
	}
	return m
}

// BootAll boots every node now.
func (m *Mesh) BootAll() {
	for _, n := range m.Nodes {
		n.Boot()
	}
}

// Ping starts an end-to-end ping from i to j; the result is written when it is there.
func (m *Mesh) Ping(i, j int, done func(rtt time.Duration, ok bool)) {
	n := m.Nodes[i]
	n.Host.Turn(func(now time.Time) {
		if err := n.Node.Ping(now, m.Nodes[j].ID.Key(), func(_ time.Time, rtt time.Duration, ok bool) { done(rtt, ok) }); err != nil {
			done(0, false)
		}
	})
}

// MustPing pings within d of virtual time and says whether an answer came.
func (m *Mesh) MustPing(i, j int, d time.Duration) (rtt time.Duration, ok bool) {
	ended := false
	m.Ping(i, j, func(r time.Duration, o bool) { rtt, ok, ended = r, o, true })
	m.RunUntil(d, func() bool { return ended })
	return rtt, ok
}

// Circuits returns how many circuits pass through or end at all nodes.
func (m *Mesh) Circuits() (n int) {
	for _, o := range m.Nodes {
		if o.Node != nil {
			used, _ := o.Node.Circuits.Load()
			n += used
		}
	}
	return n
}
