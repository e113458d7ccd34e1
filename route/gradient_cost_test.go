package route_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/meshtest"
)

// A meter counts what a node hears, by kind.
type meter struct {
	node.Map
	bytes *[64]uint64
}

func (m meter) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	const record = 7 // kind, length, number
	m.bytes[kind] += uint64(record + len(data))
	m.Map.Message(now, l, kind, data)
}

// TestGradientCost: what ways cost in a quiet mesh, in bytes a second and node, and of
// memory, is what there is more than in the same mesh without servers.
func TestGradientCost(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	const n, minutes = 100, 15
	servers := []int{3, 15, 27, 40, 51, 66, 78, 90}
	run := func(flags byte) (bytes [64]uint64, nodes []int, heap uint64) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m := meshtest.New(meshtest.Options{Seed: 950, MaxNodes: 16,
			Route: func(i int, c *route.Config) {
				if slices.Contains(servers, i) {
					c.Flags |= flags
				}
			},
			Wrap: func(_ int, m node.Map) node.Map { return meter{m, &bytes} }})
		geometric(m, n)
		m.BootAll()
		m.Run(5 * time.Minute)
		bytes = [64]uint64{}
		m.Run(minutes * time.Minute)
		hops, held := 0, 0
		for _, o := range m.Nodes {
			kept, _, _ := o.Map.OnWays()
			nodes = append(nodes, kept)
			for _, v := range o.Map.Servers(m.Now) {
				hops, held = hops+v.Hops, held+1
			}
		}
		slices.Sort(nodes)
		t.Logf("%.1f servers a node, %.1f hops away", float64(held)/n, float64(hops)/float64(max(1, held)))
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(m)
		return bytes, nodes, after.HeapAlloc - before.HeapAlloc
	}
	without, _, heap0 := run(0)
	with, nodes, heap := run(announce.FlagServer)
	sum := 0.0
	for kind := range with {
		if d := (float64(with[kind]) - float64(without[kind])) / n / minutes / 60; with[kind] != 0 {
			t.Logf("kind %d: %.1f more bytes a second and node than %.1f", kind, d, float64(without[kind])/n/minutes/60)
			sum += d
		}
	}
	t.Logf("in all %.1f; on ways p50 %d p90 %d most %d; %.1f kB a node", sum, nodes[n/2], nodes[n*9/10], nodes[n-1], (float64(heap)-float64(heap0))/n/1e3)
	if sum > 120 {
		t.Errorf("%.1f bytes a second and node", sum)
	}
}

// geometric lays nodes out in a square, each linked to those near it.
func geometric(m *meshtest.Mesh, n int) {
	type point struct{ x, y float64 }
	at := make([]point, n)
	for i := range at {
		at[i] = point{m.Rand.Float64(), m.Rand.Float64()}
		m.Add()
	}
	slices.SortFunc(at, func(a, b point) int { return int(1e6 * (a.x - b.x)) })
	near := func(i, j int) float64 {
		dx, dy := at[i].x-at[j].x, at[i].y-at[j].y
		return dx*dx + dy*dy
	}
	for i := 1; i < n; i++ {
		best := 0
		for j := range i {
			if near(i, j) < near(i, best) {
				best = j
			}
		}
		m.Connect(best, i)
		for j := range i {
			if j != best && near(i, j) < 1.6/float64(n) {
				m.Connect(j, i)
			}
		}
	}
}
