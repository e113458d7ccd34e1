package route_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"os"
	"strconv"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// simSeed is the run's seed: SIM_SEED, or always the same.
func simSeed(t *testing.T) uint64 {
	seed, err := strconv.ParseUint(os.Getenv("SIM_SEED"), 10, 64)
	if err != nil {
		seed = 20
	}
	t.Logf("seed %d; to run it again: SIM_SEED=%d go test -run Mesh200 ./route", seed, seed)
	return seed
}

// weather gives every cable faults, and cuts some of them for a while.
func weather(m *meshtest.Mesh, from, to time.Duration) {
	for i := range m.Nodes {
		for j := range m.Nodes {
			g := m.Cables[[2]int{i, j}]
			if g == nil {
				continue
			}
			g.Loss, g.Duplicate, g.Reorder, g.Jitter = 0.01*m.Rand.Float64(), 0.01, 0.05, 3*time.Millisecond
			if m.Rand.IntN(5) == 0 {
				m.After(from+time.Duration(m.Rand.Int64N(int64(to-from))), func() { g.Down = true })
			} else if m.Rand.IntN(10) == 0 {
				m.After(from, func() { // one way only
					a := g.Ends[0].MAC
					g.Cut = func(f, _ *linktest.End) bool { return f.MAC == a }
				})
			}
		}
	}
	m.After(to, func() {
		for _, g := range m.Cables {
			g.Faults = linktest.Faults{Delay: g.Delay}
		}
	})
}

// spread pings pairs drawn by chance, some at a time, and returns how many failed.
func spread(m *meshtest.Mesh, n int, gap time.Duration) (failed int) {
	for range n {
		i, j := m.Rand.IntN(len(m.Nodes)), m.Rand.IntN(len(m.Nodes))
		if i != j {
			m.Ping(i, j, func(_ time.Duration, ok bool) {
				if !ok {
					failed++
				}
			})
		}
		m.Run(gap)
	}
	m.Run(6 * time.Second)
	return failed
}

// TestMesh200: two hundred nodes, faults and partitions, then healing: every
// table bounded, everyone reachable, nothing left when all is quiet.
func TestMesh200(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m := meshtest.Random(meshtest.Options{Seed: simSeed(t), Delay: time.Millisecond, MaxCircuits: 512}, 200, 4)
	for i, n := range m.Nodes {
		m.After(time.Duration(i)*50*time.Millisecond, n.Boot)
	}
	weather(m, 12*time.Second, 40*time.Second)
	m.Run(15 * time.Second)
	t.Logf("%d of 100 pings failed in bad weather", spread(m, 100, 200*time.Millisecond))
	m.Run(70 * time.Second) // healed at 40 s; announcements settle
	if failed := spread(m, 300, 30*time.Millisecond); failed > 0 {
		t.Errorf("%d of 300 pings failed after healing", failed)
	}
	checkPaths(t, m)
	m.Run(150 * time.Second) // longer than any idle time
	checkQuiet(t, m)
}

// checkPaths: everyone knows a way to everyone, without a loop.
func checkPaths(t *testing.T, m *meshtest.Mesh) {
	far, pairs := 0, 0
	for i, n := range m.Nodes {
		for j, o := range m.Nodes {
			if i == j {
				continue
			}
			pairs++
			paths, err := n.Map.Paths(m.Now, o.ID.Key(), 1)
			if errors.Is(err, hop.ErrTooFar) && reachable(m, i, j) {
				far++ // more than a segment of 16 hops: Extend is needed
				continue
			}
			if err != nil {
				t.Fatalf("%d has no way to %d: %v", i, j, err)
			}
			seen := map[identity.Key]bool{n.ID.Key(): true}
			for _, h := range paths[0].Hops {
				if seen[h.Key] {
					t.Fatalf("the path from %d to %d has a loop", i, j)
				}
				seen[h.Key] = true
			}
		}
	}
	t.Logf("%.2f %% of %d pairs are out of reach of one segment of 16 hops", 100*float64(far)/float64(pairs), pairs)
}

// reachable: the two are joined by cables at all.
func reachable(m *meshtest.Mesh, i, j int) bool {
	seen, queue := map[int]bool{i: true}, []int{i}
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		for k := range m.Cables {
			for _, w := range [2][2]int{k, {k[1], k[0]}} {
				if w[0] == v && !seen[w[1]] {
					seen[w[1]] = true
					queue = append(queue, w[1])
				}
			}
		}
	}
	return seen[j]
}

// checkQuiet: no circuit and no frame is left anywhere.
func checkQuiet(t *testing.T, m *meshtest.Mesh) {
	for i, n := range m.Nodes {
		if used, _ := n.Circuits.Load(); used != 0 {
			t.Errorf("node %d still has %d circuits", i, used)
		}
		if n.Host.Live != 0 {
			t.Errorf("node %d holds %d frames", i, n.Host.Live)
		}
		if n.Peers() != 0 {
			t.Errorf("node %d still has %d sessions", i, n.Peers())
		}
	}
}

// TestSameSeedSameRun: nothing that reaches a cable depends on anything but the seed.
func TestSameSeedSameRun(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	run := func() [32]byte {
		m := meshtest.Random(meshtest.Options{Seed: 21}, 30, 4)
		h := sha256.New()
		m.Trace = func(now time.Time, _ *linktest.Segment, from *linktest.End, f *link.Frame) { trace(h, now, from, f) }
		m.BootAll()
		weather(m, 5*time.Second, 15*time.Second)
		m.Run(10 * time.Second)
		spread(m, 40, 100*time.Millisecond)
		m.Run(20 * time.Second)
		return [32]byte(h.Sum(nil))
	}
	if a, b := run(), run(); a != b {
		t.Errorf("two runs of one seed differ: %x and %x", a[:8], b[:8])
	}
}

// trace notes when, from where and how long: the bytes themselves depend on the
// encapsulation's own randomness.
func trace(h hash.Hash, now time.Time, from *linktest.End, f *link.Frame) {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(now.UnixNano()))
	binary.LittleEndian.PutUint32(b[8:], uint32(f.N))
	copy(b[12:], from.MAC[1:5])
	h.Write(b[:])
}

// everyone has all pairs but those of one node (-1: none) ping each other all the
// time, and returns the longest time for which each had no answer.
func everyone(m *meshtest.Mesh, d time.Duration, except int) map[[2]int]time.Duration {
	end, last, gaps := m.Now.Add(d), map[[2]int]time.Time{}, map[[2]int]time.Duration{}
	for i := range m.Nodes {
		for j := range m.Nodes {
			if pair := [2]int{i, j}; i != j && i != except && j != except {
				last[pair] = m.Now
				var tick func()
				tick = func() {
					m.Ping(i, j, func(_ time.Duration, ok bool) {
						if ok {
							gaps[pair] = max(gaps[pair], m.Now.Sub(last[pair]))
							last[pair] = m.Now
						}
					})
					if m.Now.Before(end) {
						m.After(200*time.Millisecond, tick)
					}
				}
				tick()
			}
		}
	}
	m.Run(d + time.Second)
	for pair, at := range last {
		gaps[pair] = max(gaps[pair], end.Sub(at))
	}
	return gaps
}

// speak checks that neighbours, and the ends of sessions, speak the older version of
// the two, and returns how many sessions were looked at.
func speak(t *testing.T, m *meshtest.Mesh, versions []byte) (sessions int) {
	t.Helper()
	of := map[identity.Key]byte{}
	for i, n := range m.Nodes {
		of[n.ID.Key()] = versions[i]
	}
	for i, n := range m.Nodes {
		links := n.Links.All()
		for _, l := range links {
			if want := min(versions[i], of[l.Peer()]); l.Version() != want {
				t.Errorf("node %d of version %d speaks %d with a neighbour of %d", i, versions[i], l.Version(), of[l.Peer()])
			}
		}
		if len(links) != 2 {
			t.Errorf("node %d has %d links", i, len(links))
		}
		for _, c := range n.CircuitList(m.Now) {
			if c.Kind == "relay" || c.State == "opening" {
				continue
			}
			sessions++
			if want := min(versions[i], of[c.Peer]); c.Version != want {
				t.Errorf("node %d of version %d speaks %d in a session with one of %d (%s, %s, %v old)", i, versions[i], c.Version, of[c.Peer], c.Kind, c.State, c.Age)
			}
		}
	}
	return sessions
}

// TestVersionChangesWithoutPartition: a ring is updated to the next version of the
// protocol, one node after the other. All nodes but the one that restarts reach one
// another all the time, that one again within seconds, and in the end everybody
// speaks the new version. Nobody says that it will restart, and a restart takes 2 s.
func TestVersionChangesWithoutPartition(t *testing.T) {
	versions := []byte{1, 1, 1, 1, 1, 1}
	m := meshtest.Ring(meshtest.Options{Seed: 22, Change: func(i int, c *node.Config) { c.Links.Version = versions[i] }}, len(versions))
	m.Run(10 * time.Second)
	everyone(m, 5*time.Second, -1)
	speak(t, m, versions)
	var longest time.Duration
	for i, n := range m.Nodes {
		versions[i] = 2
		n.Host.Kill()
		m.After(2*time.Second, n.Boot)
		for pair, gap := range everyone(m, 8*time.Second, i) {
			longest = max(longest, gap)
			// a circuit that led through the node is given up for one the other way round
			if gap > time.Second {
				t.Errorf("node %d restarts: %d does not reach %d for %v", i, pair[0], pair[1], gap)
			}
		}
		for pair, gap := range everyone(m, 8*time.Second, -1) {
			if (pair[0] == i || pair[1] == i) && gap > 4*time.Second || pair[0] != i && pair[1] != i && gap > time.Second {
				t.Errorf("after the restart of node %d, %d does not reach %d for %v", i, pair[0], pair[1], gap)
			}
		}
		if n := speak(t, m, versions); n < 60 {
			t.Errorf("%d ends of sessions of 30 pairs", n)
		}
	}
	t.Logf("the longest time that two others were apart: %v", longest)
}
