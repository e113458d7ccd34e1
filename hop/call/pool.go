package call

import (
	"hopwire/link/step"
	"slices"
	"time"
)

// A Pool bounds the memory of the calls of many peers together. Peers of one source
// (Config.Source) count as one, for a source can make up as many as it likes:
//
//   - a source holds no more than what is left for the others;
//   - a small message of a peer that holds less than its share finds room even so:
//     the largest unfinished request of whoever holds most, of the source that holds
//     most, is refused for it;
//   - one largest message at a time may go beyond, so that many of them, none of
//     which fits, do not wait for one another.
//
// Not safe for concurrent use.
type Pool struct {
	most    int // without the part of that one message
	held    int
	members []*Endpoint        // that hold something,
	sources int                // and how many sources they are of,
	named   map[uint64]*source // those that are of several peers
	waiting []*receiver        // incomplete, the one whose turn it is first
	since   time.Time          // of its turn; zero: not looked at yet
}

// A source is what counts as one.
type source struct {
	of      uint64 // 0: of one peer
	held    int
	members int
}

const (
	callShared = 4 << 20          // bytes of all peers, unless configured
	callSmall  = 64 << 10         // a message that is small
	callTurn   = 10 * time.Second // of an incomplete message, when others wait
)

// NewPool returns a pool of so many bytes, at least two largest messages; 0: 4 MiB.
func NewPool(most int) *Pool {
	if most == 0 {
		most = callShared
	}
	return &Pool{most: max(most, 2*Max) - Max, named: map[uint64]*source{}}
}

// Held returns how many bytes the calls of all peers hold, and may hold.
func (p *Pool) Held() (held, most int) { return p.held, p.most + Max }

// room says whether c may hold n bytes more, of a message of total bytes that r
// gathers; r is nil for one that is sent, or begins.
func (p *Pool) room(now time.Time, c *Endpoint, r *receiver, n, total int) bool {
	free := p.most - p.held
	switch {
	case p.source(c).heldBy()+n <= free:
		return true
	case r != nil && p.turn(now) == r:
		return n <= free+Max
	case total > callSmall || c.held+n > min(callSmall, p.share(c)):
		return false
	}
	for p.most-p.held < n || p.source(c).heldBy()+n > p.most/2 {
		if !p.evict(now, c) {
			return false
		}
	}
	return true
}

// source is that of a peer, if it holds something; nil: none of it does.
func (p *Pool) source(c *Endpoint) *source {
	if c.from != nil || c.c.Source == nil {
		return c.from
	}
	return p.named[c.c.Source()]
}

// heldBy is what a source holds, which may be none.
func (s *source) heldBy() int {
	if s == nil {
		return 0
	}
	return s.held
}

// share is an equal part of what its source may have, if c is to hold some.
func (p *Pool) share(c *Endpoint) int {
	sources, members := p.sources, 1
	switch s := p.source(c); {
	case s == nil:
		sources++
	case c.held == 0:
		members += s.members
	default:
		members = s.members
	}
	return p.most / max(2, sources) / members
}

// evict refuses the largest unfinished request of the peer that holds most, of the source
// that does, if the source has more than an equal part, or, being c's own, the peer more
// than its share; false: there is none.
func (p *Pool) evict(now time.Time, c *Endpoint) bool {
	var most *Endpoint
	for _, o := range p.members {
		if most == nil || o.from.held > most.from.held || o.from == most.from && o.held > most.held {
			most = o
		}
	}
	if most == nil || most == c || !p.over(most, c) {
		return false
	}
	i := most.largest()
	if i == nil {
		return false
	}
	most.header(now, callRefused, i.id, 0, 0)
	most.forget(i)
	return true
}

// over says whether a peer has more than c leaves to it.
func (p *Pool) over(most, c *Endpoint) bool {
	switch s := p.source(c); s {
	case most.from:
		return most.held > p.share(c)
	case nil:
		return most.from.held > p.most/(p.sources+1)
	}
	return most.from.held > p.most/p.sources
}

// largest returns the unfinished request of theirs that holds most; nil: none.
func (c *Endpoint) largest() (most *callIn) {
	for _, i := range c.in {
		if i.recv.held > 0 && (most == nil || i.recv.held > most.recv.held) {
			most = i
		}
	}
	return most
}

// turn is the message that may take more than its peer's part. Its sender may be slow,
// so while others wait the turn goes on after callTurn.
func (p *Pool) turn(now time.Time) *receiver {
	if len(p.waiting) == 0 {
		return nil
	}
	if p.since.IsZero() {
		p.since = now
	}
	if len(p.waiting) > 1 && now.Sub(p.since) >= callTurn {
		p.waiting = append(p.waiting[1:], p.waiting[0])
		p.since = now
	}
	return p.waiting[0]
}

// await enters an incomplete message; leave removes it. A nil pool does nothing.
func (p *Pool) await(r *receiver) {
	if p != nil && !slices.Contains(p.waiting, r) {
		p.waiting = append(p.waiting, r)
	}
}

func (p *Pool) leave(r *receiver) {
	if p == nil {
		return
	}
	if i := slices.Index(p.waiting, r); i >= 0 {
		p.waiting = step.Remove(p.waiting, r)
		if i == 0 {
			p.since = time.Time{}
		}
	}
}

// room says whether the calls of this end may hold n bytes more (see Pool.room).
func (c *Endpoint) room(now time.Time, r *receiver, n, total int) bool {
	return c.held+n <= callMemory && (c.c.Pool == nil || c.c.Pool.room(now, c, r, n, total))
}

// hold counts memory that calls take, or with a minus sign give back.
func (c *Endpoint) hold(n int) {
	p, before := c.c.Pool, c.held
	c.held += n
	if p == nil {
		return
	}
	p.held += n
	if before == 0 && c.held > 0 {
		p.enter(c)
	}
	if c.from == nil {
		return
	}
	if c.from.held += n; c.held == 0 {
		p.quit(c)
	}
}

// enter and quit are of a peer that begins and ceases to hold something.
func (p *Pool) enter(c *Endpoint) {
	c.place = len(p.members)
	p.members = append(p.members, c)
	if c.from = p.source(c); c.from == nil {
		c.from = new(source)
		if c.c.Source != nil {
			c.from.of = c.c.Source()
		}
		if p.sources++; c.from.of != 0 {
			p.named[c.from.of] = c.from
		}
	}
	c.from.members++
}

func (p *Pool) quit(c *Endpoint) {
	last := len(p.members) - 1
	p.members[c.place], p.members[last].place = p.members[last], c.place
	p.members[last], p.members = nil, p.members[:last]
	if c.from.members--; c.from.members == 0 {
		p.sources--
		delete(p.named, c.from.of)
	}
	c.from = nil
}

// release gives back what a receiver holds.
func (c *Endpoint) release(r *receiver) {
	c.hold(-r.drop())
	c.c.Pool.leave(r)
}
