package route_test

import (
	"encoding/binary"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/link/linktest"
	"hopwire/route"
	"hopwire/route/meshtest"
)

// An inventor makes identities.
type inventor struct{ *mrand.ChaCha8 }

func newInventor(seed byte) inventor { return inventor{mrand.NewChaCha8([32]byte{seed, 9})} }

func (r inventor) identity() *identity.Identity {
	id, err := identity.NewIdentity(r)
	if err != nil {
		panic(err)
	}
	return id
}

// forged is an announcement that nobody has signed.
func (r inventor) forged(links ...identity.ShortID) []byte {
	b := route.Announce(anybody, uint32(r.Uint64()), links...)
	r.Read(b[2:34])
	return b
}

var anybody = newInventor(0).identity()

// TestAttackSequences: a foe says 200 times a second that it knows a sequence of the
// victim's above the last, and shows forged announcements of the victim with it. The
// victim signs none more than in peace.
func TestAttackSequences(t *testing.T) {
	s := meshtest.ShortSpan()
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 903, Costs: linktest.MIPS}, s.Leaves)
	foe := b.Foe(0)
	victim := b.Nodes[0]
	forged := route.Announce(anybody, 0)
	name := victim.ID.Key()
	copy(forged[2:], name[:])
	signed := victim.Map.N.Announced
	b.Run(time.Second)
	linked := victim.Map.N.Announced - signed // its link to the foe
	sequence := uint32(1)
	b.Fight("sequences", s, 20*time.Millisecond, func() func() {
		signed = victim.Map.N.Announced
		return b.Every(5*time.Millisecond, func() {
			sequence += 1<<31 - 1
			var data [4]byte
			binary.LittleEndian.PutUint32(data[:], sequence)
			foe.Post(route.KindSequence, data[:])
			binary.LittleEndian.PutUint32(forged[42:], sequence)
			foe.Post(route.KindAnnouncement, append([]byte(nil), forged...))
		})
	})
	if got := victim.Map.N.Announced - signed; linked > 2 || got > 4 {
		t.Errorf("the victim announced itself %d times, want at most 4 (figures that changed)", got)
	}
	for _, k := range b.Nodes[1].Map.Known(b.Now) {
		if k.Key == victim.ID.Key() && k.Seq > 100 {
			t.Errorf("its sequence is %d", k.Seq)
		}
	}
}

// TestAttackForgedAnnouncements: a foe sends 280 announcements a second that nobody has
// signed.
func TestAttackForgedAnnouncements(t *testing.T) {
	bootBeside(t, "forged announcements", newInventor(4).announcements(true))
}

// TestAttackInventedAnnouncements: they are signed by identities that it invents.
func TestAttackInventedAnnouncements(t *testing.T) {
	bootBeside(t, "announcements of invented identities", newInventor(4).announcements(false))
}

// bootBeside has a victim, a small router, relay while a foe floods it, and boot beside
// it: it knows all others in not twice the time that it takes in peace.
func bootBeside(t *testing.T, name string, next func() []byte) {
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 904, Costs: linktest.MIPS}, 7)
	victim := b.Nodes[0]
	boot := func() time.Duration {
		victim.Boot()
		begun := b.Now
		if !b.RunUntil(20*time.Second, func() bool { return knowsAll(b.Mesh, 0) }) {
			t.Errorf("%s: ways to %d nodes after 20 s", name, len(victim.Map.Known(b.Now)))
		}
		return b.Now.Sub(begun)
	}
	quiet := boot()
	foe := b.Foe(0)
	foe.Host.Costs = new(linktest.Costs)
	b.Run(time.Second)
	flood := func() func() {
		return b.Every(time.Second/280, func() { foe.Post(route.KindAnnouncement, next()) })
	}
	b.Fight(name, meshtest.ShortSpan(), 20*time.Millisecond, flood)
	defer flood()()
	under := boot()
	t.Logf("%s: ways to all after %v, in peace %v; %+v", name, under, quiet, victim.Map.N)
	if under > 2*quiet {
		t.Errorf("%s: ways to all after %v, want at most twice the %v in peace", name, under, quiet)
	}
}

// announcements draws announcements that nobody, or an invented identity, has signed.
func (r inventor) announcements(bad bool) func() []byte {
	if bad {
		return func() []byte { return r.forged() }
	}
	ids := make([][]byte, 500)
	for i := range ids {
		ids[i] = route.Announce(r.identity(), 1)
	}
	i := 0
	return func() []byte { i++; return append([]byte(nil), ids[i%len(ids)]...) }
}

// TestAttackInventedIdentities: behind one foe 200 nodes are invented, all linked. Of
// forty honest ones nobody is forgotten by anybody, in stores of 64.
func TestAttackInventedIdentities(t *testing.T) {
	m := meshtest.Random(meshtest.Options{Seed: 905, MaxNodes: 64}, 41, 4)
	m.BootAll()
	everybodyKnows(t, m, 10*time.Second)
	foe, r := m.Foe(0), newInventor(5)
	m.Run(time.Second)
	ids := []*identity.Identity{foe.ID}
	for range 200 {
		ids = append(ids, r.identity())
	}
	short := func(i int) identity.ShortID { return ids[i].Key().Short() }
	for i := range ids {
		links := []identity.ShortID{m.Nodes[0].ID.Key().Short(), short((i + 1) % len(ids))}
		for d := 1; d < 20 && i >= d; d++ {
			links = append(links, short(i-d))
		}
		foe.Post(route.KindAnnouncement, route.Announce(ids[i], 1, links...))
		m.Run(20 * time.Millisecond)
	}
	least, most := 64, 0
	for i, n := range m.Nodes {
		honest := 0
		for j, o := range m.Nodes {
			for _, k := range n.Map.Known(m.Now) {
				if i != j && k.Key == o.ID.Key() {
					honest++
				}
			}
		}
		least, most = min(least, honest), max(most, len(n.Map.Known(m.Now)))
		if honest != 40 {
			t.Errorf("node %d knows %d of 40 honest nodes, of %d in all", i, honest, len(n.Map.Known(m.Now)))
		}
	}
	t.Logf("at least %d honest nodes of at most %d; %+v", least, most, m.Nodes[0].Map.N)
}
