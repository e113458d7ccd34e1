package route

import (
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route/announce"
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
	known := make([]Known, 0, len(m.order))
	m.measure()
	for _, o := range m.order {
		known = append(known, o.known(now))
	}
	return known
}

func (o *node) known(now time.Time) Known {
	return Known{o.raw.Key(), max(0, o.distance), o.ageAt(now), o.raw.Links().Len(), o.raw.Flags()&announce.FlagRelay != 0, o.raw.Sequence()}
}

// A Route is an entry of the store with the way to it.
type Route struct {
	Known
	Path hop.Path // that Paths would return first, which this does not remember
	Err  error    // hop.ErrNoPath, hop.ErrTooFar; nil: Path is set
}

// Routes returns the store in the order of short ids, by one search for all the ways.
func (m *Map) Routes(now time.Time) []Route {
	routes, ways := make([]Route, len(m.order)), make([][]int, len(m.order))
	m.measure()
	g := m.look()
	g.search(0, m.factor(now, g, 0, nil))
	for i, o := range m.order {
		ways[i] = g.way(o.vertex)
	}
	for i, o := range m.order {
		r, ok := &routes[i], false
		r.Known, r.Err = o.known(now), hop.ErrNoPath
		if ways[i] == nil {
			continue
		}
		way := m.inUse(now, r.Key, ways[i])
		if o.distance < 0 { // not of the vicinity
			r.Hops = len(way)
		}
		if len(way) > hop.MaxHops {
			r.Err = tooLong(way)
		} else if r.Path, ok = m.path(now, g, way); ok {
			r.Err = nil
		}
	}
	return routes
}
