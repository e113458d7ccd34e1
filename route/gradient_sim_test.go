package route_test

import (
	"slices"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/meshtest"
)

// A served mesh has route servers, and nodes that know a small part of it.
type served struct {
	*meshtest.Mesh
	t       testing.TB
	servers []int
	dead    map[int]bool
}

// serve has nodes of a mesh be route servers, and vicinities small.
func serve(t testing.TB, seed uint64, vicinity int, make func(meshtest.Options) *meshtest.Mesh, servers ...int) *served {
	s := &served{t: t, servers: servers, dead: map[int]bool{}}
	s.Mesh = make(meshtest.Options{Seed: seed, MaxNodes: vicinity, Route: func(i int, c *route.Config) {
		if slices.Contains(servers, i) {
			c.Flags |= announce.FlagServer
		}
	}})
	return s
}

func line(n int) func(meshtest.Options) *meshtest.Mesh {
	return func(o meshtest.Options) *meshtest.Mesh { return meshtest.Line(o, n) }
}

// grid is a square of n by n nodes: ways are long, and there are many.
func grid(n int) func(meshtest.Options) *meshtest.Mesh {
	return func(o meshtest.Options) *meshtest.Mesh {
		m := meshtest.New(o)
		for i := range n * n {
			m.Add()
			if i%n > 0 {
				m.Connect(i-1, i)
			}
			if i >= n {
				m.Connect(i-n, i)
			}
		}
		m.BootAll()
		return m
	}
}

// reach counts, of the nodes that run, those that have a path to each server that runs:
// cable by cable, by nodes that run.
func (s *served) reach() (reached, nodes int) {
	for i, n := range s.Nodes {
		if s.dead[i] {
			continue
		}
		have := map[identity.Key]bool{n.ID.Key(): true}
		for _, v := range n.Map.Servers(s.Now) {
			have[v.Key] = s.stands(i, v)
		}
		nodes++
		if !slices.ContainsFunc(s.servers, func(j int) bool { return !s.dead[j] && !have[s.Nodes[j].ID.Key()] }) {
			reached++
		}
	}
	return reached, nodes
}

// index is whose short id it is.
func (s *served) index(id identity.ShortID) int {
	return slices.IndexFunc(s.Nodes, func(n *meshtest.Node) bool { return n.ID.Key().Short() == id })
}

func (s *served) stands(from int, v route.Server) bool {
	for _, id := range v.Way {
		to := s.index(id)
		c := s.Cables[[2]int{min(from, to), max(from, to)}]
		if to < 0 || c == nil || c.Down || s.dead[to] {
			return false
		}
		from = to
	}
	return s.Nodes[from].ID.Key() == v.Key
}

// all runs until all nodes have a path to all servers, and says how long that took.
func (s *served) all(most time.Duration) time.Duration {
	s.t.Helper()
	begun := s.Now
	for s.Now.Sub(begun) < most {
		if reached, nodes := s.reach(); reached == nodes {
			return s.Now.Sub(begun)
		}
		s.Run(100 * time.Millisecond)
	}
	reached, nodes := s.reach()
	s.t.Fatalf("after %v %d of %d nodes reach all servers", most, reached, nodes)
	return most
}

func (s *served) kill(i int) {
	s.Nodes[i].Host.Kill()
	s.dead[i] = true
}

func (s *served) boot(i int) {
	s.Nodes[i].Boot()
	delete(s.dead, i)
}

// TestGradientJoin: in a mesh of which each node knows a tenth, all have a path to both
// servers soon after they boot.
func TestGradientJoin(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	s := serve(t, 1, 16, grid(12), 0, 77)
	t.Logf("all nodes reach all servers after %v", s.all(time.Minute))
}

// TestGradientLine: 48 hops from the server there is a path to it; at 49 there is none.
func TestGradientLine(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	s := serve(t, 2, 8, line(52), 0)
	s.Run(2 * time.Minute)
	for i, n := range s.Nodes[1:] {
		v := n.Map.Servers(s.Now)
		if want := i+1 <= 48; (len(v) == 1) != want || want && len(v[0].Way) != i+1 {
			t.Errorf("%d hops away: %d servers", i+1, len(v))
		}
	}
}

// TestGradientLoss: when a cable on many ways is cut, who is behind it has another way
// within a second after both ends have noticed, and all the time afterwards.
func TestGradientLoss(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	s := serve(t, 3, 16, grid(12), 0, 77)
	s.all(time.Minute)
	s.Run(2 * time.Minute)
	cuts := 12
	if testing.Short() {
		cuts = 3
	}
	for i := range cuts {
		c := s.busiest(i)
		noticed := s.cut(c)
		took := s.all(10 * time.Second)
		t.Logf("cable %v: noticed after %v, all have a way %v later", c, noticed, took)
		if took > time.Second {
			t.Errorf("cable %v: after %v all have a way, want a second", c, took)
		}
		s.steady(20 * time.Second)
		s.Cables[c].Down = false
		s.steady(40 * time.Second)
	}
}

// cut pulls a cable, and says how long it takes until both its ends have noticed.
func (s *served) cut(c [2]int) time.Duration {
	links := func() int { return len(s.Nodes[c[0]].Links.All()) + len(s.Nodes[c[1]].Links.All()) }
	begun, before := s.Now, links()
	s.Cables[c].Down = true
	s.RunUntil(time.Minute, func() bool { return links() == before-2 })
	return s.Now.Sub(begun)
}

// steady checks that all have a way all the time.
func (s *served) steady(d time.Duration) {
	s.t.Helper()
	for begun := s.Now; s.Now.Sub(begun) < d; s.Run(time.Second) {
		if reached, nodes := s.reach(); reached < nodes {
			s.t.Errorf("%v later %d of %d nodes reach all servers", s.Now.Sub(begun), reached, nodes)
			return
		}
	}
}

// ways is what all nodes have told of ways.
func (s *served) ways() (sum uint64) {
	for _, n := range s.Nodes {
		sum += n.Map.N.WaysSent
	}
	return sum
}

// TestGradientServerDies: no way to a server that is gone is left, and the mesh does not
// count to infinity: each node tells a few ways and is quiet. When it is back, so are
// the ways.
func TestGradientServerDies(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	s := serve(t, 4, 16, grid(12), 0, 77)
	s.all(time.Minute)
	s.Run(2 * time.Minute)
	left := func() (sum int) {
		for _, n := range s.Nodes {
			for _, v := range n.Map.Servers(s.Now) {
				if v.Key == s.Nodes[77].ID.Key() {
					sum++
				}
			}
		}
		return sum
	}
	before := s.ways()
	s.kill(77)
	begun := s.Now
	for left() > 0 && s.Now.Sub(begun) < time.Minute {
		s.Run(100 * time.Millisecond)
	}
	gone := s.Now.Sub(begun)
	s.Run(time.Minute)
	told := float64(s.ways()-before) / float64(len(s.Nodes))
	t.Logf("no way is left after %v; each node has told %.1f ways", gone, told)
	if left() > 0 || gone > 20*time.Second || told > 8 {
		t.Errorf("%d nodes have a way, the others for %v; each node has told %.1f ways", left(), gone, told)
	}
	s.boot(77)
	if took := s.all(10 * time.Second); took > 3*time.Second {
		t.Errorf("after %v it is back in all maps", took)
	}
	s.steady(time.Minute)
}

// TestGradientPartition: a mesh falls apart for forty minutes. Each half has its own
// server and forgets the other's; once they are together, all have both again.
func TestGradientPartition(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	s := serve(t, 5, 16, grid(8), 0, 63)
	s.all(time.Minute)
	for i := range 8 {
		s.Cables[[2]int{24 + i, 32 + i}].Down = true
	}
	s.Run(40 * time.Minute)
	for i, n := range s.Nodes {
		for _, v := range n.Map.Servers(s.Now) {
			if !s.stands(i, v) {
				t.Errorf("node %d has a way over what is cut", i)
			}
		}
	}
	for i := range 8 {
		s.Cables[[2]int{24 + i, 32 + i}].Down = false
	}
	t.Logf("%v after it is healed all have all", s.all(30*time.Second))
	s.steady(time.Minute)
}

// busiest is a cable on the ways of many: that by which node i's neighbour is reached.
func (s *served) busiest(i int) [2]int {
	n := s.Nodes[10*i+7]
	for _, v := range n.Map.Servers(s.Now) {
		if n := len(v.Way); n >= 3 {
			a, b := s.index(v.Way[n-2]), s.index(v.Way[n-3])
			return [2]int{min(a, b), max(a, b)}
		}
	}
	s.t.Fatal("no way is long")
	return [2]int{}
}

// TestGradientSlots: of twelve servers a node holds ways to at most eight, of which each
// neighbour brought at most two, or to as many as it has slots. One that it has configured
// has a slot as soon as a neighbour tells a way to it, however far it is.
func TestGradientSlots(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	s := serve(t, 6, 16, grid(8), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	first := s.Route
	var far route.Server
	s.Route = func(i int, c *route.Config) {
		if first(i, c); i == 63 {
			c.Servers, c.Slots = []identity.Key{far.Key}, 2
		}
	}
	s.Run(3 * time.Minute)
	for i, n := range s.Nodes {
		s.checkSlots(i, min(8, 2*len(n.Links.All())))
	}
	v := s.Nodes[62].Map.Servers(s.Now)
	far = v[len(v)-1]
	s.boot(63)
	s.Run(2 * time.Minute)
	s.checkSlots(63, 2)
	if v := s.Nodes[63].Map.Servers(s.Now); len(v) == 0 || v[0].Key != far.Key || !v[0].Configured {
		t.Errorf("the configured server is not the first of %d", len(v))
	}
}

// checkSlots checks that a node holds ways to some servers, but not to too many.
func (s *served) checkSlots(i, most int) {
	s.t.Helper()
	v := s.Nodes[i].Map.Servers(s.Now)
	if len(v) > most || len(v) < 2 {
		s.t.Errorf("node %d holds ways to %d servers, want at most %d", i, len(v), most)
	}
	for _, w := range v {
		if !s.stands(i, w) {
			s.t.Errorf("node %d: the way to %v is no path", i, w.Key)
		}
	}
}

// TestGradientSame: the same seed gives the same mesh, to the last message.
func TestGradientSame(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	run := func() (all []route.Counters) {
		s := serve(t, 7, 16, grid(6), 0, 35)
		s.Run(20 * time.Second)
		s.kill(35)
		s.Run(20 * time.Second)
		s.boot(35)
		s.Run(20 * time.Second)
		for _, n := range s.Nodes {
			all = append(all, n.Map.N)
		}
		return all
	}
	if a, b := run(), run(); !slices.Equal(a, b) {
		t.Errorf("two runs of a seed differ:\n%v\n%v", a, b)
	}
}
