package route

import (
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
)

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
func (m *Map) Servers(now time.Time) []Server {
	if m.c.TestServers != nil {
		return m.c.TestServers(m, now)
	}
	return nil
}
