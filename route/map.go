package route

import (
	"bytes"
	"encoding/binary"
	mrand "math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/crypto/blake2s"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// Config says whose map it is.
type Config struct {
	Identity *identity.Identity
	Env      link.Env // only Work is used
	Jitter   *mrand.Rand
	Boot     [8]byte // random, of this boot
	// Onion returns what is announced of the onion keys.
	Onion    func(now time.Time) (epoch uint32, left time.Duration, current, next [32]byte)
	Flags    byte // FlagRelay ...
	Price    uint32
	MaxNodes int // 0: 512
	// Load returns how full the circuit table is; nil: never.
	Load func() (used, most int)
}

// Counters count what became of announcements since the start.
type Counters struct {
	Sent, Received, Accepted, Old, Duplicate   uint64
	BadFormat, BadSignature, Limited, Unwanted uint64
	Announced, Evicted, ElsewhereSeen          uint64
}

// A Map is one node's knowledge of the mesh near it. It does no I/O, reads no
// clock and is not safe for concurrent use. Its store is bounded by MaxNodes.
type Map struct {
	N Counters

	c     Config
	short identity.ShortID
	order []*node // the store, sorted by short id
	near  []*near

	own     []byte // our newest announcement
	state   ownState
	avoid   map[pair]*avoidance
	chosen  map[identity.Key]*choice
	graph   *graph
	verify  step.Bucket
	pending map[[32]byte]struct{}
	next    step.Timer
}

// A node is a stored announcement and how it came.
type node struct {
	raw      raw
	short    identity.ShortID
	age      time.Duration // at
	at       time.Time
	from     identity.ShortID // the neighbour it was first heard from
	spread   step.Bucket
	distance int // hops, of the last graph
}

// near is a neighbour and what is to be sent to it.
type near struct {
	l       *link.Link
	short   identity.ShortID
	queue   []identity.ShortID // announcements to send, by their node: the newest is sent
	flying  int
	verify  int // announcements of it being verified
	digest  time.Time
	stated  statement // as we last announced the link
	told    bool
	control [][2][]byte // other messages: kind, data
}

// New returns a map that knows nobody.
func New(c Config) *Map {
	if c.MaxNodes == 0 {
		c.MaxNodes = maxNodes
	}
	key := c.Identity.Key()
	return &Map{c: c, short: key.Short(),
		avoid: map[pair]*avoidance{}, chosen: map[identity.Key]*choice{}, pending: map[[32]byte]struct{}{}}
}

// LinkUp enters a neighbour: it is told what we know, by a digest.
func (m *Map) LinkUp(now time.Time, l *link.Link) {
	n := &near{l: l, short: l.Short()}
	m.near = append(m.near, n)
	m.graph = nil
	m.sendDigest(now, n)
	m.linksChanged(now, n, false)
}

// LinkDown forgets a neighbour; the loss is announced at once.
func (m *Map) LinkDown(now time.Time, l *link.Link) {
	i := slices.IndexFunc(m.near, func(n *near) bool { return n.l == l })
	if i < 0 {
		return
	}
	n := m.near[i]
	m.near = step.Remove(m.near, n)
	m.graph = nil
	m.linksChanged(now, n, true)
}

// sendDigest tells a neighbour what we have.
func (m *Map) sendDigest(now time.Time, n *near) {
	n.digest = now.Add(step.Jitter(m.c.Jitter, digestGap, 20))
	m.next.By(n.digest)
	var b []byte
	add := func(id identity.ShortID, sequence uint32) {
		if len(b)+12 > link.MaxMessage {
			m.post(now, n, kindDigest, b)
			b = nil
		}
		b = binary.LittleEndian.AppendUint32(append(b, id[:]...), sequence)
	}
	if m.own != nil && !m.withheld(n.short, m.own) {
		add(m.short, m.state.sequence)
	}
	for _, o := range m.order {
		if !m.withheld(n.short, o.raw) {
			add(o.short, o.raw.sequence())
		}
	}
	if len(b) > 0 {
		m.post(now, n, kindDigest, b)
	}
}

// post sends a small message now, or when the link takes it.
func (m *Map) post(now time.Time, n *near, kind byte, data []byte) {
	n.control = append(n.control, [2][]byte{{kind}, data})
	if len(n.control) > 64 {
		n.control = n.control[1:]
	}
	m.pump(now, n)
}

// pump sends what is queued for a neighbour, a few messages at once.
func (m *Map) pump(now time.Time, n *near) {
	done := func(now time.Time, ok bool) {
		n.flying--
		if n.l.Up() {
			m.pump(now, n)
		}
	}
	for n.flying < sendWindow {
		var ok bool
		if len(n.control) > 0 {
			c := n.control[0]
			n.control = n.control[1:]
			ok = n.l.Post(now, c[0][0], c[1], done)
		} else {
			a, age := m.dequeue(now, n)
			if a == nil {
				return
			}
			m.N.Sent++
			ok = n.l.PostTail(now, kindAnnouncement, a, uint32(age.Milliseconds()), done)
		}
		if !ok {
			return // the digest of later repairs it
		}
		n.flying++
	}
}

// dequeue returns the next announcement for a neighbour; nil: none is left.
func (m *Map) dequeue(now time.Time, n *near) (raw, time.Duration) {
	for len(n.queue) > 0 {
		id := n.queue[0]
		n.queue = n.queue[1:]
		if id == m.short && m.own != nil && !m.withheld(n.short, m.own) {
			return m.own, now.Sub(m.state.at)
		}
		if o := m.node(id); o != nil && o.ageAt(now) < maxAge && !m.withheld(n.short, o.raw) {
			return o.raw, o.ageAt(now)
		}
	}
	return nil, 0
}

func (o *node) ageAt(now time.Time) time.Duration { return o.age + now.Sub(o.at) }

// offer queues an announcement for a neighbour; a newer one takes the queued one's place.
func (m *Map) offer(now time.Time, n *near, id identity.ShortID) {
	if !slices.Contains(n.queue, id) {
		n.queue = append(n.queue, id)
	}
	m.pump(now, n)
}

// Message takes a control message of a neighbour.
func (m *Map) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	i := slices.IndexFunc(m.near, func(n *near) bool { return n.l == l })
	if i < 0 {
		return
	}
	n := m.near[i]
	switch kind {
	case kindAnnouncement:
		m.takeAnnouncement(now, n, data)
	case kindDigest:
		m.takeDigest(now, n, data)
	case kindWant:
		for ; len(data) >= 8; data = data[8:] {
			m.offer(now, n, identity.ShortID(data))
		}
	case kindAskSequence:
		m.takeAsk(now, n)
	case kindSequence:
		if len(data) == 4 {
			m.takeSequence(now, binary.LittleEndian.Uint32(data))
		}
	}
}

// takeDigest asks for what is newer there, and offers what is newer here.
func (m *Map) takeDigest(now time.Time, n *near, data []byte) {
	var want []byte
	for ; len(data) >= 12; data = data[12:] {
		id, sequence := identity.ShortID(data), binary.LittleEndian.Uint32(data[8:])
		if id == m.short {
			m.takeSequence(now, sequence)
			continue
		}
		o := m.node(id)
		switch {
		case o == nil || int32(sequence-o.raw.sequence()) > 0:
			want = append(want, id[:]...)
		case sequence != o.raw.sequence():
			m.offer(now, n, id)
		}
	}
	if len(want) > 0 {
		m.post(now, n, kindWant, want)
	}
}

// takeAnnouncement checks what is cheap to check and has the signature verified
// elsewhere; duplicates are dropped by their hash before that.
func (m *Map) takeAnnouncement(now time.Time, n *near, data []byte) {
	m.N.Received++
	if len(data) < ageSize {
		m.N.BadFormat++
		return
	}
	a, err := parse(data[:len(data)-ageSize])
	age := time.Duration(binary.LittleEndian.Uint32(data[len(data)-ageSize:])) * time.Millisecond
	if err != nil || age > maxAge {
		m.N.BadFormat++
		return
	}
	switch o := m.known(a.key()); {
	case a.key() == m.c.Identity.Key():
		m.sawOwn(now, a)
	case o != nil && !o.before(a):
		m.older(now, n, o, a)
	default:
		m.takeNew(now, n, o, a, age)
	}
}

// before says whether the announcement that is stored is older than a.
func (o *node) before(a raw) bool { return int32(a.sequence()-o.raw.sequence()) > 0 }

// takeNew has one verified, within the limits, that is newer than what o has, if any.
func (m *Map) takeNew(now time.Time, n *near, o *node, a raw, age time.Duration) {
	hash := blake2s.Sum256(a)
	_, busy := m.pending[hash]
	switch {
	case busy:
		m.N.Duplicate++
	case n.verify >= verifyQueue || !m.verify.Take(now, verifyRate, verifyBurst) || o != nil && !o.spread.Take(now, originRate, originBurst):
		m.N.Limited++
	default:
		m.check(n, slices.Clone(a), age, hash)
	}
}

// older: what we have is as new, or newer, and then it is offered.
func (m *Map) older(now time.Time, n *near, o *node, a raw) {
	if a.sequence() == o.raw.sequence() {
		m.N.Duplicate++
		return
	}
	m.N.Old++
	m.offer(now, n, o.short)
}

// check verifies a signature elsewhere.
func (m *Map) check(n *near, a raw, age time.Duration, hash [32]byte) {
	m.pending[hash] = struct{}{}
	n.verify++
	ok := m.c.Env.Work(link.Cost{Class: link.ClassVerify, Sign: 1}, func() func(time.Time) {
		good := verify(a)
		return func(now time.Time) {
			delete(m.pending, hash)
			n.verify--
			if !good {
				m.N.BadSignature++
				return
			}
			m.install(now, n, a, age)
		}
	})
	if !ok {
		delete(m.pending, hash)
		n.verify--
		m.N.Limited++
	}
}

// install stores a verified announcement and passes it on to the other neighbours.
func (m *Map) install(now time.Time, from *near, a raw, age time.Duration) {
	o := m.node(a.key().Short())
	switch {
	case o == nil:
		o = m.insert(a.key().Short(), from.short)
	case o.raw.key() != a.key(): // two of somebody's own: the first has the short id
		m.N.Unwanted++
		return
	case !o.before(a):
		m.N.Duplicate++
		return
	}
	o.raw, o.age, o.at = a, age, now
	m.graph = nil
	m.N.Accepted++
	m.bound(now)
	if m.node(o.short) != o {
		m.N.Unwanted++
		return
	}
	m.next.By(now.Add(maxAge - age))
	for _, n := range m.near {
		if n != from && n.short != o.short {
			m.offer(now, n, o.short)
		}
	}
}

func byShort(o *node, id identity.ShortID) int { return bytes.Compare(o.short[:], id[:]) }

// node finds one by its short id, known by its key; nil: there is none.
func (m *Map) node(id identity.ShortID) *node {
	if i, ok := slices.BinarySearchFunc(m.order, id, byShort); ok {
		return m.order[i]
	}
	return nil
}

func (m *Map) known(key identity.Key) *node {
	if o := m.node(key.Short()); o != nil && o.raw.key() == key {
		return o
	}
	return nil
}

func (m *Map) insert(short, from identity.ShortID) *node {
	o := &node{short: short, from: from}
	i, _ := slices.BinarySearchFunc(m.order, o.short, byShort)
	m.order = step.Insert(m.order, i, o)
	return o
}

func (m *Map) remove(o *node) {
	m.order = step.Remove(m.order, o)
	m.graph = nil
}

// Lookup finds the key of a mesh IPv6 address, which has the short id in it.
func (m *Map) Lookup(ip netip.Addr) (identity.Key, bool) {
	b := ip.As16()
	if o := m.node(identity.ShortID(b[4:])); o != nil && o.raw.key().IPv6() == ip {
		return o.raw.key(), true
	}
	return identity.Key{}, false
}

// Advance does what is due and returns when to come back; zero: nothing pending.
func (m *Map) Advance(now time.Time) time.Time {
	if !m.next.Due(now) {
		return m.next.At()
	}
	m.advanceOwn(now)
	for _, n := range m.near {
		if !now.Before(n.digest) {
			m.sendDigest(now, n)
		}
		m.next.By(n.digest)
		m.pump(now, n)
	}
	for _, o := range slices.Clone(m.order) {
		if end := o.at.Add(maxAge - o.age); now.Before(end) {
			m.next.By(end)
		} else {
			m.remove(o)
		}
	}
	return m.next.At()
}

// A Known is one entry of the store, for display.
type Known struct {
	Key   identity.Key
	Hops  int // 0: no way
	Age   time.Duration
	Links int
	Relay bool
	Seq   uint32
}

// Known returns the store in the order of short ids.
func (m *Map) Known(now time.Time) []Known {
	m.build(now)
	known := make([]Known, 0, len(m.order))
	for _, o := range m.order {
		known = append(known, Known{o.raw.key(), max(0, o.distance), o.ageAt(now), len(o.raw.links()) / linkSize, o.raw.flags()&FlagRelay != 0, o.raw.sequence()})
	}
	return known
}
