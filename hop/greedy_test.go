package hop

import (
	"encoding/binary"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/linktest"
)

// star is a hub, node 0, with leaves, and room for most circuits.
func star(t *testing.T, seed uint64, leaves, most int) *testNet {
	n := newNet(t, seed, 1+leaves, most)
	for i := 1; i <= leaves; i++ {
		n.cable(0, i)
	}
	n.start()
	return n
}

// checkBounds: no table or queue of a node is longer than it may be.
func (m *testNode) checkBounds(t *testing.T) {
	t.Helper()
	for _, s := range m.Circuits.links {
		if s == nil {
			continue
		}
		for _, c := range []struct {
			name     string
			is, most int
		}{{"set-ups wait", len(s.queue), setupQueue}, {"frames are parked", s.account.parked, parkLink}, {"labels in", len(s.in), m.net.most},
			{"labels out", len(s.out), m.net.most}, {"unknown labels", s.unknown.n, goneMost}, {"ended labels", len(s.ended), goneAhead}} {
			if c.is > c.most {
				t.Errorf("%d %s, at most %d may", c.is, c.name, c.most)
			}
		}
	}
	filter, size := m.filter.Load()
	if m.parked > parkAll || m.jobs > setupJobs || len(m.relays) > m.net.most || filter > size || len(m.accounts) > 2*len(m.net.nodes) {
		t.Errorf("%d parked, %d jobs, %d relays, %d in the filter, %d accounts", m.parked, m.jobs, len(m.relays), filter, len(m.accounts))
	}
}

// every has do called n times with a gap in between.
func (n *testNet) every(gap time.Duration, times int, do func(i int)) {
	for i := range times {
		n.After(time.Duration(i)*gap, func() { do(i) })
	}
}

// setupsInTime opens and closes circuits, and returns the longest time that one took
// to come up.
func (n *testNet) setupsInTime(src *testNode, circuits int, nodes ...int) (longest time.Duration) {
	for range circuits {
		begun := n.Now
		c := src.open(nodes...)
		longest = max(longest, n.Now.Sub(begun))
		n.Run(20 * time.Millisecond)
		src.close(c)
		n.Run(200 * time.Millisecond)
	}
	return longest
}

// TestGarbageSetups: ten thousand set-ups that nobody can open, with frames for
// each. They are refused and counted and cost a bounded number of multiplications,
// others set up circuits meanwhile, and nothing stays.
func TestGarbageSetups(t *testing.T) {
	n := star(t, 40, 3, maxCircuits)
	n.Costs = linktest.MIPS
	hub, foe, src := n.nodes[0], n.nodes[1], n.nodes[2]
	src.host.Costs = new(linktest.Costs)
	r := mrand.NewChaCha8([32]byte{40})
	const setups, span = 10_000, 10 * time.Second
	begun, worked, sent := hub.Circuits.N, hub.host.Worked[link.ClassSetup], 0
	n.every(span/setups, setups, func(i int) {
		label := uint32(1+i/n.most)<<16 | uint32(i%n.most)
		b := make([]byte, offSetup+onion.SetupSize)
		r.Read(b[offSetup:])
		binary.LittleEndian.PutUint32(b, label)
		foe.host.Turn(func(now time.Time) {
			if foe.to(0).Post(now, kindSetup, b, nil) {
				sent++
			}
			foe.to(0).Send(now, link.Header{Label: label, Seq: 1}, foe.fill(link.FrameLong, "garbage"), nil)
		})
		hub.checkBounds(t)
	})
	const own = 40
	longest := n.setupsInTime(src, own, 0, 3)
	t.Logf("set-ups of others took %v at most; %d frames held at most", longest, hub.host.Most)
	if longest > 100*time.Millisecond {
		t.Errorf("a set-up of others took %v", longest)
	}
	n.Run(2 * time.Second)
	is := hub.Circuits.N
	if got, refused := is.Setups-begun.Setups, is.SetupsRefused-begun.SetupsRefused; sent != setups || got != setups+own || refused != setups {
		t.Errorf("%d sent, %d of %d set-ups came, %d were refused", sent, got, setups+own, refused)
	}
	most := setupBurst + setupRate*int(span/time.Second+2) + own
	if dhs := hub.host.Worked[link.ClassSetup] - worked; dhs > most || dhs < setupBurst+own {
		t.Errorf("%d multiplications, want at most %d", dhs, most)
	}
	if hub.host.Most > parkLink+100 {
		t.Errorf("the hub held %d frames", hub.host.Most)
	}
	if used, _ := hub.filter.Load(); used > own {
		t.Errorf("garbage is in the filter: %d", used)
	}
	n.wantEmpty(time.Second)
}
