package ask

import (
	"errors"
	"slices"
	"strings"
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route"
)

// Servers is whom to ask, as an operator says it.
type Servers struct {
	Keys      []identity.Key // these alone; none: those that the gradient brings
	None, Own bool           // nobody; nobody, for the whole map is copied
}

// ErrServers is returned for what says nothing about servers.
var ErrServers = errors.New("ask: neither addresses, nor own, nor none")

// ParseServers reads addresses with commas between, "own", "none" or nothing.
func ParseServers(s string) (Servers, error) {
	switch s {
	case "":
		return Servers{}, nil
	case "none":
		return Servers{None: true}, nil
	case "own":
		return Servers{Own: true}, nil
	}
	var list Servers
	for _, text := range strings.Split(s, ",") {
		k, err := identity.ParseKey(strings.TrimSpace(text))
		if err != nil {
			return Servers{}, errors.Join(ErrServers, err)
		}
		list.Keys = append(list.Keys, k)
	}
	return list, nil
}

// A server is one that may be asked.
type server struct {
	ServerStatus
	short   identity.ShortID
	now     route.Server // as the map last had it
	here    bool         // it does have it
	way     []identity.ShortID
	pace    Pace
	strikes int
	struck  time.Time
	rest    time.Time // has not answered: others first until then
	keys    struct{ kept, refused int }
}

// ServerStatus is what commands show of a server.
type ServerStatus struct {
	Key                                    identity.Key
	Hops                                   int  // of the way that questions take; 0: none yet
	Detour                                 bool // there is a way with relays enough between
	Asked, Answered, Refused, Contradicted uint64
	TimedOut                               uint64
	RTT                                    time.Duration // the last
	Avoided                                time.Time     // until then
	Why                                    route.Fault   // the last
	Way                                    []identity.ShortID
}

// ServerList returns the servers in the order of asking.
func (c *Client) ServerList(now time.Time) (list []ServerStatus) {
	c.lookAt(now)
	for _, s := range c.servers {
		t := s.ServerStatus
		t.Key, t.Hops, t.Way = s.now.Key, len(s.way), s.way
		list = append(list, t)
	}
	return list
}

// lookAt takes over the servers that the map knows now.
func (c *Client) lookAt(now time.Time) {
	if now.Sub(c.seen) < lookGap && !c.seen.IsZero() {
		return
	}
	c.seen = now
	for _, s := range c.servers {
		s.here = false
	}
	for _, r := range c.Servers(now) {
		if len(c.c.Servers.Keys) > 0 && !r.Configured {
			continue
		}
		s := c.server(r.Key)
		if s == nil && len(c.servers) < maxServers {
			s = &server{short: r.Key.Short()}
			c.servers = append(c.servers, s)
		}
		if s != nil {
			s.now, s.here = r, true
		}
	}
	c.forgetServers(now)
	c.order()
}

// forgetServers forgets those that are gone, but no liar.
func (c *Client) forgetServers(now time.Time) {
	keep := c.servers[:0]
	for _, s := range c.servers {
		if s.here || now.Before(s.Avoided) {
			keep = append(keep, s)
		}
	}
	clear(c.servers[len(keep):])
	c.servers = keep
}

// order is that of the Draw.
func (c *Client) order() {
	for i := range c.servers {
		for j := i; j > 0 && c.draw.Rank(c.servers[j].short) < c.draw.Rank(c.servers[j-1].short); j-- {
			c.servers[j], c.servers[j-1] = c.servers[j-1], c.servers[j]
		}
	}
}

func (c *Client) server(key identity.Key) *server {
	for _, s := range c.servers {
		if s.now.Key == key {
			return s
		}
	}
	return nil
}

// pick returns who is asked next: not who was asked already; who has contradicted himself,
// or has not answered, last. Nil: there is nobody.
func (c *Client) pick(now time.Time, q *question) (best *server) {
	for _, s := range c.servers {
		if s.here && !q.has(s) && (best == nil || s.worse(now) < best.worse(now)) {
			best = s
		}
	}
	return best
}

func (s *server) worse(now time.Time) int {
	switch {
	case now.Before(s.Avoided):
		return 2
	case now.Before(s.rest):
		return 1
	}
	return 0
}

// path returns the way to a server, which is kept while it stands. False: none has relays
// enough between.
func (c *Client) path(now time.Time, s *server) (hop.Path, bool) {
	if s.way != nil {
		if p, ok := c.Along(now, s.way); ok {
			return p, true
		}
		s.way = nil
	}
	ids, links := c.Relays(now)
	at := slices.Index(ids, s.short)
	if at < 0 {
		return hop.Path{}, false
	}
	var gradient []uint16
	for _, h := range s.now.Path.Hops[:max(0, len(s.now.Path.Hops)-1)] {
		gradient = append(gradient, uint16(max(0, slices.Index(ids, h.Key.Short()))))
	}
	d := c.draw.For(s.short)
	way, ok := Way(links, uint16(at), gradient, func(v uint16) uint64 { return d.Rank(ids[v]) })
	s.Detour = ok
	if !ok {
		return hop.Path{}, false
	}
	s.pace = Pace{}
	s.way = nil
	for _, v := range way {
		s.way = append(s.way, ids[v])
	}
	s.way = append(s.way, s.short)
	return c.Along(now, s.way)
}

// contradicted: a server is wrong, or lies. It is avoided, each time for longer.
func (c *Client) contradicted(now time.Time, s *server, f route.Fault) {
	c.N.Contradicted++
	s.Contradicted++
	if now.Sub(s.struck) > liarMost {
		s.strikes = 0
	}
	s.Why, s.struck = f, now
	s.Avoided = now.Add(min(liarFirst<<min(s.strikes, 8), liarMost))
	s.strikes++
}

// judge contradicts a server of whose onion keys too many were refused.
func (c *Client) judge(now time.Time, s *server) {
	k := &s.keys
	if k.refused >= refusedKeys && float64(k.refused)*refusedPart >= float64(k.kept) {
		k.kept, k.refused = 0, 0
		c.contradicted(now, s, route.FaultExpired)
	}
	if k.kept > keysMost {
		k.kept, k.refused = k.kept/2, k.refused/2
	}
}
