package route

import (
	"encoding/binary"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/route/announce"
)

// A bench is an Env whose work is done when the test says so.
type bench struct {
	link.Env
	jobs []func() func(now time.Time)
}

func (b *bench) Work(_ link.Cost, job func() func(time.Time)) bool {
	b.jobs = append(b.jobs, job)
	return true
}

// work does the next job; false: there is none.
func (b *bench) work(now time.Time) bool {
	if len(b.jobs) == 0 {
		return false
	}
	job := b.jobs[0]
	b.jobs = b.jobs[1:]
	job()(now)
	return true
}

// benchMap has neighbours on ports of these ids, to whom nothing is sent.
func benchMap(t *testing.T, nodes int, ports ...int) (*Map, *bench) {
	b := &bench{}
	m, _ := newTestMap(t, nodes)
	m.c.Env, m.c.Jitter = b, mrand.New(mrand.NewPCG(1, 1))
	for i, p := range ports {
		m.enter(m.port(p), identity.ShortID{byte(i), 1}).flying = sendWindow
	}
	return m, b
}

// hears has a neighbour give an announcement with a good or a bad signature.
func hears(m *Map, now time.Time, n *near, id *identity.Identity, sequence uint32, good bool, links ...identity.ShortID) {
	b := Announce(id, sequence, links...)
	if !good {
		b[len(b)-announce.AgeSize-1] ^= 1
	}
	m.takeAnnouncement(now, n, b)
}

// TestVerificationTakesTurns: one neighbour's 48 announcements, and 64 neighbours' on one
// port, do not keep those of another port waiting for more than their turn.
func TestVerificationTakesTurns(t *testing.T) {
	ports := make([]int, 64)
	m, b := benchMap(t, 512, append(ports, 1)...)
	honest := m.near[64]
	for i := range 10 * verifyPort {
		hears(m, testNow, m.near[i%64], someone(t, byte(i%250)), uint32(1+i), true)
	}
	if got := m.port(0).waiting; got != verifyPort {
		t.Errorf("%d of one port wait, want %d", got, verifyPort)
	}
	for i := range 10 {
		id, _ := identity.NewIdentity(mrand.NewChaCha8([32]byte{byte(i), 99}))
		hears(m, testNow, honest, id, 1, true)
	}
	for jobs := 0; len(honest.waiting) > 0; jobs++ {
		if !b.work(testNow) || jobs > 20 {
			t.Fatalf("%d of the honest neighbour still wait after %d jobs", len(honest.waiting), jobs)
		}
	}
}

// TestLiarsWait: who sends a bad signature waits 50 ms, then 100, 200 … ms up to 30 s; a
// minute without one takes that back. Its neighbours do not wait.
func TestLiarsWait(t *testing.T) {
	m, b := benchMap(t, 512, 0, 0)
	liar, now := m.near[0], testNow
	waits := func() time.Duration { return liar.repute.lies.earliest(now, now).Sub(now) }
	for i := range 12 {
		hears(m, now, liar, someone(t, byte(i)), 1, false)
		b.work(now)
		want := min(firstGap<<i, lastGap)
		if got := waits(); got != want {
			t.Errorf("the %d. bad signature: waits %v, want %v", i+1, got, want)
		}
		hears(m, now, liar, someone(t, byte(100+i)), 1, true)
		hears(m, now, m.near[1], someone(t, byte(200+i)), 1, true)
		if b.work(now); b.work(now) || len(liar.waiting) != 1 {
			t.Fatal("who lied did not wait, or others did")
		}
		now = now.Add(want)
		m.Advance(now)
		b.work(now)
	}
	now = now.Add(2*lastGap + 1)
	hears(m, now, liar, someone(t, 60), 1, false)
	b.work(now)
	if got := waits(); got != firstGap {
		t.Errorf("a minute later: waits %v, want %v", got, firstGap)
	}
}

// TestLiarsKeepNothingBack: what waits with a neighbour that has to wait is taken from
// another that has it too; and forged announcements use up nothing of the node that they
// name.
func TestLiarsKeepNothingBack(t *testing.T) {
	m, b := benchMap(t, 512, 0, 1)
	id := someone(t, 1)
	for i := range uint32(2 * originBurst) {
		now := testNow.Add(time.Duration(i) * time.Minute / originBurst)
		hears(m, now, m.near[0], id, 100+i, false)
		for b.work(now) {
		}
	}
	now := testNow.Add(3 * time.Minute)
	m.near[0].repute.lies = pace{now, time.Hour}
	for seq := uint32(1); seq < originBurst; seq++ {
		hears(m, now, m.near[0], id, seq, true)
		hears(m, now, m.near[1], id, seq, true)
		for b.work(now) {
		}
		if o := m.known(id.Key()); o == nil || o.raw.Sequence() != seq {
			t.Fatalf("sequence %d was not taken", seq)
		}
	}
}

// TestSequencesNeedProof: nobody's word, and no forged announcement, changes our
// sequence; what we have signed does, once.
func TestSequencesNeedProof(t *testing.T) {
	m, b := benchMap(t, 512, 0)
	n, now := m.near[0], testNow
	m.near = nil // nothing is told of its link
	m.state.asked, m.state.sequence = now, 5
	claim := func(sequence uint32) {
		var data [12]byte
		binary.LittleEndian.PutUint32(data[:], sequence)
		m.takeSequence(now, n, sequence)
		copy(data[:], m.short[:])
		binary.LittleEndian.PutUint32(data[8:], sequence)
		m.takeDigest(now, n, data[:])
	}
	claim(1<<31 + 4)
	hears(m, now, n, m.c.Identity, 77, false)
	b.work(now)
	if m.state.sequence != 5 || m.state.known {
		t.Fatalf("sequence %d, known %v", m.state.sequence, m.state.known)
	}
	now = now.Add(2 * time.Second)
	hears(m, now, n, m.c.Identity, 42, true)
	m.Advance(now)
	b.work(now)
	if m.state.sequence != 42 || !m.state.dirty {
		t.Errorf("sequence %d, to be announced: %v", m.state.sequence, m.state.dirty)
	}
	m.Advance(now)
	if m.state.sequence != 43 {
		t.Errorf("announced with sequence %d, want 43", m.state.sequence)
	}
	claim(3)
	hears(m, now, n, m.c.Identity, 42, true)
	if m.state.dirty || len(n.waiting) > 0 {
		t.Error("what is not above ours matters")
	}
}

// TestAboveBacksOff: one with our identity, above ours each time, has us announce at
// growing gaps.
func TestAboveBacksOff(t *testing.T) {
	m, b := benchMap(t, 512, 0)
	n := m.near[0]
	m.near = nil // nothing is told of its link
	m.state.asked, m.own, n.l = testNow, announce.Raw{}, new(link.Link)
	for at := time.Duration(0); at < 10*time.Minute; at += 100 * time.Millisecond {
		now := testNow.Add(at)
		before := m.state.sequence
		hears(m, now, n, m.c.Identity, before+1, true)
		m.Advance(now)
		for b.work(now) {
		}
	}
	if announced := m.N.Announced; announced > 40 || announced < 10 {
		t.Errorf("announced %d times in ten minutes, want at most 40", announced)
	}
}

// TestRefusedIsRemembered: what the full store does not keep is refused without a look at
// its signature; a digest has it fetched again only when it is newer, when there is room,
// or from another neighbour.
func TestRefusedIsRemembered(t *testing.T) {
	m, c := fullMap(t)
	far := -1
	for i := range c.ids {
		if m.known(c.ids[i]) == nil {
			far = i
		}
	}
	a := c.says(far)
	m.takeAnnouncement(testNow, m.near[0], append(a, 0, 0, 0, 0))
	if m.checks.busy || len(m.near[0].waiting) > 0 || m.N.Refused == 0 {
		t.Fatalf("not refused: %+v", m.N)
	}
	id := c.ids[far].Short()
	wants := func(n *near, sequence uint32) bool {
		n.wants = nil
		m.takeDigest(testNow, n, binary.LittleEndian.AppendUint32(id[:], sequence))
		return len(n.wants) > 0
	}
	if wants(m.near[0], a.Sequence()) || !wants(m.near[0], a.Sequence()+1) || !wants(m.near[1], a.Sequence()) {
		t.Error("it is asked for again, or a newer one is not, or not from another")
	}
	m.remove(m.order[0])
	if !wants(m.near[0], a.Sequence()) {
		t.Error("it is not asked for when there is room")
	}
}

// TestNoWayIsNotRemembered: a node to which there is no way is refused, but asked for
// again, since one that links to it may have come meanwhile.
func TestNoWayIsNotRemembered(t *testing.T) {
	m, c := fullMap(t)
	n := m.near[0]
	id := someone(t, 7).Key().Short()
	n.wants, m.N.Refused = nil, 0
	hears(m, testNow, n, someone(t, 7), 1, true, c.ids[0].Short())
	if m.N.Refused != 1 {
		t.Fatalf("not refused: %+v", m.N)
	}
	m.takeDigest(testNow, n, binary.LittleEndian.AppendUint32(id[:], 1))
	if identity.ShortID(n.wants) != id {
		t.Errorf("asked for: %x", n.wants)
	}
}

// TestAgeOfOldOwn: while a new announcement is being signed, the one before is as old as
// it is.
func TestAgeOfOldOwn(t *testing.T) {
	m, b := benchMap(t, 512, 0)
	m.state.asked, m.state.known = testNow, true
	n := m.near[0]
	m.near = nil
	m.announce(testNow)
	b.work(testNow)
	now := testNow.Add(10 * time.Minute)
	m.announce(now)
	n.queued.set(0, true)
	if a, age := m.dequeue(now, n); a == nil || age != 10*time.Minute {
		t.Errorf("age %v, want 10 minutes", age)
	}
}
