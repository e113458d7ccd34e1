package route

import (
	"time"

	"hopwire/link/identity"
)

// A Server is a route server to which the map knows a way.
type Server struct {
	Key        identity.Key
	Configured bool
	Hops       int // of the way that came
	// Way is the cheapest that the map knows, the server last, which may be another than the
	// one that came. No onion key of it has run out.
	Way []identity.ShortID
}

// Servers returns the route servers that can be reached now: those configured first, then
// the nearest. The caller may keep what it gets.
func (m *Map) Servers(now time.Time) (servers []Server) {
	g := m.look()
	g.search(0, m.factor(now, g, 0, nil))
	for _, s := range m.ways.slots {
		w := s.way()
		if !s.used() || w == nil {
			continue
		}
		o := m.open(s.id)
		if o == nil {
			continue
		}
		way := m.wayFor(s, g.way(o.vertex))
		if _, ok := m.path(now, g, way); ok && len(way) > 0 {
			servers = append(servers, Server{o.raw.Key(), s.configured, w.hops(), m.names(way)})
		}
	}
	sortServers(servers)
	return servers
}

// wayFor is the cheapest way, or the one that came when that one is too long; by vertex.
func (m *Map) wayFor(s *slot, cheapest []int) []int {
	if len(cheapest) <= maxWay {
		return cheapest
	}
	if !m.stands(s.held) {
		return nil
	}
	way := make([]int, 0, s.held.hops())
	for i := s.held.hops() - 1; i >= 0; i-- {
		way = append(way, m.open(s.held.ids[i]).vertex)
	}
	return way
}

// sortServers is an insertion sort: there are eight.
func sortServers(s []Server) {
	for i := range s {
		for j := i; j > 0 && s[j].before(&s[j-1]); j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

func (s *Server) before(t *Server) bool {
	if s.Configured != t.Configured {
		return s.Configured
	}
	return s.Hops < t.Hops
}
