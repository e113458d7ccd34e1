package ask

import (
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route"
)

// Servers is whom to ask, as an operator says it.
type Servers struct {
	Keys      []identity.Key // these alone; none: those that the gradient brings
	None, Own bool           // nobody; nobody, for the whole map is copied
}

// ParseServers reads a list of addresses, or "own" or "none" alone; an error wraps
// identity.ErrKey.
func ParseServers(list []string) (s Servers, err error) {
	if len(list) == 1 && (list[0] == "none" || list[0] == "own") {
		s.None, s.Own = list[0] == "none", list[0] == "own"
		return s, nil
	}
	for _, text := range list {
		k, err := identity.ParseKey(text)
		if err != nil {
			return Servers{}, err
		}
		s.Keys = append(s.Keys, k)
	}
	return s, nil
}

// A server is one that may be asked.
type server struct {
	ServerStatus
	short    identity.ShortID
	gradient []identity.ShortID // its way, as the map last had it; nil: it has none now
	pace     Pace
	avoided  moment // contradicted: until then
	struck   moment
	strikes  int
	rest     moment // has not answered: others first until then
	kept     int    // nodes of its answers,
	refused  int    // and those that take none of their onion keys
}

// ServerStatus is what commands show of a server.
type ServerStatus struct {
	Key                                    identity.Key
	Way                                    []identity.ShortID // that questions take, or before the first the gradient's; the server last; nil: none
	Known                                  bool               // there is a way to it now
	NoDetour                               bool               // there is no way with relays enough between
	Asked, Answered, Refused, Contradicted uint32
	TimedOut                               uint32
	RTT                                    time.Duration // the last
	Avoided                                time.Duration // for so long from now
	Why                                    route.Fault   // the last
}

// ServerList returns the servers in the order of asking. The caller must not change Way.
func (c *Client) ServerList(now time.Time) (list []ServerStatus) {
	c.at(now)
	c.lookAt()
	for _, s := range c.servers {
		v := s.ServerStatus
		v.Avoided, v.Known = max(0, s.avoided-c.t), s.gradient != nil
		if v.Way == nil {
			v.Way = s.gradient
		}
		list = append(list, v)
	}
	return list
}

// lookAt takes over the servers that the map knows now.
func (c *Client) lookAt() {
	if c.t-c.seen < lookGap {
		return
	}
	c.seen = c.t
	for _, s := range c.servers {
		s.gradient = nil
	}
	for _, r := range c.Servers(c.now) {
		if len(c.c.Servers.Keys) > 0 && !r.Configured {
			continue
		}
		s := c.server(r.Key)
		if s == nil {
			s = &server{ServerStatus: ServerStatus{Key: r.Key}, short: r.Key.Short()}
			c.enter(s)
		}
		s.gradient = r.Way
	}
}

// enter adds a server in the place that the Draw gives it. Those that are gone make room,
// liars last.
func (c *Client) enter(s *server) {
	if len(c.servers) >= maxServers {
		gone := c.servers[0]
		for _, o := range c.servers {
			if o.gradient == nil && (gone.gradient != nil || o.avoided < gone.avoided) {
				gone = o
			}
		}
		c.servers = step.Remove(c.servers, gone)
	}
	i := 0
	for i < len(c.servers) && c.draw.Rank(c.servers[i].short) < c.draw.Rank(s.short) {
		i++
	}
	c.servers = step.Insert(c.servers, i, s)
}

func (c *Client) server(key identity.Key) *server {
	for _, s := range c.servers {
		if s.Key == key {
			return s
		}
	}
	return nil
}

// pick returns who is asked next: not who was asked already; who has contradicted himself,
// or has not answered, last. Nil: there is nobody.
func (c *Client) pick(asked []*server) (best *server) {
	for _, s := range c.servers {
		if s.gradient != nil && !slices.Contains(asked, s) && (best == nil || c.worse(s) < c.worse(best)) {
			best = s
		}
	}
	return best
}

func (c *Client) worse(s *server) int {
	switch {
	case c.t < s.avoided:
		return 2
	case c.t < s.rest:
		return 1
	}
	return 0
}

// path returns the way to a server, which is kept while it stands. False: none has relays
// enough between.
func (c *Client) path(s *server) (p hop.Path, ok bool) {
	if s.Way != nil {
		if p, ok = c.Along(c.now, s.Way); ok {
			return p, true
		}
	}
	s.Way, s.pace = nil, Pace{}
	ids, links := c.Relays(c.now)
	d := c.draw.For(s.short)
	rank := func(v uint16) uint64 { return d.Rank(ids[v]) }
	at := number(ids, s.short)
	if at == 0 {
		return p, false
	}
	gradient := make([]uint16, len(s.gradient)-1)
	for i := range gradient {
		gradient[i] = number(ids, s.gradient[i])
	}
	way, ok := Way(links, at, gradient, rank)
	if s.NoDetour = !ok; !ok {
		return p, false
	}
	for _, v := range append(way, at) {
		s.Way = append(s.Way, ids[v])
	}
	return c.Along(c.now, s.Way)
}

// number is that of a relay; 0: there is none, or it is this node.
func number(ids []identity.ShortID, id identity.ShortID) uint16 {
	for v := range ids {
		if ids[v] == id {
			return uint16(v)
		}
	}
	return 0
}

// contradicted: a server is wrong, or lies. It is avoided, each time for longer.
func (c *Client) contradicted(s *server, f route.Fault) {
	if f == route.FaultNone {
		return
	}
	c.N.Contradicted++
	s.Contradicted++
	if c.t-s.struck > liarMost {
		s.strikes = 0
	}
	s.Why, s.struck = f, c.t
	s.avoided = c.t + min(liarFirst<<min(s.strikes, 8), liarMost)
	s.strikes++
}

// judge contradicts a server of whose onion keys too many were refused: three of ten.
func (c *Client) judge(s *server) {
	if s.refused >= refusedKeys && 10*s.refused >= 3*s.kept {
		s.kept, s.refused = 0, 0
		c.contradicted(s, route.FaultExpired)
	}
	if s.kept > keysMost {
		s.kept, s.refused = s.kept/2, s.refused/2
	}
}
