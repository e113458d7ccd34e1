package route

import (
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
	"hopwire/link/identity"
)

// A Known is one entry of the store, for display.
type Known struct {
	Key   identity.Key
	Hops  int // 0: no way
	Age   time.Duration
	Links int
	Relay bool
	Seq   uint32
}

// Len returns how many nodes are stored.
func (m *Map) Len() int { return len(m.order) }

// Known returns the store in the order of short ids.
func (m *Map) Known(now time.Time) []Known {
	m.measure()
	known := make([]Known, 0, len(m.order))
	for _, o := range m.order {
		known = append(known, Known{o.raw.key(), max(0, o.distance), o.ageAt(now), len(o.raw.links()) / linkSize, o.raw.flags()&FlagRelay != 0, o.raw.sequence()})
	}
	return known
}

// A Route is an entry of the store with the way to it.
type Route struct {
	Known
	Path hop.Path // that Paths would return first, which this does not remember
	Err  error    // hop.ErrNoPath; nil: Path is set
}

// Routes returns the store in the order of short ids, by one search for all the ways.
func (m *Map) Routes(now time.Time) []Route {
	known := m.Known(now)
	routes := make([]Route, len(known))
	g := m.look()
	ways := make([][]int, len(known))
	g.search(0, m.factor(now, g, 0, nil))
	for i, o := range m.order {
		ways[i] = g.way(o.vertex)
	}
	for i, k := range known {
		routes[i] = Route{Known: k, Err: hop.ErrNoPath}
		if ways[i] == nil {
			continue
		}
		way, ok := m.inUse(now, k.Key, ways[i]), false
		if len(way) > onion.MaxHops {
			continue
		}
		if routes[i].Path, ok = m.path(now, g, way); ok {
			routes[i].Err = nil
		}
	}
	return routes
}
