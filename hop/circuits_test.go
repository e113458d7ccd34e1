package hop

import (
	"fmt"
	mrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/linktest"
	"hopwire/link/step"
)

// A testNet is nodes of links and circuits on the virtual time of linktest, with
// the test in place of the session layer.
type testNet struct {
	*linktest.Sim
	t      testing.TB
	nodes  []*testNode
	cables map[[2]int]*linktest.Segment
	most   int // CircuitsConfig.MaxCircuits

	// tap, if set, sees every data frame before the node that received it does.
	tap func(at *testNode, from *link.Link, h link.Header, body []byte)
}

type testSocket struct {
	g   *linktest.Segment
	mac [6]byte
}

type testNode struct {
	*Circuits
	net     *testNet
	index   int
	boots   int
	id      *identity.Identity
	host    *linktest.Host
	links   *link.Links
	lane    *Lane
	opened  bool // the lane has opened the frame, and tap and evil have seen it
	onion   *onion.Keys
	sockets []testSocket

	gather   bool // frames wait for batch to take them,
	slowly   bool // which does so by slowFrame
	gathered []gathered

	peers     map[identity.Key]*link.Link
	order     []string // what came from links
	terminals []*Terminal
	got       []string // frames at terminals
	closed    int
	ready     func(now time.Time, c *Circuit)
	heard     []string // frames at sources
	answers   []testAnswer
	slow      []time.Time
	broken    []testBroken
	onBroken  func(now time.Time)
	onAnswer  func(now time.Time, hop int, p onion.Pong)

	// evil, if set, sees a data frame in place of the circuits; false: let them have it.
	evil func(now time.Time, from *link.Link, h link.Header, f *link.Frame) bool
}

type testAnswer struct {
	c   *Circuit
	hop int
	onion.Pong
}

type testBroken struct {
	at  time.Time
	c   *Circuit
	hop int
	why Reason
}

func newNet(t testing.TB, seed uint64, nodes, most int) *testNet {
	n := &testNet{Sim: linktest.New(seed), t: t, cables: map[[2]int]*linktest.Segment{}, most: most}
	for i := range nodes {
		id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{byte(seed), byte(i), 9}))
		if err != nil {
			t.Fatal(err)
		}
		n.nodes = append(n.nodes, &testNode{net: n, index: i, id: id})
	}
	return n
}

// line is a line of nodes with links that are up.
func line(t testing.TB, seed uint64, nodes int) *testNet {
	n := newNet(t, seed, nodes, 64)
	for i := range nodes - 1 {
		n.cable(i, i+1)
	}
	n.start()
	return n
}

func (n *testNet) cable(i, j int) {
	g := n.Segment(200 * time.Microsecond)
	n.cables[[2]int{i, j}] = g
	for _, k := range []int{i, j} {
		m := n.nodes[k]
		s := testSocket{g, [6]byte{2, byte(k), byte(len(m.sockets)), byte(i), byte(j)}}
		m.sockets = append(m.sockets, s)
		if m.host != nil {
			m.plug(s)
		}
	}
}

func (n *testNet) start() {
	for _, m := range n.nodes {
		m.boot()
	}
	up := func() bool {
		for k := range n.cables {
			if n.nodes[k[0]].to(k[1]) == nil || n.nodes[k[1]].to(k[0]) == nil {
				return false
			}
		}
		return true
	}
	if !n.RunUntil(20*time.Second, up) {
		n.t.Fatal("the links do not come up")
	}
}

// boot starts a node, anew if it ran: only its identity is left.
func (m *testNode) boot() {
	n := m.net
	if m.host != nil {
		m.host.Kill()
		for _, s := range m.sockets {
			s.g.Detach(m.host)
		}
	}
	m.boots++
	m.host, m.peers = n.Host(), map[identity.Key]*link.Link{}
	m.terminals = nil
	rand := mrand.NewChaCha8([32]byte{byte(n.Rand.Uint32()), byte(m.index), byte(m.boots)})
	jitter := mrand.New(mrand.NewPCG(uint64(m.index), uint64(m.boots)))
	m.onion = onion.NewKeys(rand, n.Now)
	m.links = link.New(link.Config{Identity: m.id, NetworkKeys: []identity.NetworkKey{{1}}, Beacon: true, Rand: rand, Jitter: jitter, Env: m.host}, m)
	m.Circuits = NewCircuits(CircuitsConfig{Env: m.host, Rand: rand, Jitter: jitter, Onion: m.onion, Key: m.id.Key(), MaxCircuits: n.most}, m)
	m.lane = NewLane(m.links, m.Circuits, nil)
	m.host.Core = m
	for _, s := range m.sockets {
		m.plug(s)
	}
}

func (m *testNode) plug(s testSocket) {
	e := s.g.Attach(m.host)
	e.MAC = s.mac
	m.host.Turn(func(now time.Time) {
		m.links.AddPort(now, e.Port, link.PortInfo{Name: "eth", MAC: e.MAC, Broadcast: true})
	})
}

// Receive takes a frame the way that the lanes of a real node do.
func (m *testNode) Receive(now time.Time, port int, f *link.Frame) {
	if m.gather {
		m.gathered = append(m.gathered, gathered{port, f})
		return
	}
	l, h, ok := m.links.Fast(port, f)
	switch {
	case !ok:
		m.lane.left = append(m.lane.left, deferred{f: f, port: port})
	case h.Label != 0 && m.look(now, l, h, f):
		return
	default:
		m.lane.opened(now, port, l, h, f)
	}
	m.opened = ok
	m.lane.Drain(now, m.host.Send)
	m.opened = false
}

// look lets tap and evil see a frame; true: evil has taken it.
func (m *testNode) look(now time.Time, l *link.Link, h link.Header, f *link.Frame) bool {
	m.order = append(m.order, "frame")
	if m.net.tap != nil {
		m.net.tap(m, l, h, f.Body())
	}
	return m.evil != nil && m.evil(now, l, h, f)
}

func (m *testNode) Advance(now time.Time) time.Time {
	l := m.links.Advance(now)
	c := m.Circuits.Advance(now)
	m.links.Flush(now)
	return step.Earliest(l, c)
}

// As link.Upper.
func (m *testNode) LinkUp(now time.Time, l *link.Link) {
	m.peers[l.Peer()] = l
	m.Circuits.LinkUp(now, l)
}

func (m *testNode) LinkDown(now time.Time, l *link.Link) {
	if m.peers[l.Peer()] == l {
		delete(m.peers, l.Peer())
	}
	m.Circuits.LinkDown(now, l)
}

func (m *testNode) Frame(now time.Time, l *link.Link, h link.Header, f *link.Frame) {
	switch {
	case m.slowly:
		m.Circuits.slowFrame(now, l, h, f)
	case m.opened || !m.look(now, l, h, f):
		m.Circuits.Frame(now, l, h, f)
	}
}

func (m *testNode) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	m.order = append(m.order, fmt.Sprint("message ", kind))
	m.Circuits.Message(now, l, kind, data)
}

// As Events.
func (m *testNode) Accept(_ time.Time, t *Terminal) { m.terminals = append(m.terminals, t) }
func (m *testNode) TerminalFrame(_ time.Time, t *Terminal, seq uint32, body []byte) {
	m.got = append(m.got, text(seq, body))
}
func (m *testNode) TerminalClosed(time.Time, *Terminal) { m.closed++ }
func (m *testNode) CircuitReady(now time.Time, c *Circuit) {
	if m.ready != nil {
		m.ready(now, c)
	}
}
func (m *testNode) CircuitFrame(_ time.Time, c *Circuit, seq uint32, body []byte) {
	m.heard = append(m.heard, text(seq, body))
}
func (m *testNode) CircuitAnswer(now time.Time, c *Circuit, hop int, cell onion.Cell) {
	if cell.Type == onion.CellSlow {
		m.slow = append(m.slow, now)
	}
	if p, err := onion.ParsePong(cell.Data); err == nil && cell.Type == onion.CellPong {
		if m.onAnswer != nil {
			m.onAnswer(now, hop, p)
		}
		m.answers = append(m.answers, testAnswer{c, hop, p})
	}
}
func (m *testNode) CircuitBroken(now time.Time, c *Circuit, hop int, why Reason) {
	m.broken = append(m.broken, testBroken{now, c, hop, why})
	if m.onBroken != nil {
		m.onBroken(now)
	}
}

// text is what a frame says: its number is bound to what it carries.
func text(seq uint32, body []byte) string {
	s, _, _ := strings.Cut(string(body), "\x00")
	return fmt.Sprintf("%d %d %s", len(body), seq, s)
}

// fill makes a frame that says s.
func (m *testNode) fill(size int, s string) *link.Frame {
	f := m.host.Alloc()
	f.N = size
	b := f.Body()
	clear(b[copy(b, s):])
	return f
}

// to returns the node's link to another; nil: none.
func (m *testNode) to(j int) *link.Link { return m.peers[m.net.nodes[j].id.Key()] }

// path is that over some nodes.
func (n *testNet) path(nodes ...int) (p Path) {
	for _, i := range nodes {
		m := n.nodes[i]
		epoch, _, key, _ := m.onion.Public(n.Now)
		p.Hops = append(p.Hops, Hop{Key: m.id.Key(), Onion: key, Parity: byte(epoch & 1), Price: byte(i)})
	}
	return p
}

// span is the numbers from i to j.
func span(i, j int) (s []int) {
	for ; i <= j; i++ {
		s = append(s, i)
	}
	return s
}

// begin starts a circuit; nothing has been sent when it returns.
func (m *testNode) begin(p Path) (c *Circuit) {
	m.host.Turn(func(now time.Time) {
		var err error
		if c, err = m.Circuits.Open(now, p, 1); err != nil {
			m.net.t.Fatal(err)
		}
	})
	return c
}

// open starts a circuit and waits until the last hop has it.
func (m *testNode) open(nodes ...int) *Circuit {
	last := m.net.nodes[nodes[len(nodes)-1]]
	before := len(last.terminals)
	c := m.begin(m.net.path(nodes...))
	if !m.net.RunUntil(2*time.Second, func() bool { return len(last.terminals) > before }) {
		m.net.t.Fatalf("no circuit over %v\n%s", nodes, m.net.state())
	}
	return c
}

// send sends a session frame and returns what its far end will see of it.
func (m *testNode) send(c *Circuit, size int, s string) (want string) {
	m.host.Turn(func(now time.Time) {
		f, seq := m.fill(size, s), c.NextSeq()
		want = fmt.Sprintf("%d %d %s", len(f.Body()), seq, s)
		c.Send(now, seq, f)
	})
	return want
}

// reply is send from the last hop.
func (m *testNode) reply(t *Terminal, size int, s string) (want string) {
	m.host.Turn(func(now time.Time) {
		f, seq := m.fill(size, s), t.NextSeq()
		want = fmt.Sprintf("%d %d %s", len(f.Body()), seq, s)
		t.Send(now, seq, f)
	})
	return want
}

func (m *testNode) ping(c *Circuit, hop int, id uint32) (ok bool) {
	m.host.Turn(func(now time.Time) { ok = c.Ping(now, hop, id) })
	return ok
}

func (m *testNode) close(c *Circuit) { m.host.Turn(c.Close) }

// state says what is left anywhere; empty: nothing.
func (n *testNet) state() string {
	var b strings.Builder
	for _, m := range n.nodes {
		slots, queued, waiting := 0, 0, 0
		for _, s := range m.Circuits.links {
			if s == nil {
				continue
			}
			for i := range s.out {
				if s.out[i].of != 0 {
					slots++
				}
			}
			for _, e := range s.in {
				if e.of != 0 {
					slots++
				}
			}
			queued, waiting = queued+len(s.queue), waiting+len(s.ended)+len(s.parked)+s.passing
		}
		sum := slots + queued + waiting + len(m.relays) + len(m.own) + m.parked + m.host.Live + len(m.table.relays) - len(m.vacant)
		if sum != 0 {
			fmt.Fprintf(&b, "node %d: %d relays, %d own, %d slots, %d queued, %d waiting, %d parked, %d frames, %d vacant: %+v\n",
				m.index, len(m.relays), len(m.own), slots, queued, waiting, m.parked, m.host.Live, len(m.vacant), m.Circuits.N)
		}
	}
	return b.String()
}

// wantEmpty fails when a circuit has left anything anywhere.
func (n *testNet) wantEmpty(within time.Duration) {
	n.t.Helper()
	if !n.RunUntil(within, func() bool { return n.state() == "" }) {
		n.t.Errorf("left after %v:\n%s", within, n.state())
	}
}
