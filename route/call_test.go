package route_test

import (
	"testing"
	"time"

	"hopwire/hop/call"
	"hopwire/hop/node"
	"hopwire/route/meshtest"
)

// TestCallsOfManyPeers: four neighbours send one node the largest call at once, and it
// has memory for two in all: it holds no more, and serves all.
func TestCallsOfManyPeers(t *testing.T) {
	served := 0
	m := meshtest.New(meshtest.Options{Seed: 90, Change: func(i int, c *node.Config) { c.CallMemory = 2 * call.Max },
		Serve: func(*meshtest.Node) func(time.Time, node.Caller, []byte, func(time.Time, []byte)) {
			return func(now time.Time, _ node.Caller, request []byte, reply func(time.Time, []byte)) {
				served += len(request)
				reply(now, []byte("yes"))
			}
		}})
	for i := range 5 {
		if m.Add(); i > 0 {
			m.Connect(0, i)
		}
	}
	m.BootAll()
	m.Run(4 * time.Second)
	ended := 0
	for i := 1; i < 5; i++ {
		n := m.Nodes[i]
		n.Host.Turn(func(now time.Time) {
			err := n.Call(now, m.Nodes[0].ID.Key(), make([]byte, call.Max), func(_ time.Time, r []byte, err error) {
				if ended++; err != nil || string(r) != "yes" {
					t.Errorf("%d: %q, %v", i, r, err)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	most := 0
	m.RunUntil(time.Minute, func() bool {
		held, room := m.Nodes[0].CallMemory()
		if most = max(most, held); held > room {
			t.Fatalf("%d bytes held, want at most %d", held, room)
		}
		return ended == 4
	})
	t.Logf("at most %d bytes held", most)
	if ended != 4 || served != 4*call.Max || most < call.Max {
		t.Errorf("%d calls ended, %d bytes served, at most %d held", ended, served, most)
	}
}
