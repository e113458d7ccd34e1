package route_test

import (
	"testing"
	"time"

	"hopwire/route/meshtest"
)

// TestFullTable: a hub with room for six circuits and eight leaves that want more:
// the table stays bounded, sources are told, some circuits work, and the rest do
// once there is room.
func TestFullTable(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m := meshtest.New(meshtest.Options{Seed: 50, MaxCircuits: 6})
	for range 9 {
		m.Add()
	}
	for i := 1; i < 9; i++ {
		m.Connect(0, i)
	}
	m.BootAll()
	m.Run(4 * time.Second)
	answers := 0
	for i := 1; i < 9; i++ {
		for j := 1; j < 9; j++ {
			if i != j {
				m.Ping(i, j, func(_ time.Duration, ok bool) {
					if ok {
						answers++
					}
				})
				m.Run(10 * time.Millisecond)
			}
		}
	}
	hub := m.Nodes[0]
	most := 0
	for range 80 {
		m.Run(100 * time.Millisecond)
		used, _ := hub.Circuits.Load()
		most = max(most, used)
	}
	if most > 6 || hub.Circuits.N.SetupsFull == 0 {
		t.Errorf("%d circuits in a table of 6, %d refused", most, hub.Circuits.N.SetupsFull)
	}
	if answers < 6 {
		t.Errorf("%d of 56 pings were answered", answers)
	}
	m.Run(200 * time.Second)
	if n := m.Circuits(); n != 0 {
		t.Errorf("%d circuits left when all is quiet", n)
	}
	if _, ok := answered(m, 1, 2, 5*time.Second); !ok {
		t.Error("no circuit when there is room again")
	}
	m.Run(200 * time.Second)
	for i, n := range m.Nodes {
		if n.Host.Live != 0 {
			t.Errorf("node %d holds %d frames", i, n.Host.Live)
		}
	}
}
