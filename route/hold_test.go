package route_test

import (
	"testing"
	"time"

	"hopwire/hop/call"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// answered pings until an answer comes and returns how long that took.
func answered(m *meshtest.Mesh, i, j int, most time.Duration) (time.Duration, bool) {
	begun := m.Now
	for m.Now.Sub(begun) < most {
		sent := m.Now
		if _, ok := m.MustPing(i, j, 500*time.Millisecond); ok {
			return m.Now.Sub(begun), true
		}
		if rest := 500*time.Millisecond - m.Now.Sub(sent); rest > 0 {
			m.Run(rest)
		}
	}
	return most, false
}

func TestRelayRestart(t *testing.T) {
	m := meshtest.Line(meshtest.Options{Seed: 3}, 3)
	m.Run(3 * time.Second)
	if _, ok := m.MustPing(0, 2, time.Second); !ok {
		t.Fatal("no ping before")
	}
	m.Nodes[1].Boot()
	d, ok := answered(m, 0, 2, 10*time.Second)
	if !ok || d > 4*time.Second {
		t.Errorf("ping again after %v (%v), want within 4 s", d, ok)
		for _, n := range m.Nodes {
			t.Logf("%d: %+v\n%+v\n%+v\n%+v", n.Index, n.Links.N, n.Map.N, n.Circuits.N, n.N)
		}
	}
	m.Run(200 * time.Second)
	if n := m.Circuits(); n != 0 {
		t.Errorf("%d circuits left when all is quiet", n)
	}
}

// TestRelayRestartUnderTraffic: the relay is back within a second, before anyone has
// missed it, while pings go: they go on soon, and no node keeps a dead circuit.
func TestRelayRestartUnderTraffic(t *testing.T) {
	for _, away := range []time.Duration{0, 300 * time.Millisecond, 900 * time.Millisecond} {
		m := meshtest.Line(meshtest.Options{Seed: 13}, 5)
		m.Run(5 * time.Second)
		answered(m, 0, 4, time.Second)
		m.After(2*time.Second, m.Nodes[2].Host.Kill)
		m.After(2*time.Second+away, m.Nodes[2].Boot)
		gap := stream(m, 0, 4, 10*time.Second)
		t.Logf("away for %v: longest time without an answer %v", away, gap)
		if gap > away+1500*time.Millisecond || gap < 10*time.Millisecond {
			t.Errorf("away for %v: longest time without an answer %v", away, gap)
		}
		for i, n := range m.Nodes {
			if used, _ := n.Circuits.Load(); used > 1 {
				t.Errorf("away for %v: node %d has %d circuits for one ping stream", away, i, used)
			}
		}
		m.Run(200 * time.Second)
		checkQuiet(t, m)
	}
}

func TestSourceRestart(t *testing.T) {
	m := meshtest.Line(meshtest.Options{Seed: 4}, 4)
	m.Run(3 * time.Second)
	m.MustPing(0, 3, time.Second)
	m.Nodes[0].Boot()
	m.RunUntil(5*time.Second, func() bool { return m.Circuits() == 0 })
	if n := m.Circuits(); n != 0 {
		t.Errorf("%d circuits of the source's last life left", n)
	}
	if d, ok := answered(m, 0, 3, 10*time.Second); !ok || d > 3*time.Second {
		t.Errorf("ping again after %v %v", d, ok)
	}
}

func TestCloseFreesEverything(t *testing.T) {
	m := meshtest.Line(meshtest.Options{Seed: 5}, 16)
	m.Run(12 * time.Second)
	if d, ok := answered(m, 0, 15, 3*time.Second); !ok {
		t.Fatalf("no ping over 15 hops (%v)", d)
	}
	if n := m.Circuits(); n != 15 {
		t.Errorf("%d circuit entries, want 15", n)
	}
	m.Run(130 * time.Second)
	if n := m.Circuits(); n != 0 {
		t.Errorf("%d circuits left after the idle time", n)
	}
}

// stream pings every 20 ms and returns the longest time without an answer.
func stream(m *meshtest.Mesh, i, j int, d time.Duration) (gap time.Duration) {
	last, end := m.Now, m.Now.Add(d)
	var tick func()
	tick = func() {
		m.Ping(i, j, func(_ time.Duration, ok bool) {
			if ok {
				gap = max(gap, m.Now.Sub(last))
				last = m.Now
			}
		})
		if m.Now.Before(end) {
			m.After(20*time.Millisecond, tick)
		}
	}
	tick()
	m.Run(d + time.Second)
	return max(gap, end.Sub(last))
}

// TestNodeClosesItsCircuits: a node that is told to stop says so: no relay keeps a
// circuit of its own or towards it for a moment longer than the words take, and the
// links are gone at once.
func TestNodeClosesItsCircuits(t *testing.T) {
	for _, which := range []int{0, 3} { // the source, and the far end
		m := meshtest.Line(meshtest.Options{Seed: 14}, 4)
		m.Run(5 * time.Second)
		answered(m, 0, 3, time.Second)
		m.Run(time.Second)
		if used, _ := m.Nodes[1].Circuits.Load(); used == 0 {
			t.Fatal("there is no circuit")
		}
		n := m.Nodes[which]
		n.Host.Turn(func(now time.Time) { n.Node.Close(now) })
		n.Host.Kill()
		m.Run(20 * time.Millisecond)
		for i := 1; i < 3; i++ {
			if used, _ := m.Nodes[i].Circuits.Load(); used != 0 {
				t.Errorf("node %d stopped: relay %d still has %d circuits", which, i, used)
			}
		}
		if links := m.Nodes[max(1, which-1)].Links.All(); len(links) != 1 {
			t.Errorf("node %d stopped: its neighbour has %d links", which, len(links))
		}
	}
}

func TestSilentCutMovesTraffic(t *testing.T) {
	m := meshtest.Ring(meshtest.Options{Seed: 6}, 6)
	m.Run(8 * time.Second)
	answered(m, 0, 3, 2*time.Second)
	m.Run(3 * time.Second)
	route := m.Nodes[0].Route(m.Nodes[3].ID.Key())
	m.After(2*time.Second, func() {
		for k, g := range m.Cables { // the cable between the first and the second hop
			if m.Nodes[k[0]].ID.Key() == route[0].Key && m.Nodes[k[1]].ID.Key() == route[1].Key ||
				m.Nodes[k[1]].ID.Key() == route[0].Key && m.Nodes[k[0]].ID.Key() == route[1].Key {
				g.Down = true
			}
		}
	})
	if gap := stream(m, 0, 3, 8*time.Second); gap > time.Second || gap < 100*time.Millisecond {
		t.Errorf("traffic stood still for %v, want less than 1 s", gap)
	} else {
		t.Logf("traffic stood still for %v", gap)
	}
	m.Run(200 * time.Second)
	checkQuiet(t, m)
}

func TestRenewalLosesNothing(t *testing.T) {
	m := meshtest.Ring(meshtest.Options{Seed: 7, Change: func(_ int, c *node.Config) { c.CircuitLife = 20 * time.Second }}, 4)
	m.Run(8 * time.Second)
	answered(m, 0, 2, 2*time.Second)
	if gap := stream(m, 0, 2, 2*time.Minute); gap > 60*time.Millisecond {
		t.Errorf("longest time without an answer %v", gap)
	}
	if n := m.Nodes[0].N.Renewals; n < 4 {
		t.Errorf("%d renewals in two minutes", n)
	}
}

func TestCallsOfOneMegabyte(t *testing.T) {
	served := 0
	m := meshtest.Line(meshtest.Options{Seed: 8, Serve: func(*meshtest.Node) func(time.Time, node.Caller, []byte, func(time.Time, []byte)) {
		return func(now time.Time, from node.Caller, request []byte, reply func(time.Time, []byte)) {
			served++
			reply(now, request)
		}
	}}, 4)
	m.Run(4 * time.Second)
	for _, g := range m.Cables {
		g.Loss = 0.07 // 20 % over three cables
	}
	request := make([]byte, call.Max)
	for i := range request {
		request[i] = byte(i * 7)
	}
	var response []byte
	ended := false
	m.Nodes[0].Host.Turn(func(now time.Time) {
		err := m.Nodes[0].Call(now, m.Nodes[3].ID.Key(), request, func(_ time.Time, r []byte, err error) {
			response, ended = append([]byte(nil), r...), true
			if err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	begun := m.Now
	if !m.RunUntil(2*time.Minute, func() bool { return ended }) || string(response) != string(request) || served != 1 {
		t.Log(m.Now.Sub(begun))
		for _, n := range m.Nodes {
			t.Logf("%d: %+v\n%+v\n%+v\n%+v", n.Index, n.Links.N, n.Map.N, n.Circuits.N, n.N)
		}
		t.Fatalf("call ended %v, %d bytes, served %d times", ended, len(response), served)
	}
	t.Logf("1 MiB there and back at 20 %% loss in %v", m.Now.Sub(begun))
}

// TestNetworkKeyChangesWithoutPartition: a mesh is given a new network key while it runs.
func TestNetworkKeyChangesWithoutPartition(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	old, next := identity.NetworkKey{1, 2, 3}, identity.NetworkKey{9, 9}
	keys := make([][]identity.NetworkKey, 6)
	for i := range keys {
		keys[i] = []identity.NetworkKey{old}
	}
	m := meshtest.Ring(meshtest.Options{Seed: 9, Change: func(i int, c *node.Config) { c.Links.NetworkKeys = keys[i] }}, 6)
	m.Run(8 * time.Second)
	for _, step := range [][]identity.NetworkKey{{old, next}, {next, old}, {next}} {
		for i := range m.Nodes {
			keys[i] = step
			m.Nodes[i].Boot()
			m.Run(5 * time.Second)
			for _, pair := range [][2]int{{i, (i + 3) % 6}, {(i + 1) % 6, (i + 5) % 6}} {
				if _, ok := answered(m, pair[0], pair[1], 6*time.Second); !ok {
					t.Errorf("step %d, node %d: %d does not reach %d", len(step), i, pair[0], pair[1])
				}
			}
		}
	}
}

func TestFiftyNodesBoot(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m := meshtest.Random(meshtest.Options{Seed: 10, Costs: linktest.MIPS}, 50, 4)
	for i, n := range m.Nodes {
		m.After(time.Duration(i)*200*time.Millisecond, n.Boot)
	}
	m.Run(9800*time.Millisecond + 15*time.Second)
	for i, n := range m.Nodes {
		for j, o := range m.Nodes {
			if _, err := n.Map.Paths(m.Now, o.ID.Key(), 1); i != j && err != nil {
				t.Errorf("%d has no path to %d 15 s after the last boot: %v", i, j, err)
			}
		}
	}
	failed, asked := 0, 0
	for d := 1; d < len(m.Nodes); d++ { // every pair; each circuit costs these processors 0.2 s in all
		for i := range m.Nodes {
			asked++
			m.Ping(i, (i+d)%len(m.Nodes), func(_ time.Duration, ok bool) {
				if !ok {
					failed++
				}
			})
			m.Run(50 * time.Millisecond)
		}
	}
	m.Run(6 * time.Second)
	if failed > 0 {
		t.Errorf("%d of %d pings failed", failed, asked)
	}
}

// TestLossyLineSetsUp: whole nodes over fifteen hops with 2 % loss on every link:
// the first circuit that is opened comes up, in nearly all cases,
// and nothing stays when all have closed.
func TestLossyLineSetsUp(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m := meshtest.Line(meshtest.Options{Seed: 11}, 16)
	m.Run(12 * time.Second)
	for _, g := range m.Cables {
		g.Loss = 0.02
	}
	const rounds = 75 // of two, from end to end
	good := 0
	for range rounds {
		for _, pair := range [2][2]int{{0, 15}, {15, 0}} {
			if _, ok := answered(m, pair[0], pair[1], 8*time.Second); ok {
				good++
			}
		}
		m.Run(135 * time.Second) // idle: the circuits close
	}
	failed := m.Nodes[0].N.Failed + m.Nodes[15].N.Failed
	t.Logf("%d of %d answered; %d circuits did not come up", good, 2*rounds, failed)
	if good < 2*rounds*99/100 || failed > 2*rounds/100 {
		t.Errorf("%d of %d answered; %d circuits did not come up", good, 2*rounds, failed)
	}
	for _, g := range m.Cables {
		g.Loss = 0
	}
	m.Run(time.Second)
	checkQuiet(t, m)
}
