package ask

import (
	"net/netip"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route"
	"hopwire/route/query"
)

// A name is a mesh address whose key a server has told, or that nobody knew. The last
// found stands last.
type name struct {
	ip  netip.Addr
	key identity.Key
	not moment // nobody knew it: until then it is not asked for again; 0: key is right
}

// Lookup finds the key of a mesh address without asking.
func (c *Client) Lookup(ip netip.Addr) (identity.Key, bool) {
	if key, ok := c.Map.Lookup(ip); ok {
		return key, true
	}
	if n := c.name(ip); n != nil && n.not == 0 {
		return n.key, true
	}
	return identity.Key{}, false
}

func (c *Client) name(ip netip.Addr) *name {
	for i := range c.names {
		if c.names[i].ip == ip {
			return &c.names[i]
		}
	}
	return nil
}

// learn remembers one; what has stood longest goes.
func (c *Client) learn(n name) {
	if old := c.name(n.ip); old != nil {
		*old = n
		return
	}
	if len(c.names) >= maxNames {
		copy(c.names, c.names[1:])
		c.names = c.names[:maxNames-1]
	}
	c.names = append(c.names, n)
}

// Resolve finds the key of a mesh address and reports it to done, now or within three
// seconds; servers are asked where nothing else knows it. False: it is not known and not
// asked for; done is not called then.
func (c *Client) Resolve(now time.Time, ip netip.Addr, done func(now time.Time, key identity.Key, ok bool)) bool {
	c.at(now)
	if key, ok := c.Lookup(ip); ok {
		done(now, key, true)
		return true
	}
	if n := c.name(ip); n != nil && c.t < n.not || !identity.MeshPrefix().Contains(ip) || !c.asks() {
		return false
	}
	lookups := 0
	for _, q := range c.questions {
		if q.ip == ip { // one question for all who want it
			q.done = append(q.done, done)
			return true
		}
		if q.ip.IsValid() {
			lookups++
		}
	}
	if lookups >= maxLookups {
		return false
	}
	q := &question{ip: ip, used: c.t}
	q.done = append(q.done, done)
	c.questions = append(c.questions, q)
	c.begin(q)
	return true
}

// named takes a server's word, if the address follows from it.
func (c *Client) named(q *question, s *server, response []byte) {
	r, err := query.ParseResponse(query.OpLookup, response)
	if err != nil || r.Key.IPv6() != q.ip || r.Key.Valid() != nil {
		c.lied(q, s, route.FaultFormat)
		return
	}
	c.N.Answered++
	c.resolved(q, name{ip: q.ip, key: r.Key})
}

// unresolved: nobody could say.
func (c *Client) unresolved(q *question) { c.resolved(q, name{ip: q.ip, not: c.t + unknownFor}) }

func (c *Client) resolved(q *question, n name) {
	c.learn(n)
	c.questions = step.Remove(c.questions, q)
	q.state = idle
	for _, done := range q.done {
		done(c.now, n.key, n.not == 0)
	}
}
