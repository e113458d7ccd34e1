package daemon

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"hopwire/cmd/logs"
	"hopwire/hop/node"
	"hopwire/route"
	"hopwire/route/meshtest"
)

// TestElsewhere: two nodes at the ends of a mesh have the same identity. Both say so, with
// the neighbour that it comes by, once an hour; the others say nothing.
func TestElsewhere(t *testing.T) {
	var said [4]bytes.Buffer
	m := meshtest.New(meshtest.Options{Seed: 7, Wrap: func(i int, m node.Map) node.Map {
		return &watchedMap{Map: m, routes: m.(*route.Map), log: logs.New(&said[i], "hopwire", logs.Error)}
	}})
	for range said {
		m.Add()
	}
	m.Nodes[3].ID = m.Nodes[0].ID
	for i := range 3 {
		m.Connect(i, i+1)
	}
	for _, n := range m.Nodes[:3] {
		n.Boot()
	}
	m.Run(time.Minute)
	m.Nodes[3].Boot() // the copy is started later
	for _, hours := range []int{1, 2} {
		m.Run(59 * time.Minute)
		for i := range said {
			line := "this identity is in use elsewhere"
			by := m.Nodes[min(i+1, 2)].Key().String()
			switch n := strings.Count(said[i].String(), line); {
			case i == 0 || i == 3:
				if n != hours || !strings.Contains(said[i].String(), by) {
					t.Errorf("node %d said it %d times in %d h, want as often, with %s:\n%s", i, n, hours, by, said[i].String())
				}
			case n != 0:
				t.Errorf("node %d said it", i)
			}
		}
		m.Run(2 * time.Minute)
	}
}
