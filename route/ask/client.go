package ask

import (
	"encoding/binary"
	"io"
	mrand "math/rand/v2"
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
	servers   []*server // in the order of asking
	seen      time.Time // when they were last looked at
	questions []*question
	names     names
	busy      int       // errands and joins under way
	tokens    int       // questions that may be asked at once,
	tokenAt   time.Time // and when there is one more
	fullAt    time.Time // when the vicinity was last full
	offers    offers
	copying   copying
	next      step.Timer
}

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

// Paths returns what the map knows. A circuit is wanted: so the servers are asked too,
// whether the destination is known or not, or else what is not asked for would show what
// is near. hop.ErrAsking: nothing is known, but an answer may come; Node.Found says when.
func (c *Client) Paths(now time.Time, to identity.Key, n int) ([]hop.Path, error) {
	paths, err := c.Map.Paths(now, to, n)
	q := c.wanted(now, to)
	if q == nil {
		return paths, err
	}
	if q.idle() && q.due(now, err != nil || !c.Stands(now, paths[0])) {
		c.begin(now, q)
	}
	if err != nil && q.pending {
		err = hop.ErrAsking
	}
	return paths, err
}

// wanted returns the question for a destination; nil: it is not asked for.
func (c *Client) wanted(now time.Time, to identity.Key) *question {
	if !c.asks(now) || c.server(to) != nil {
		return nil
	}
	q := c.question(now, to)
	if q != nil {
		q.use(now)
	}
	return q
}

// asks says whether anything is asked at all. A vicinity that was full counts as full for
// a while: what is asked must not depend on who has just left it.
func (c *Client) asks(now time.Time) bool {
	if c.Full() {
		c.fullAt = now
	}
	if c.node == nil || c.c.Servers.None || c.c.Servers.Own || c.fullAt.IsZero() || now.Sub(c.fullAt) > fullFor {
		return false
	}
	c.lookAt(now)
	return len(c.servers) > 0
}

// Failed reports trouble with a path. A hop that takes none of the onion keys which a
// server has told us is held against it.
func (c *Client) Failed(now time.Time, p hop.Path, i int, why hop.Reason) {
	c.Map.Failed(now, p, i, why)
	if why != hop.ReasonRefused || i >= len(p.Hops) {
		return
	}
	id := p.Hops[i].Key.Short()
	for _, q := range c.questions {
		if q.from != nil && q.kept.Refused(id) {
			q.from.keys.refused++
			c.judge(now, q.from)
			return
		}
	}
}

// Advance does what is due and returns when to come back; zero: nothing pending.
func (c *Client) Advance(now time.Time) time.Time {
	if c.offers.at.IsZero() {
		c.next.By(now)
	}
	if c.node != nil && c.next.Due(now) {
		c.advanceQuestions(now)
		c.names.advance(now, c)
		c.advanceOffers(now)
		c.advanceCopy(now)
	}
	return step.Earliest(c.Map.Advance(now), c.next.At())
}
