package node

import (
	"io"
	mrand "math/rand/v2"
	"net/netip"
	"time"

	"hopwire/hop"
	"hopwire/hop/call"
	"hopwire/hop/ip"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// A Map is the layer that knows the way; package route has one.
type Map interface {
	hop.Paths
	LinkUp(now time.Time, l *link.Link)
	LinkDown(now time.Time, l *link.Link)
	Message(now time.Time, l *link.Link, kind byte, data []byte)
	Advance(now time.Time) (next time.Time)
}

// A Config says what a node is made of.
type Config struct {
	Links       link.Config // its Env, Rand and Jitter serve the whole node
	MaxCircuits int         // 0: 2048
	SetupRate   int         // set-ups a second that are taken of all that come by one port; 0: 50
	MaxPeers    int         // ends of sessions at once; 0: 512
	// SessionRate and SessionBurst bound the handshakes of strangers: so many a second, and
	// at once, are answered of those that come by one port; 0: 16 and 64. One neighbour has
	// three quarters of that.
	SessionRate, SessionBurst int
	CallMemory                int // bytes that calls of all peers may hold; 0: 4 MiB; at least two largest calls
	QueueMemory               int // bytes of packets that wait for sessions, of all peers; 0: 256 KiB
	CircuitLife               time.Duration
	// Deliver takes an IP packet from a session for the TUN; it is valid during the call.
	Deliver func(packet []byte)
	// Serve answers a call; nil: calls are refused. The request is valid during the call;
	// reply may be called later, once.
	Serve func(now time.Time, from Caller, request []byte, reply func(now time.Time, response []byte))
}

// A Caller is who a call is from, and what it came by. Identities cost nothing, so whoever
// limits or shares does so by neighbour, and by circuit: an Errand has one of its own.
// Of a peer that called by a circuit of ours only the key is set.
type Caller struct {
	Key       identity.Key
	Neighbour identity.ShortID // that the circuit comes from
	Port      int              // of the neighbour
	Circuit   uint64           // counts the circuits that have ended here, from 1
}

// A Node is one node: links, circuits, the map and sessions, wired together. It
// does no I/O, reads no clock and starts no goroutine; the caller passes in time,
// frames and packets, and calls Advance at the end of each turn. It is not safe
// for concurrent use.
type Node struct {
	Links    *link.Links
	Circuits *hop.Circuits
	Map      Map
	Onion    *onion.Keys
	N        SessionCounters

	c         Config
	env       link.Env
	key       identity.Key
	ip        netip.Addr
	rand      io.Reader
	jitter    *mrand.Rand
	first     []handshake.FirstFilter // prefilters of message 1, one for each network key
	peers     map[identity.Key]*peer
	order     []*peer // the same, oldest first: nothing depends on map order
	byIP      map[netip.Addr]*peer
	taught    taught
	resolving map[netip.Addr]*peer // mesh addresses whose keys are asked for; nobody's yet
	tokens    map[[tokenSize]byte]*peer
	flows     flows
	swept     bool // no flow has a closed channel
	flowKey   [16]byte
	filled    []*channel                    // have a frame being filled
	slow      struct{ sent, received bool } // a queue stands, of the TUN or of a port: a flow that we send, or that ends here, is to go slower
	waits     map[uint32]wait
	queued    int // bytes that wait for sessions
	icmp      *ip.ErrorLimit
	calls     *call.Pool
	errands   []*errand
	probes    []*Probe
	arrived   uint64 // circuits that have ended here
	doors     doors
	next      step.Timer
}

// SessionCounters count what happened at the ends of circuits since the start.
type SessionCounters struct {
	PacketsIn, PacketsOut                       uint64 // IP packets from and to the TUN
	NoPeer, NoRoom, QueueFull, BadSource        uint64
	BadFrame, BadRecord, BadFirst, FirstLimited uint64
	Handshakes, Joins, Moves, Renewals, Failed  uint64
	OwnKey                                      uint64 // handshakes of somebody with our own identity
	Narrow                                      uint64 // circuits that lost all their long frames and no short one
	OtherKeys                                   uint64 // hops that refused and were tried with their other onion key
	Lossy                                       uint64 // circuits moved, or tried to, because of unexplained loss
	Slowed, SlowDropped                         uint64 // Slow cells heard; packets dropped so that their flow goes slower
}

// New makes a node without ports. newMap is given the node's onion keys and
// returns the map; it is called once.
func New(now time.Time, c Config, newMap func(o *onion.Keys) Map) *Node {
	if c.MaxPeers == 0 {
		c.MaxPeers = 512
	}
	if c.QueueMemory == 0 {
		c.QueueMemory = queueMemory
	}
	if c.CircuitLife == 0 {
		c.CircuitLife = circuitLife
	}
	if c.SessionRate == 0 {
		c.SessionRate = sessionRate
	}
	if c.SessionBurst == 0 {
		c.SessionBurst = sessionBurst
	}
	n := &Node{c: c, env: c.Links.Env, rand: c.Links.Rand, jitter: c.Links.Jitter,
		key: c.Links.Identity.Key(), peers: map[identity.Key]*peer{}, byIP: map[netip.Addr]*peer{}, resolving: map[netip.Addr]*peer{},
		tokens: map[[tokenSize]byte]*peer{}, waits: map[uint32]wait{}, icmp: new(ip.ErrorLimit), calls: call.NewPool(c.CallMemory)}
	n.ip, n.doors = n.key.IPv6(), newDoors(c.SessionRate, c.SessionBurst)
	for _, k := range c.Links.NetworkKeys {
		n.first = append(n.first, handshake.NewFirstFilter(n.key, handshake.KindSession, k, nil))
	}
	step.Draw(n.rand, n.flowKey[:])
	n.Onion = onion.NewKeys(n.rand, now)
	n.Map = newMap(n.Onion)
	n.Links = link.New(c.Links, (*upper)(n))
	n.Circuits = hop.NewCircuits(hop.CircuitsConfig{Env: n.env, Rand: n.rand, Jitter: n.jitter, MaxCircuits: c.MaxCircuits, SetupRate: c.SetupRate, Onion: n.Onion, Key: n.key}, (*events)(n))
	return n
}

// Key returns the node's address, IP its mesh IPv6 address.
func (n *Node) Key() identity.Key { return n.key }
func (n *Node) IP() netip.Addr    { return n.ip }

// Receive takes a frame from a port and owns it from then on.
func (n *Node) Receive(now time.Time, port int, f *link.Frame) { n.Links.Receive(now, port, f) }

// Advance does what is due, sends what the turn has collected, and returns when
// to come back; zero: nothing pending. The caller calls it at the end of each turn.
func (n *Node) Advance(now time.Time) time.Time {
	if n.next.Due(now) {
		n.advancePeers(now)
		n.advanceErrands(now)
		n.advanceWaits(now)
	}
	n.emit(now)
	m := n.Map.Advance(now) // which may begin errands
	c := n.Circuits.Advance(now)
	l := n.Links.Advance(now)
	n.Links.Flush(now)
	return step.Earliest(n.next.At(), c, m, l)
}

// Close closes every circuit and says goodbye to the neighbours.
func (n *Node) Close(now time.Time) {
	for _, p := range n.order {
		p.closeAll(now)
	}
	for _, e := range step.Clone(n.errands) {
		e.end(now, nil, call.ErrClosed)
		e.ch.close(now)
	}
	for _, p := range step.Clone(n.probes) {
		p.Close(now)
	}
	n.Links.Flush(now)
	n.Links.Close(now)
}

// upper is the node as its links see it.
type upper Node

func (u *upper) LinkUp(now time.Time, l *link.Link) {
	u.Circuits.LinkUp(now, l)
	u.Map.LinkUp(now, l)
}

func (u *upper) LinkDown(now time.Time, l *link.Link) {
	u.Circuits.LinkDown(now, l)
	u.Map.LinkDown(now, l)
}

func (u *upper) Frame(now time.Time, l *link.Link, h link.Header, f *link.Frame) {
	u.Circuits.Frame(now, l, h, f)
}

func (u *upper) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	if kind < link.KindRoute {
		u.Circuits.Message(now, l, kind, data)
	} else {
		u.Map.Message(now, l, kind, data)
	}
}
