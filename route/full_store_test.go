package route

import (
	"encoding/binary"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
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
	if i != j && len(c.links[i]) < maxLinks && len(c.links[j]) < maxLinks {
		c.links[i], c.links[j] = append(c.links[i], j), append(c.links[j], i)
	}
}

// says is what a node announces next.
func (c *crowd) says(i int) raw {
	c.seq++
	a := &announcement{flags: FlagRelay, key: c.ids[i], sequence: c.seq, left: time.Hour}
	for _, j := range c.links[i] {
		a.links = append(a.links, statement{id: c.ids[j].Short(), rtt: time.Millisecond})
	}
	a.links = sortStatements(a.links)
	return a.signed(anyone)
}

var anyone, _ = identity.NewIdentity(mrand.NewChaCha8([32]byte{77}))

// BenchmarkFullStore: an announcement of a node that is stored, into a full store; of
// one that is farther than all of them; and the first of dense Sybils.
func BenchmarkFullStore(b *testing.B) {
	for _, v := range []struct {
		name    string
		degree  int
		nodes   int
		refresh bool
	}{{"refresh", 6, 512, true}, {"stranger", 6, 1024, false}, {"refresh dense", 56, 512, true}, {"stranger dense", 56, 1024, false}} {
		b.Run(v.name, func(b *testing.B) { benchmarkFull(b, newCrowd(v.nodes, v.degree), v.refresh) })
	}
}

func benchmarkFull(b *testing.B, c *crowd, refresh bool) {
	m := crowdMap(c)
	for i := range c.ids {
		m.install(testNow, m.near[0], c.says(i), 0)
	}
	var said [][]byte
	for i := range 1024 {
		if k := m.known(c.ids[i%len(c.ids)]); (k != nil) == refresh {
			said = append(said, append(c.says(i%len(c.ids)), 0, 0, 0, 0))
		}
	}
	now := testNow
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		c.seq++
		a := said[i%len(said)]
		binary.LittleEndian.PutUint32(a[offSequence:], c.seq)
		now = now.Add(10 * time.Second)
		m.takeAnnouncement(now, m.near[0], a)
		if m.checks.busy { // its signature is taken for good: what the rest costs is measured
			m.checks.busy = false
			m.install(now, m.near[0], append(raw(nil), a[:len(a)-ageSize]...), 0)
		}
		m.measure()
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
