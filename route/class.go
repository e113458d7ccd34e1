package route

import (
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
)

type class byte

const inAnswer class = 4

// Full says whether there is no more room in the vicinity.
func (m *Map) Full() bool { return m.full() }

func (m *Map) retain(w *unverified, c class) bool {
	o := m.node(w.short)
	if o == nil {
		o = m.insert(&port{}, w)
		o.class = c
	} else if o.raw.Before(w.a) {
		m.replace(o, w)
		o.age, o.at = w.age, w.at
	}
	return true
}

func (m *Map) release(o *node, c class) {
	if o.class == c {
		m.remove(o)
	}
}

// A Server is a route server that is known.
type Server struct {
	Key        identity.Key
	Hops       int
	Path       hop.Path
	Configured bool
	Neighbour  identity.ShortID
	Since      time.Time
}

// Servers returns them.
func (m *Map) Servers(now time.Time) []Server { return m.servers }
