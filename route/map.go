package route

import (
	"bytes"
	"encoding/binary"
	mrand "math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
)

// Config says whose map it is.
type Config struct {
	Identity *identity.Identity
	Env      link.Env // only Work is used
	Jitter   *mrand.Rand
	Boot     [8]byte // random, of this boot
	// Onion returns what is announced of the onion keys.
	Onion    func(now time.Time) (epoch uint32, left time.Duration, current, next [32]byte)
	Flags    byte // announce.FlagRelay ...
	Price    uint32
	MaxNodes int // 0: 512; at most 16384
	// Servers are route servers that have a slot whenever there is a way to them.
	Servers []identity.Key
	Slots   int // route servers to which ways are held; 0: 8, which is the most
	// MaxAnswers is how many are kept beside, of what route servers have answered; 0: 256.
	MaxAnswers int
	// Load returns how full the circuit table is; nil: never.
	Load func() (used, most int)
	// Verify stands in the place of announce.Raw.Verify, so that a simulator of many nodes
	// verifies each announcement once and keeps it once; nil: it does not.
	Verify func(a announce.Raw) (kept announce.Raw, ok bool)
}

// Counters count what became of announcements since the start.
type Counters struct {
	Sent, Received, Accepted, Old, Duplicate   uint64
	BadFormat, BadSignature, Limited, Unwanted uint64
	Announced, Evicted, ElsewhereSeen          uint64
	Refused                                    uint64 // without verifying: the full store would not keep it
	WaysSent, WaysTaken, WaysRefused           uint64 // ways to route servers, as neighbours tell them
}

// A Map is one node's knowledge of the mesh near it. It does no I/O, reads no
// clock and is not safe for concurrent use. Its store is bounded by MaxNodes.
type Map struct {
	N Counters

	c       Config
	short   identity.ShortID
	order   []*node           // the store, sorted by short id
	graph   graph             // the same, as searches see it
	members [inAnswer + 1]int // of each class
	near    []*near
	ports   []*port

	own     announce.Raw // our newest announcement,
	ownAt   time.Time    // and when it was made
	state   ownState
	avoid   map[pair]*avoidance
	chosen  map[identity.Key]*choice
	checks  checks
	joins   joins
	kept    []*Kept // of answers
	ways    gradient
	refused []refusal  // hashed by what was refused; nil: nothing was yet
	expire  step.Timer // when the next announcement is too old
	next    step.Timer
}

// A node is a stored announcement and how it came.
type node struct {
	raw      announce.Raw
	short    identity.ShortID
	class    class
	age      time.Duration // at
	at       time.Time
	since    time.Time // it states links to the same nodes since then
	from     *port     // in the vicinity: on which it was first heard
	spread   step.Bucket
	vertex   int
	edges    []edge   // links that both ends state
	ports    []uint16 // vertices of our ports on which it is a neighbour
	distance int      // hops within the vicinity, as last measured; −1: no way
}

// New returns a map that knows nobody.
func New(c Config) *Map {
	if c.MaxNodes == 0 {
		c.MaxNodes = maxNodes
	}
	if c.MaxAnswers == 0 {
		c.MaxAnswers = maxInAnswer
	}
	c.MaxNodes, c.MaxAnswers = min(c.MaxNodes, maxVertex/2), min(c.MaxAnswers, maxVertex/2-maxOnWay)
	key := c.Identity.Key()
	return &Map{c: c, ways: newGradient(c.Slots), short: key.Short(), graph: newGraph(),
		avoid: map[pair]*avoidance{}, chosen: map[identity.Key]*choice{}}
}

// LinkUp enters a neighbour: it is told what we know, by a digest.
func (m *Map) LinkUp(now time.Time, l *link.Link) {
	id, _ := l.Port()
	n := m.enter(m.port(id), l.Short())
	n.l = l
	m.sendDigest(now, n)
	n.tell = 1<<(ownWay+1) - 1
	m.pump(now, n)
	m.linksChanged(now, n, false)
}

// enter adds a neighbour on a port.
func (m *Map) enter(p *port, short identity.ShortID) *near {
	n := &near{short: short, port: p, repute: p.repute(short), queued: m.marks(), newer: m.marks()}
	n.done = func(now time.Time, ok bool) {
		n.flying--
		n.lossy = n.lossy || !ok
		if n.l.Up() {
			m.pump(now, n)
		}
	}
	p.near = append(p.near, n)
	m.near = append(m.near, n)
	m.graph.stale = true
	return n
}

// LinkDown forgets a neighbour; the loss is announced at once.
func (m *Map) LinkDown(now time.Time, l *link.Link) {
	n := m.neighbour(l)
	if n == nil {
		return
	}
	m.near, n.port.near = step.Remove(m.near, n), step.Remove(n.port.near, n)
	n.port.waiting -= len(n.waiting)
	n.waiting = nil
	m.graph.stale = true
	m.forgetWays(now, n)
	m.linksChanged(now, n, true)
}

func (m *Map) neighbour(l *link.Link) *near {
	if i := slices.IndexFunc(m.near, func(n *near) bool { return n.l == l }); i >= 0 {
		return m.near[i]
	}
	return nil
}

// Message takes a control message of a neighbour. What asks for something is answered
// within a rate, so that nobody has us do more than it does itself.
func (m *Map) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	n := m.neighbour(l)
	switch {
	case n == nil:
	case kind == kindAnnouncement:
		m.takeAnnouncement(now, n, data)
	case kind == kindWay:
		m.takeWay(now, n, data)
	case kind == kindNoWay:
		m.takeNoWay(now, n, data)
	case !n.queries.Take(now, queryRate, queryBurst):
		m.N.Limited++
	case kind == kindDigest:
		m.takeDigest(now, n, data)
	case kind == kindWant:
		m.takeWant(now, n, data)
	case kind == kindNewer:
		m.takeNewer(now, n, data)
	case kind == kindAskSequence:
		m.takeAsk(now, n)
	case kind == kindSequence && len(data) == 4:
		m.takeSequence(now, n, binary.LittleEndian.Uint32(data))
	}
}

func byShort(o *node, id identity.ShortID) int { return bytes.Compare(o.short[:], id[:]) }

// node finds one by its short id, known by its key; nil: there is none.
func (m *Map) node(id identity.ShortID) *node {
	if i := m.stand(id); i < len(m.order) && m.order[i].short == id {
		return m.order[i]
	}
	return nil
}

// stand is where a node stands in the order, or would. (An answer is joined by thousands of
// these: that of package slices takes twice as long.)
func (m *Map) stand(id identity.ShortID) int {
	key, least, most := binary.BigEndian.Uint64(id[:]), 0, len(m.order)
	for least < most {
		i := (least + most) / 2
		if binary.BigEndian.Uint64(m.order[i].short[:]) < key {
			least = i + 1
		} else {
			most = i
		}
	}
	return least
}

func (m *Map) known(key identity.Key) *node {
	if o := m.node(key.Short()); o != nil && o.raw.Key() == key {
		return o
	}
	return nil
}

func (o *node) ageAt(now time.Time) time.Duration { return o.age + now.Sub(o.at) }

// insert stores the first announcement of a node, of no class yet.
func (m *Map) insert(w *unverified) *node {
	o := &node{short: w.short, raw: w.a, age: w.age, at: w.at, since: w.at, distance: -1}
	m.order = step.Insert(m.order, m.stand(o.short), o)
	m.graph.add(o)
	m.join(o)
	return o
}

func (m *Map) drop(o *node) {
	m.graph.part(o)
	m.graph.drop(o)
	m.order = step.Remove(m.order, o)
}

// Lookup finds the key of a mesh IPv6 address, which has the short id in it.
func (m *Map) Lookup(ip netip.Addr) (identity.Key, bool) {
	b := ip.As16()
	if o := m.node(identity.ShortID(b[4:])); o != nil && o.raw.Key().IPv6() == ip {
		return o.raw.Key(), true
	}
	return identity.Key{}, false
}

// Advance does what is due and returns when to come back; zero: nothing pending.
func (m *Map) Advance(now time.Time) time.Time {
	if !m.next.Due(now) {
		return m.next.At()
	}
	m.advanceOwn(now)
	m.advanceWays(now)
	for _, n := range m.near {
		if !now.Before(n.digest) {
			m.sendDigest(now, n)
		}
		m.next.By(n.digest)
		m.pump(now, n)
	}
	m.verifyNext(now)
	m.forgetOld(now)
	m.resumeJoins(now)
	return m.next.At()
}

// forgetOld removes what has reached the age at which it is forgotten.
func (m *Map) forgetOld(now time.Time) {
	if m.expire.Due(now) {
		for i := len(m.order) - 1; i >= 0; i-- {
			if o := m.order[i]; now.Before(o.at.Add(maxAge - o.age)) {
				m.expire.By(o.at.Add(maxAge - o.age))
			} else {
				m.ways.stale = m.ways.stale || o.class&onWay != 0
				m.remove(o)
			}
		}
	}
	m.next.By(m.expire.At())
}
