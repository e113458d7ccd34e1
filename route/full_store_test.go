package route

import (
	"encoding/binary"
	mrand "math/rand/v2"
	"runtime"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/route/announce"
)

// A crowd is a mesh in announcements that nobody signed: nodes linked by chance, both
// ends stating it, and this node with four neighbours in it.
type crowd struct {
	ids   []identity.Key
	links [][]int
	seq   uint32
}

// newCrowd has n nodes with about degree links each.
func newCrowd(n, degree int) *crowd {
	r := mrand.New(mrand.NewPCG(1, 2))
	c := &crowd{ids: make([]identity.Key, n), links: make([][]int, n)}
	for i := range n {
		binary.LittleEndian.PutUint64(c.ids[i][:], r.Uint64())
		if i > 0 {
			c.join(i, r.IntN(i))
		}
	}
	for range n * (degree - 2) / 2 {
		c.join(r.IntN(n), r.IntN(n))
	}
	return c
}

func (c *crowd) join(i, j int) {
	if i != j && len(c.links[i]) < announce.MaxLinks && len(c.links[j]) < announce.MaxLinks {
		c.links[i], c.links[j] = append(c.links[i], j), append(c.links[j], i)
	}
}

// says is what a node announces next.
func (c *crowd) says(i int) announce.Raw {
	c.seq++
	a := &announce.Announcement{Flags: announce.FlagRelay, Key: c.ids[i], Sequence: c.seq, Left: time.Hour}
	for _, j := range c.links[i] {
		a.Links = append(a.Links, announce.Statement{ID: c.ids[j].Short(), RTT: time.Millisecond})
	}
	a.Links = announce.Sort(a.Links)
	return a.Signed(anyone)
}

var anyone, _ = identity.NewIdentity(mrand.NewChaCha8([32]byte{77}))

// A full is an announcement after the other into a full store.
type full struct {
	m    *Map
	said [][]byte
	i    int
	now  time.Time
}

// fullKinds are what comes to a full store: from nodes that are stored, with the links as
// before or with others; from beyond the horizon; and from new nodes nearer than others,
// for which others leave. Dense is as dense as announcements can state.
var fullKinds = []struct {
	name   string
	degree int
	make   func(m *Map, c *crowd) (said []announce.Raw)
}{
	{"refresh", 6, refreshes},
	{"relinked", 6, func(m *Map, c *crowd) []announce.Raw { return append(refreshes(m, c.shorn()), refreshes(m, c)...) }},
	{"stranger", 6, strangers},
	{"newcomer", 6, newcomers},
	{"refresh dense", announce.MaxLinks, refreshes},
	{"relinked dense", announce.MaxLinks, func(m *Map, c *crowd) []announce.Raw { return append(refreshes(m, c.shorn()), refreshes(m, c)...) }},
	{"stranger dense", announce.MaxLinks, strangers},
}

func refreshes(m *Map, c *crowd) (said []announce.Raw) {
	for i := range c.ids {
		if m.known(c.ids[i]) != nil {
			said = append(said, c.says(i))
		}
	}
	return said
}

func strangers(m *Map, c *crowd) (said []announce.Raw) {
	for i := range c.ids {
		if m.known(c.ids[i]) == nil {
			said = append(said, c.says(i))
		}
	}
	return said
}

// newcomers come in turns, each with the neighbour of ours that states a link to it.
func newcomers(m *Map, c *crowd) (said []announce.Raw) {
	near := c.links[0]
	for range 64 {
		i := len(c.ids)
		c.ids, c.links = append(c.ids, identity.Key{byte(i), byte(i >> 8), 3}), append(c.links, []int{0})
		c.links[0] = append(near[:len(near):len(near)], i)
		said = append(said, c.says(0), c.says(i))
	}
	return said
}

// shorn is the crowd without the first link of each of a tenth of its nodes.
func (c *crowd) shorn() *crowd {
	s := &crowd{c.ids, append([][]int(nil), c.links...), c.seq}
	for i := 0; i < len(s.links); i += 10 {
		s.links[i] = s.links[i][1:]
	}
	return s
}

func newFull(degree int, come func(m *Map, c *crowd) []announce.Raw) *full {
	c := newCrowd(1024+maxOnWay+maxInAnswer, degree)
	f := &full{m: crowdMap(c), now: testNow}
	for i := range c.ids {
		f.m.install(f.m.near[0], said(c.says(i), testNow))
	}
	f.others(c)
	for _, a := range come(f.m, c) {
		f.said = append(f.said, append(a, 0, 0, 0, 0))
	}
	return f
}

// others fills the other classes, by eight ways of 32 nodes, as far as they are new.
func (f *full) others(c *crowd) {
	m, of := f.m, strangersOf(f.m, c)
	for i := range maxOnWay {
		m.retain(said(c.says(of[i]), testNow), onWay)
		m.retain(said(c.says(of[maxOnWay+i]), testNow), inAnswer)
	}
	for i, s := range m.ways.slots {
		s.held = &way{from: m.near[i%4]}
		for j := range 32 {
			s.held.ids = append(s.held.ids, c.ids[of[32*i+j]].Short())
		}
		s.id, s.by, s.out = s.held.ids[0], s.held.from, s.held
		m.near[(i+1)%4].knows |= 1 << i
	}
}

// next has the next one come, ten seconds later, with a sequence above all before. Its
// signature is taken for good (the sequence stands at 42: announce/wire.md). What it changes is measured, if that is needed for the
// next, which the best of implementations would do then.
func (f *full) next() {
	m, a := f.m, f.said[f.i%len(f.said)]
	f.i++
	f.now = f.now.Add(10 * time.Second)
	binary.LittleEndian.PutUint32(a[42:], uint32(1<<20+f.i))
	m.takeAnnouncement(f.now, m.near[0], a)
	if m.checks.busy {
		m.checks.busy = false
		m.install(m.near[0], said(append(announce.Raw(nil), a[:len(a)-announce.AgeSize]...), f.now))
	}
	m.measure()
}

func BenchmarkFullStore(b *testing.B) {
	for _, k := range fullKinds {
		b.Run(k.name, func(b *testing.B) {
			f := newFull(k.degree, k.make)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				f.next()
			}
		})
	}
}

// An idle Env takes work and does none.
type idle struct{ link.Env }

func (idle) Work(link.Cost, func() func(time.Time)) bool { return true }

func crowdMap(c *crowd) *Map {
	m := New(Config{Identity: anyone, Env: idle{}, Jitter: mrand.New(mrand.NewPCG(1, 1))})
	for i := range 4 {
		m.enter(m.port(i), c.ids[i].Short()).flying = sendWindow
	}
	return m
}

// TestFullStoreGarbage: an announcement into a full store costs no more than a few
// kilobytes, whatever it is.
func TestFullStoreGarbage(t *testing.T) {
	if testing.Short() {
		t.Skip("signs for long")
	}
	const n, most = 300, 8 << 10
	for _, k := range fullKinds {
		f := newFull(k.degree, k.make)
		f.next()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range n {
			f.next()
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / n; got > most {
			t.Errorf("%s: %d bytes an announcement, want at most %d", k.name, got, most)
		}
	}
}

// TestStrangersNeedNoSearch: what comes from beyond the horizon does not have the store
// searched anew, nor does a node that states the same links as before.
func TestStrangersNeedNoSearch(t *testing.T) {
	if testing.Short() {
		t.Skip("signs for long")
	}
	for _, k := range fullKinds {
		if k.name != "refresh" && k.name != "stranger" && k.name != "stranger dense" {
			continue
		}
		f := newFull(k.degree, k.make)
		f.m.measure()
		for range 300 {
			f.m.graph.cuts.order[0] = -1 // a search sets it
			evicted := f.m.N.Evicted
			f.next()
			if f.m.N.Evicted > evicted {
				continue // it was nearer than another
			}
			if f.m.graph.cuts.order[0] != -1 {
				t.Fatalf("%s: announcement %d had the graph searched", k.name, f.i)
			}
		}
	}
}
