package meshtest

import (
	"time"

	"hopwire/route/geo"
)

// Geo adds the nodes of a generated map, which do not run yet. A cable's delay is the
// cost of its link.
func (m *Mesh) Geo(g *geo.Map) {
	first := len(m.Nodes)
	for range g.Links {
		m.Add()
	}
	for i, links := range g.Links {
		for _, l := range links {
			if l.To > i {
				m.Connect(first+i, first+l.To).Delay = time.Duration(l.Cost) * time.Microsecond
			}
		}
	}
}
