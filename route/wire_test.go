package route

import (
	mrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/wiretest"
	"hopwire/route/announce"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Constants(t, "wire.md", map[string]any{
		"kindAnnouncement": kindAnnouncement, "kindDigest": kindDigest, "kindWant": kindWant, "kindAskSequence": kindAskSequence, "kindSequence": kindSequence,

		"maxAge": maxAge, "maxNodes": maxNodes, "maxOnWay": maxOnWay, "maxInAnswer": maxInAnswer, "firstAfter": firstAfter, "firstGap": firstGap,
		"lastGap": lastGap, "refreshAfter": refreshAfter, "digestGap": digestGap, "sequenceWait": sequenceWait, "figureBurst": figureBurst,
		"figureGap": figureGap, "checkGap": checkGap, "originRate": originRate, "originBurst": originBurst, "verifyRate": verifyRate,
		"verifyBurst": verifyBurst, "verifyQueue": verifyQueue, "sendWindow": sendWindow, "avoidFirst": avoidFirst, "avoidMost": avoidMost,
		"avoidMild": avoidMild, "maxAvoid": maxAvoid, "maxChosen": maxChosen,
		"switchFactor": switchFactor, "penaltyAvoid": penaltyAvoid, "penaltyMild": penaltyMild, "penaltyShared": penaltyShared,
		"nodeGap": nodeGap, "backRate": backRate, "backBurst": backBurst, "changeRate": changeRate, "changeBurst": changeBurst, "changeGap": changeGap,
		"maxPorts": maxPorts, "maxReputes": maxReputes, "verifyPort": verifyPort, "maxControl": maxControl,
		"queryRate": queryRate, "queryBurst": queryBurst, "wantGap": wantGap,

		"joinMost": joinMost, "joinBeside": joinBeside, "joinVerify": joinVerify, "joinProof": joinProof, "joinWork": joinWork, "joinRetry": joinRetry,
		"settledAfter": settledAfter, "omitFactor": omitFactor, "expiredLeast": expiredLeast, "expiredShare": expiredShare,
	})
}

func someone(t testing.TB, n byte) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 3}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// sample is an announcement without links.
func sample(id *identity.Identity) *announce.Announcement {
	return &announce.Announcement{Flags: announce.FlagRelay, Key: id.Key(), Sequence: 7, Epoch: 3, Left: 10 * time.Minute, Current: [32]byte{4}, Next: [32]byte{5}}
}

// A cpu runs jobs of a test at once.
type cpu struct{ link.Env }

func (cpu) Work(_ link.Cost, job func() func(time.Time)) bool { job()(testNow); return true }

var testNow = time.Unix(1e9, 0)

// store puts an announcement into the map as if it came from a neighbour.
func store(t *testing.T, m *Map, from identity.ShortID, id *identity.Identity, seq uint32, links ...announce.Statement) {
	a := sample(id)
	a.Sequence, a.Links = seq, announce.Sort(links)
	n := &near{short: from, port: &port{}, queued: m.marks(), newer: m.marks(), repute: &repute{}, flying: sendWindow}
	m.install(n, said(a.Signed(id), testNow))
}

// said is an announcement that was just made.
func said(a announce.Raw, now time.Time) *unverified { return &unverified{a, a.Key().Short(), 0, now} }

func newTestMap(t *testing.T, nodes int) (*Map, *identity.Identity) {
	id := someone(t, 200)
	return New(Config{Identity: id, Env: cpu{}, Jitter: mrand.New(mrand.NewPCG(1, 1)), MaxNodes: nodes,
		Onion: func(time.Time) (uint32, time.Duration, [32]byte, [32]byte) {
			return 0, time.Hour, [32]byte{}, [32]byte{}
		}}), id
}

// TestInventedIdentities: ten thousand from one neighbour, all linked to one
// another; the store stays bounded and honest nodes stay in it.
func TestInventedIdentities(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	m, _ := newTestMap(t, 64)
	honest := make([]*identity.Identity, 24)
	for i := range honest {
		honest[i] = someone(t, byte(i))
	}
	good, evil := identity.ShortID{1}, identity.ShortID{2}
	for _, short := range []identity.ShortID{good, evil} {
		m.enter(m.port(0), short).flying = sendWindow // nothing is sent to them
	}
	for i, id := range honest {
		next, before := honest[(i+1)%len(honest)].Key().Short(), honest[(i+23)%len(honest)].Key().Short()
		store(t, m, good, id, 1, announce.Statement{ID: next, RTT: time.Millisecond}, announce.Statement{ID: before, RTT: time.Millisecond})
	}
	r := mrand.NewChaCha8([32]byte{9})
	before := identity.ShortID{}
	for range 10_000 {
		id, _ := identity.NewIdentity(r)
		store(t, m, evil, id, 1, announce.Statement{ID: before, RTT: time.Millisecond})
		before = id.Key().Short()
		if len(m.order) > 64 || !slices.IsSortedFunc(m.order, func(x, y *node) int { return byShort(x, y.short) }) {
			t.Fatalf("%d stored", len(m.order))
		}
	}
	for i, id := range honest {
		if m.known(id.Key()) == nil {
			t.Errorf("honest node %d was pushed out", i)
		}
	}
}

// TestBothEndsState: a link counts only when both state it, at the worse figures.
func TestBothEndsState(t *testing.T) {
	m, _ := newTestMap(t, 0)
	a, b, c := someone(t, 1), someone(t, 2), someone(t, 3)
	s := func(id *identity.Identity, rtt time.Duration) announce.Statement {
		return announce.Statement{ID: id.Key().Short(), RTT: rtt}
	}
	store(t, m, identity.ShortID{}, a, 1, s(b, time.Millisecond), s(c, time.Millisecond))
	store(t, m, identity.ShortID{}, b, 1, s(a, 20*time.Millisecond))
	store(t, m, identity.ShortID{}, c, 1)
	edges := m.known(a.Key()).edges
	if len(edges) != 1 || int(edges[0].to) != m.known(b.Key()).vertex || edges[0].cost.Nanoseconds() < 10e6 {
		t.Errorf("%+v", edges)
	}
}

// TestOldAnnouncements: neither an older nor the same sequence replaces, and age
// only grows.
func TestOldAnnouncements(t *testing.T) {
	m, _ := newTestMap(t, 0)
	id := someone(t, 1)
	store(t, m, identity.ShortID{}, id, 5)
	o := m.known(id.Key())
	raw := o.raw
	store(t, m, identity.ShortID{}, id, 4)
	store(t, m, identity.ShortID{}, id, 5)
	if o = m.known(id.Key()); &o.raw[0] != &raw[0] {
		t.Error("replaced by one that is not newer")
	}
	if o.ageAt(testNow.Add(time.Minute)) != time.Minute {
		t.Error("age does not grow")
	}
	m.next.By(testNow.Add(time.Second))
	m.Advance(testNow.Add(maxAge + time.Second))
	if len(m.order) != 0 {
		t.Error("kept beyond its age")
	}
}

// TestOnionKeyByAge: the next key once the current one's hour is over.
func TestOnionKeyByAge(t *testing.T) {
	m, _ := newTestMap(t, 0)
	id := someone(t, 1)
	store(t, m, identity.ShortID{}, id, 1) // epoch 3, ten minutes left
	o := m.known(id.Key())
	for _, c := range []struct {
		at     time.Duration
		onion  byte
		parity byte
	}{{0, 4, 1}, {9 * time.Minute, 4, 1}, {11 * time.Minute, 5, 0}, {69 * time.Minute, 5, 0}} {
		h, ok := o.hop(testNow.Add(c.at))
		if !ok || h.Onion[0] != c.onion || h.Parity != c.parity {
			t.Errorf("after %v: key %d, parity %d, %v", c.at, h.Onion[0], h.Parity, ok)
		}
	}
	if _, ok := o.hop(testNow.Add(71 * time.Minute)); ok {
		t.Error("a key of two hours ago is used")
	}
}
