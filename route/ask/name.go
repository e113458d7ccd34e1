package ask

import (
	"net/netip"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route"
	"hopwire/route/query"
)

// names are mesh addresses whose keys are asked for, and those that were found.
type names struct {
	asked []*question
	found []name // the one used last stands last; also those that nobody knew
}

type name struct {
	ip  netip.Addr
	key identity.Key
	not time.Time // nobody knew it: until then it is not asked again; zero: key is right
}

// Lookup finds the key of a mesh address without asking.
func (c *Client) Lookup(ip netip.Addr) (identity.Key, bool) {
	if key, ok := c.Map.Lookup(ip); ok {
		return key, true
	}
	if n := c.names.get(ip); n != nil && n.not.IsZero() {
		return n.key, true
	}
	return identity.Key{}, false
}

func (n *names) get(ip netip.Addr) *name {
	for i := range n.found {
		if n.found[i].ip == ip {
			return &n.found[i]
		}
	}
	return nil
}

// put remembers one; what has stood longest goes.
func (n *names) put(x name) {
	if old := n.get(x.ip); old != nil {
		*old = x
		return
	}
	if len(n.found) >= maxNames {
		copy(n.found, n.found[1:])
		n.found = n.found[:maxNames-1]
	}
	n.found = append(n.found, x)
}

// Resolve finds the key of a mesh address and reports it to done, now or within three
// seconds; servers are asked where nothing else knows it. False: it is not known and not
// asked for; done is not called then.
func (c *Client) Resolve(now time.Time, ip netip.Addr, done func(now time.Time, key identity.Key, ok bool)) bool {
	if key, ok := c.Lookup(ip); ok {
		done(now, key, true)
		return true
	}
	if n := c.names.get(ip); n != nil && now.Before(n.not) {
		return false
	}
	if !identity.MeshPrefix().Contains(ip) || !c.asks(now) || len(c.names.asked) >= maxLookups {
		return false
	}
	q := &question{ip: ip, used: now, done: done}
	for _, o := range c.names.asked {
		if o.ip == ip { // one question for all who want it
			first := o.done
			o.done = func(now time.Time, key identity.Key, ok bool) {
				first(now, key, ok)
				done(now, key, ok)
			}
			return true
		}
	}
	c.names.asked = append(c.names.asked, q)
	c.begin(now, q)
	c.next.By(now.Add(lookupFor))
	return true
}

// named takes a server's word, if the address follows from it.
func (c *Client) named(now time.Time, q *question, s *server, response []byte) {
	r, err := query.ParseResponse(query.OpLookup, response)
	if err != nil || r.Key.IPv6() != q.ip || r.Key.Valid() != nil {
		c.lied(now, q, s, route.FaultFormat)
		return
	}
	c.N.Answered++
	c.names.put(name{ip: q.ip, key: r.Key})
	c.names.end(now, q, r.Key, true)
}

// unnamed: nobody could say.
func (c *Client) unnamed(now time.Time, q *question) {
	c.names.put(name{ip: q.ip, not: now.Add(unknownFor)})
	c.names.end(now, q, identity.Key{}, false)
}

func (n *names) end(now time.Time, q *question, key identity.Key, ok bool) {
	n.asked = step.Remove(n.asked, q)
	q.state, q.by = idle, nil
	if q.done != nil {
		q.done(now, key, ok)
		q.done = nil
	}
}

// advance ends those that have waited long enough.
func (n *names) advance(now time.Time, c *Client) {
	for i := len(n.asked) - 1; i >= 0; i-- {
		q := n.asked[i]
		if end := q.used.Add(lookupFor); now.Before(end) {
			c.next.By(end)
		} else {
			c.names.put(name{ip: q.ip, not: now.Add(unknownFor)})
			n.end(now, q, identity.Key{}, false)
		}
	}
}
