package route

import (
	mrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/query"
)

// A sheet is a mesh in signed announcements: identities, and links at a cost in ms.
type sheet struct {
	ids    []*identity.Identity
	links  map[[2]int]int
	seq    uint32
	signed map[int]announce.Raw // nil: each is signed anew
}

func newSheet(n int) *sheet {
	s := &sheet{links: map[[2]int]int{}, seq: 1}
	r := mrand.NewChaCha8([32]byte{42})
	for range n {
		id, _ := identity.NewIdentity(r)
		s.ids = append(s.ids, id)
	}
	return s
}

func (s *sheet) link(i, j, ms int) { s.links[[2]int{i, j}], s.links[[2]int{j, i}] = ms, ms }

func (s *sheet) short(i int) identity.ShortID { return s.ids[i].Key().Short() }

// says is what a node announces.
func (s *sheet) says(i int) announce.Raw {
	if raw := s.signed[i]; raw != nil {
		return raw
	}
	a := &announce.Announcement{Flags: announce.FlagRelay, Key: s.ids[i].Key(), Sequence: s.seq, Left: time.Hour}
	for l, ms := range s.links {
		if l[0] == i {
			a.Links = append(a.Links, announce.Statement{ID: s.short(l[1]), RTT: time.Duration(ms) * time.Millisecond, Capacity: 1 << 20})
		}
	}
	a.Links = announce.Sort(a.Links)
	return a.Signed(s.ids[i])
}

// list gives announcements one by one.
func list(raws ...announce.Raw) func() (Next, bool) {
	return func() (Next, bool) {
		i := 0
		return func() (announce.Raw, time.Duration, bool) {
			if i++; i > len(raws) {
				return nil, 0, false
			}
			return raws[i-1], time.Minute, true
		}, true
	}
}

// answer is that of some nodes.
func (s *sheet) answer(nodes ...int) func() (Next, bool) {
	var raws []announce.Raw
	for _, i := range nodes {
		raws = append(raws, s.says(i))
	}
	return list(raws...)
}

// knows stores nodes as known for a time.
func (s *sheet) knows(t *testing.T, m *Map, since time.Time, nodes ...int) {
	for _, i := range nodes {
		a := said(s.says(i), since)
		m.install(&near{short: s.short(i), port: &port{}, queued: m.marks(), flying: sendWindow}, a)
		if m.node(s.short(i)) == nil {
			t.Fatalf("%d is not stored", i)
		}
	}
}

// joinTo joins an answer in a map whose one neighbour is node 0 of the sheet.
func (s *sheet) joinTo(m *Map, to int, now time.Time, before *Promises, read func() (Next, bool)) (done *Joined) {
	j := &join{s: m.sketch(now), m: m, began: now, a: Answer{To: s.ids[to].Key().IPv6(), Came: now, Read: read, Before: before,
		Done: func(_ time.Time, j *Joined) { done = j }}}
	if o := m.node(s.short(0)); o != nil {
		j.s.graph.mine = []edge{{uint16(o.vertex), announce.Cost(announce.Statement{RTT: time.Millisecond}, announce.Statement{})}}
	}
	j.draw()
	j.check(now)
	return done
}

// ladder is two rails, 0-2-4-… and 1-3-5-…, with rungs 0-1, 2-3 …: between any two nodes
// are two ways.
func ladder(n int) *sheet {
	s := newSheet(n)
	for i := range n {
		if i+2 < n {
			s.link(i, i+2, 10)
		}
		if i%2 == 0 && i+1 < n {
			s.link(i, i+1, 10)
		}
	}
	return s
}

// TestJoin: the ways found are by what was known and what was answered; what of that was
// not known is verified and kept, and nothing else.
func TestJoin(t *testing.T) {
	s := ladder(24)
	m, _ := newTestMap(t, 64)
	s.knows(t, m, testNow.Add(-time.Hour/2), 0, 1, 2, 3)
	read := s.answer(22, 20, 23, 21, 18, 16, 14, 12, 10, 8, 6, 4, 2, 19, 17, 15, 13, 11, 9, 7, 5, 3)
	j := s.joinTo(m, 22, testNow, nil, read)
	if j.Fault != FaultNone || !j.Found || j.Verified != 20 || j.Kept.Len() != 20 {
		t.Fatalf("%+v", j)
	}
	if got := len(m.order); got != 24 {
		t.Errorf("%d stored, want 24", got)
	}
	m.Release(j.Kept)
	if got := len(m.order); got != 4 {
		t.Errorf("%d stored after release, want 4", got)
	}
	m.Release(j.Kept)
	if j := s.joinTo(m, 22, testNow, nil, s.answer(22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 5, 7, 9)); j.Kept.Len() != 13 {
		t.Errorf("%d kept, want 10 and the 3 that the second way has of its own", j.Kept.Len())
	}
}

// TestJoinKeepsNoLie: one bad signature on a way, and nothing of the answer is kept; off
// the ways it is not looked at.
func TestJoinKeepsNoLie(t *testing.T) {
	s := ladder(12)
	m, _ := newTestMap(t, 64)
	s.knows(t, m, testNow, 0, 1)
	forge := func(i int) announce.Raw {
		raw := s.says(i)
		raw[len(raw)-1] ^= 1
		return raw
	}
	if j := s.joinTo(m, 8, testNow, nil, list(s.says(8), s.says(6), s.says(4), forge(2))); j.Fault != FaultSignature || j.Found || len(m.order) != 2 {
		t.Errorf("%+v, %d stored", j, len(m.order))
	}
	if j := s.joinTo(m, 8, testNow, nil, list(s.says(8), s.says(6), s.says(4), s.says(2), forge(10))); j.Fault != FaultNone || !j.Found || len(m.order) != 6 {
		t.Errorf("%+v, %d stored", j, len(m.order))
	}
}

// TestJoinCompare: what another server answers proves that the first left the shorter way
// out, if it is signed; and an answer as good as the first proves nothing.
func TestJoinCompare(t *testing.T) {
	s := newSheet(8)
	for i := range 4 { // 0-1-2-3-4, the long way
		s.link(i, i+1, 30)
	}
	s.link(1, 5, 5)
	s.link(5, 4, 5)
	m, _ := newTestMap(t, 64)
	s.knows(t, m, testNow, 0)
	first := s.joinTo(m, 4, testNow, nil, s.answer(4, 3, 2, 1))
	if first.Fault != FaultNone || !first.Found {
		t.Fatalf("%+v", first)
	}
	for _, c := range []struct {
		name string
		read func() (Next, bool)
		want Fault
	}{
		{"as good", s.answer(4, 3, 2, 1), FaultNone},
		{"the shorter way", s.answer(4, 5, 1), FaultOmitted},
		{"the shorter way, forged", list(s.says(4), func() announce.Raw { r := s.says(5); r[len(r)-1] ^= 1; return r }(), s.says(1)), FaultNone},
	} {
		j := s.joinTo(m, 4, testNow, first.Promises, c.read)
		if j.Before != c.want {
			t.Errorf("%s: fault %d, want %d", c.name, j.Before, c.want)
		}
		m.Release(j.Kept)
	}
}

// TestJoinSettled: what is known here contradicts an answer only when it has been known
// for ten minutes: servers hear of it by then.
func TestJoinSettled(t *testing.T) {
	for _, c := range []struct {
		known time.Duration
		want  Fault
	}{{settledAfter - time.Second, FaultNone}, {settledAfter, FaultOmitted}} {
		s := newSheet(8)
		for i := range 4 {
			s.link(i, i+1, 30)
		}
		s.link(1, 5, 5)
		s.link(5, 4, 5)
		m, _ := newTestMap(t, 64)
		s.knows(t, m, testNow.Add(-c.known), 0, 1, 5, 4)
		if j := s.joinTo(m, 4, testNow, nil, s.answer(4, 3, 2, 1)); j.Fault != c.want || !j.Found {
			t.Errorf("known for %v: %+v", c.known, j)
		}
	}
}

// TestJoinExpired: announcements whose onion keys have run out, or that are too old, are
// not used; three of ten contradict the answer.
func TestJoinExpired(t *testing.T) {
	s := ladder(24)
	for _, c := range []struct {
		old  int
		want Fault
	}{{2, FaultNone}, {3, FaultExpired}} {
		m, _ := newTestMap(t, 64)
		s.knows(t, m, testNow, 0, 1)
		i := 0
		nodes := []int{8, 6, 4, 2, 10, 12, 14, 16, 18, 20}
		read := func() (Next, bool) {
			return func() (announce.Raw, time.Duration, bool) {
				if i++; i > len(nodes) {
					return nil, 0, false
				}
				age := time.Minute
				if len(nodes)-i < c.old {
					age = maxAge
				}
				return s.says(nodes[i-1]), age, true
			}, true
		}
		if j := s.joinTo(m, 8, testNow, nil, read); j.Fault != c.want || !j.Found {
			t.Errorf("%d of 10: %+v", c.old, j)
		}
	}
}

// TestJoinBounds: an answer as large as can be, of invented relays that are all linked,
// costs at most joinVerify signatures and no more places than that.
func TestJoinBounds(t *testing.T) {
	m, now := boundsMap(t), testNow
	had := len(m.order)
	s, read := inventedAnswer()
	j := s.joinTo(m, 0, now, nil, read)
	if j.Verified > joinVerify+1 || len(m.order)-had > joinVerify {
		t.Errorf("%d verified, %d stored", j.Verified, len(m.order)-had)
	}
}

// TestJoinLong: the only way has as many hops as a path may, and is verified whole; what
// would prove an earlier answer wrong is not, beside that. With a shorter way it is.
func TestJoinLong(t *testing.T) {
	for _, c := range []struct {
		to, verified int
		before       Fault
	}{{47, 47, FaultNone}, {30, 30 + 14, FaultOmitted}} {
		s := newSheet(62)
		nodes := []int{c.to}
		for i := range c.to {
			s.link(i, i+1, 1)
			nodes = append(nodes, i)
		}
		last := c.to // a branch behind the destination, about which the earlier answer was wrong
		for i := 48; i < 62; i++ {
			s.link(last, i, 1)
			last, nodes = i, append(nodes, i)
		}
		m, _ := newTestMap(t, 64)
		s.knows(t, m, testNow, 0)
		j := s.joinTo(m, c.to, testNow, &Promises{[]promise{{s.short(61), 1, 1e9}, {s.short(c.to), 1, 0}}}, s.answer(nodes...))
		if !j.Found || j.Fault != FaultNone || j.Before != c.before || j.Verified != c.verified || j.To != s.ids[c.to].Key() {
			t.Errorf("to %d: %+v", c.to, j)
		}
	}
}

// TestJoinKey: the destination is the first of an answer, and its address follows from its
// key; else it is not in it.
func TestJoinKey(t *testing.T) {
	s := ladder(12)
	m, _ := newTestMap(t, 64)
	s.knows(t, m, testNow, 0, 1)
	if j := s.joinTo(m, 8, testNow, nil, s.answer(6, 8, 4, 2)); j.Fault != FaultMissing || j.Found || j.To != (identity.Key{}) {
		t.Errorf("%+v", j)
	}
}

func boundsMap(t testing.TB) *Map {
	m, _ := newTestMap(&testing.T{}, 512)
	c := newCrowd(512, 8)
	for i := range c.ids {
		m.install(&near{port: &port{}, queued: m.marks(), flying: sendWindow}, said(c.says(i), testNow))
	}
	return m
}

// inventedAnswer is 256 kB.
func inventedAnswer() (*sheet, func() (Next, bool)) {
	s := newSheet(1)
	c := newCrowd(400, 16)
	c.ids[0] = s.ids[0].Key()
	var raws []announce.Raw
	size := 0
	for i := range c.ids {
		raw := c.says(i)
		if size += len(raw) + 6; size > 256<<10 {
			break
		}
		raws = append(raws, raw)
	}
	return s, list(raws...)
}

// TestSketchAllocs: the part of a question that is done in a turn copies the store as a
// whole, not node by node.
func TestSketchAllocs(t *testing.T) {
	m := boundsMap(t)
	if got := testing.AllocsPerRun(10, func() { m.sketch(testNow) }); got > 8 {
		t.Errorf("%v allocations, want eight: the sketch, nodes, edges, lists of them", got)
	}
}

func BenchmarkSketch(b *testing.B) {
	m := boundsMap(b)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		m.sketch(testNow)
	}
}

// BenchmarkDraw is the longest job of the worker: an answer of 256 kB about nodes around
// those that are known.
func BenchmarkDraw(b *testing.B) {
	c := newCrowd(900, 16)
	m, _ := newTestMap(&testing.T{}, 512)
	for i := range 512 {
		m.install(&near{port: &port{}, queued: m.marks(), flying: sendWindow}, said(c.says(i), testNow.Add(-time.Hour/2)))
	}
	var raws []announce.Raw
	for i, size := 899, 0; size < 256<<10; i-- {
		raws = append(raws, c.says(i))
		size += len(raws[len(raws)-1]) + 6
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		j := &join{s: m.sketch(testNow), m: m, began: testNow, a: Answer{To: c.ids[899].IPv6(), Came: testNow, Read: list(raws...)}}
		j.s.graph.mine = []edge{{1, 100}}
		if j.draw(); !j.Found {
			b.Fatalf("%+v, %d announcements", j.Joined, len(raws))
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	raw := newSheet(1).says(0)
	for range b.N {
		raw.Verify()
	}
}

// FuzzJoin: whatever a server answers, nothing is stored that its owner has not signed, no
// more than the ways need, and nobody fails.
func FuzzJoin(f *testing.F) {
	s := ladder(16)
	s.signed = map[int]announce.Raw{}
	for i := range 16 {
		s.signed[i] = s.says(i)
	}
	var honest []byte
	for _, i := range []int{14, 12, 10, 8, 6, 4, 2, 15, 13, 11, 9, 7, 5, 3} {
		honest = query.AppendAnnouncement(honest, s.says(i), time.Minute)
	}
	f.Add(append([]byte{0}, honest...))
	f.Add([]byte{0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, response []byte) {
		m, _ := newTestMap(t, 64)
		s.knows(t, m, testNow.Add(-time.Hour/2), 0, 1, 2)
		s.joinTo(m, 14, testNow, &Promises{[]promise{{s.short(2), 1, 1e9}, {s.short(14), 1, 0}}}, func() (Next, bool) {
			r, err := query.ParseResponse(query.OpSegments, response)
			return r.Announcements.Next, err == nil && r.Status == query.StatusOK
		})
		if len(m.order) > 3+joinVerify {
			t.Errorf("%d stored", len(m.order))
		}
		for _, o := range m.order {
			if known := slices.ContainsFunc(s.ids, func(id *identity.Identity) bool { return id.Key() == o.raw.Key() }); !known || !o.raw.Verify() {
				t.Errorf("%v is stored, and forged", o.short)
			}
		}
	})
}
