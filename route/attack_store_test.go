package route_test

import (
	"runtime"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/meshtest"
)

// TestAttackDenseIdentities: a foe fills the store with identities that are linked to 55
// others each, and goes on. The victim does not verify for a full store; to look for ways
// in it makes little garbage, and what others get of the victim stays as it was.
func TestAttackDenseIdentities(t *testing.T) {
	s := meshtest.ShortSpan()
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 906}, s.Leaves)
	foe, r := b.Foe(0), newInventor(6)
	b.Run(time.Second)
	victim, ids := b.Nodes[0], make([]*identity.Identity, 540)
	for i := range ids {
		ids[i] = r.identity()
	}
	short := func(i int) identity.ShortID { return ids[(i+len(ids))%len(ids)].Key().Short() }
	own := []identity.ShortID{victim.ID.Key().Short()}
	for i := range 55 {
		own = append(own, short(i))
	}
	foe.Post(route.KindAnnouncement, route.Announce(foe.ID, 1, own...))
	i, sequence := 0, uint32(1)
	b.Fight("dense identities", s, 0, func() func() {
		return b.Every(15*time.Millisecond, func() {
			links := []identity.ShortID{foe.ID.Key().Short()}
			for d := 1; d <= 27; d++ {
				links = append(links, short(i-d), short(i+d))
			}
			foe.Post(route.KindAnnouncement, route.Announce(ids[i], sequence, links...))
			if i++; i == len(ids) {
				i, sequence = 0, sequence+1
			}
		})
	})
	refused, worked := victim.Map.N.Refused, victim.Host.Worked[link.ClassVerify]
	for range 100 { // who comes now is linked to what is far already
		foe.Post(route.KindAnnouncement, route.Announce(r.identity(), 1, short(i-1), short(i+1)))
		b.Run(10 * time.Millisecond)
	}
	refused, worked = victim.Map.N.Refused-refused, victim.Host.Worked[link.ClassVerify]-worked
	if victim.Map.Len() != 512 || refused != 100 || worked != 0 {
		t.Errorf("%d stored; of 100 more %d were refused and %d verified", victim.Map.Len(), refused, worked)
	}
	garbage := func(what string, most uint64, do func()) {
		var before, after runtime.MemStats
		do()
		begun := time.Now()
		runtime.ReadMemStats(&before)
		do()
		runtime.ReadMemStats(&after)
		t.Logf("%s: %d bytes, %v", what, after.TotalAlloc-before.TotalAlloc, time.Since(begun))
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Errorf("%s: %d bytes of garbage, want at most %d", what, got, most)
		}
	}
	garbage("paths", 8<<10, func() { victim.Map.Paths(b.Now, b.Nodes[1].ID.Key(), 3) })
	garbage("routes", 600<<10, func() { victim.Map.Routes(b.Now) })
}

// TestHorizonIsQuiet: sixty nodes, and room for twenty in each. Nodes refresh what they
// announce, and digests go round; for what is beyond the horizon no signature is
// verified again and again.
func TestHorizonIsQuiet(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m := meshtest.Random(meshtest.Options{Seed: 907, MaxNodes: 20}, 60, 4)
	m.BootAll()
	m.Run(16 * time.Minute)
	before := 0
	for _, n := range m.Nodes {
		before += n.Host.Worked[link.ClassVerify]
	}
	const hours = 1
	m.Run(hours * time.Hour)
	sum := -before
	for _, n := range m.Nodes {
		sum += n.Host.Worked[link.ClassVerify]
	}
	each := float64(sum) / 60 / hours
	t.Logf("%.1f signatures a node and hour, for 20 nodes that refresh every 15 minutes", each)
	if each > 1.5*4*20 {
		t.Errorf("%.1f signatures a node and hour, want at most %d", each, 3*4*20/2)
	}
}

// TestTwiceTheSameIdentity: two nodes with one identity. Both know it, and by which
// neighbour the other's announcement came; and they do not flood the mesh.
func TestTwiceTheSameIdentity(t *testing.T) {
	m := meshtest.New(meshtest.Options{Seed: 908})
	for range 6 {
		m.Add()
	}
	m.Nodes[4].ID = m.Nodes[0].ID
	for i := range 4 {
		m.Connect(i, i+1)
	}
	m.BootAll()
	m.Run(time.Minute)
	m.Connect(0, 5) // the one has more to announce than the other
	m.Run(10 * time.Minute)
	for i, by := range map[int]int{0: 1, 4: 3} {
		from, at := m.Nodes[i].Map.Elsewhere()
		if from != m.Nodes[by].ID.Key() || m.Now.Sub(at) > 6*time.Minute {
			t.Errorf("node %d saw the other by %v, %v ago; want by node %d", i, from, m.Now.Sub(at), by)
		}
		if n := m.Nodes[i].Map.N.Announced; n > 40 {
			t.Errorf("node %d announced itself %d times in ten minutes", i, n)
		}
	}
	if from, _ := m.Nodes[2].Map.Elsewhere(); from != (identity.Key{}) {
		t.Errorf("node 2 takes %v for somebody with its identity", from)
	}
	m.Nodes[1].Boot()
	m.Nodes[3].Boot()
	m.Run(10 * time.Second)
	if from, _ := m.Nodes[1].Map.Elsewhere(); from != (identity.Key{}) {
		t.Error("a restart looks like a copied identity")
	}
}
