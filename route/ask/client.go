package ask

import (
	"encoding/binary"
	"io"
	mrand "math/rand/v2"
	"net/netip"
	"time"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route"
)

// Config says who asks whom.
type Config struct {
	Map     *route.Map
	Rand    io.Reader   // key material: the Draw
	Jitter  *mrand.Rand // timing
	Servers Servers
	// Core says that there is memory for the ways between a server and landmarks (128 kB),
	// which are asked for where one or two servers are known.
	Core bool
}

// A Node carries what is asked; *node.Node does.
type Node interface {
	Errand(now time.Time, e node.Errand) error
	Call(now time.Time, to identity.Key, request []byte, done func(now time.Time, response []byte, err error)) error
	Found(now time.Time, to identity.Key)
}

// A Client is the map of a node (node.Map) that asks route servers for what the vicinity
// does not have. While all fits into the vicinity it asks nothing. It does no I/O, reads
// no clock and is not safe for concurrent use. All of it is bounded.
type Client struct {
	*route.Map
	N Questions

	c         Config
	node      Node // nil: not yet
	draw      Draw
	first     time.Time // that it was called at
	now       time.Time // of the call at hand,
	t         moment    // and the same
	next      moment    // 0: not set
	servers   []*server // in the order of asking
	seen      moment    // when they were last looked at
	questions []*question
	core      core
	busy      int    // errands and joins under way
	tokens    int    // questions that may be asked at once,
	tokenAt   moment // and when there is one more
	fullAt    moment // when the vicinity was last full; 0: never
	offers    offers
	copying   copying
}

// A moment is a time since a day before the first call; 0 is long ago. (On 32-bit machines
// without registers for arguments, code for time.Time is several times as large.)
type moment = time.Duration

const longAgo = 24 * time.Hour

// Questions count what became of questions since the start.
type Questions struct {
	Asked, Answered, Unknown, Refused, TimedOut, Failed uint64
	Contradicted, Compared                              uint64
	NoDetour                                            uint64 // not asked: no way with relays enough between
	Offered, Given                                      uint64 // announcements, to servers
}

// New returns a client that asks nothing before Attach.
func New(c Config) *Client {
	var seed [8]byte
	step.Draw(c.Rand, seed[:])
	return &Client{Map: c.Map, c: c, draw: Draw(binary.LittleEndian.Uint64(seed[:])), tokens: Burst}
}

// Attach says by which node to ask.
func (c *Client) Attach(n Node) { c.node = n }

// at notes the time of a call from outside.
func (c *Client) at(now time.Time) {
	if c.first.IsZero() {
		c.first = now
	}
	c.now, c.t = now, now.Sub(c.first)+longAgo
}

// by has Advance called by then.
func (c *Client) by(t moment) {
	if c.next == 0 || t < c.next {
		c.next = t
	}
}

// Paths returns what the map knows. A circuit is wanted: so the servers are asked too,
// whether the destination is known or not, or else what is not asked for would show what
// is near. hop.ErrAsking: nothing is known, but an answer may come; Node.Found says when.
func (c *Client) Paths(now time.Time, to identity.Key, n int) ([]hop.Path, error) {
	paths, err := c.Map.Paths(now, to, n)
	q := c.wanted(now, to)
	if q == nil {
		return paths, err
	}
	if q.state == idle && (c.t >= q.at || c.t >= q.soonest && (err != nil || !c.Stands(now, paths[0]))) {
		c.begin(q)
	}
	if err != nil && q.pending {
		err = hop.ErrAsking
	}
	return paths, err
}

// Refresh has a destination asked for now, as if there were no answer yet. It says whether
// it is being asked for.
func (c *Client) Refresh(now time.Time, to identity.Key) bool {
	q := c.wanted(now, to)
	if q != nil && q.state == idle {
		c.begin(q)
	}
	return q != nil
}

// wanted returns the question for a node to which a circuit is wanted; nil: it is a server
// or this node, or nothing is asked.
func (c *Client) wanted(now time.Time, to identity.Key) *question {
	c.at(now)
	if c.server(to) != nil || to.Short() == c.Short() {
		return nil
	}
	q := c.question(to.IPv6())
	if q != nil {
		q.to = to
	}
	return q
}

// Lookup finds the key of a mesh address without asking.
func (c *Client) Lookup(ip netip.Addr) (identity.Key, bool) {
	if key, ok := c.Map.Lookup(ip); ok {
		return key, true
	}
	for _, q := range c.questions {
		if q.ip == ip && q.known() {
			return q.to, true
		}
	}
	return identity.Key{}, false
}

// Resolve finds the key of a mesh address to which a circuit is wanted, and reports it to
// done, now or within three seconds. It is asked for as in Paths, by the same question: what
// answers it has the key and the way. False: it is not known and not asked for, and done is
// not called.
func (c *Client) Resolve(now time.Time, ip netip.Addr, done func(now time.Time, key identity.Key, ok bool)) bool {
	c.at(now)
	if key, ok := c.Lookup(ip); ok {
		done(now, key, true)
		return true
	}
	q := c.question(ip)
	if q == nil || q.state == idle && c.t < q.soonest {
		return false
	}
	if q.state == idle {
		c.begin(q)
	}
	if len(q.done) == 0 {
		q.until = c.t + resolveFor
		c.by(q.until)
	}
	q.done = append(q.done, done)
	return true
}

// asks says whether anything is asked at all. A vicinity that was full counts as full for
// a while: what is asked must not depend on who has just left it.
func (c *Client) asks() bool {
	if c.Full() {
		c.fullAt = c.t
	}
	if c.node == nil || c.c.Servers.None || c.c.Servers.Own || c.fullAt == 0 || c.t-c.fullAt > fullFor {
		return false
	}
	c.lookAt()
	return len(c.servers) > 0
}

// Failed reports trouble with a path. A hop that takes none of the onion keys which a
// server has told us is held against it.
func (c *Client) Failed(now time.Time, p hop.Path, i int, why hop.Reason) {
	c.at(now)
	c.Map.Failed(now, p, i, why)
	if why != hop.ReasonRefused || i >= len(p.Hops) {
		return
	}
	id := p.Hops[i].Key.Short()
	for _, q := range c.questions {
		if q.from != nil && q.kept.Refused(id) {
			q.from.refused++
			c.judge(q.from)
			return
		}
	}
}

// Advance does what is due and returns when to come back; zero: nothing pending.
func (c *Client) Advance(now time.Time) (next time.Time) {
	c.at(now)
	if c.node != nil && c.t >= c.next {
		c.next = 0
		c.advanceCore()
		c.advanceQuestions()
		c.advanceOffers()
		c.advanceCopy()
	}
	if c.next != 0 {
		next = c.first.Add(c.next - longAgo)
	}
	return step.Earliest(c.Map.Advance(now), next)
}

// call is an ordinary one, under our own name; nil: it came to nothing.
func (c *Client) call(to identity.Key, request []byte, done func(response []byte)) {
	err := c.node.Call(c.now, to, request, func(now time.Time, response []byte, err error) {
		c.at(now)
		c.by(c.t)
		if err != nil {
			response = nil
		}
		done(response)
	})
	if err != nil {
		c.by(c.t)
		done(nil)
	}
}
