package route

import (
	"testing"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route/announce"
)

// TestClassesAreApart: what is kept for a way or an answer neither takes room from the
// vicinity nor is pushed out by it; each class ends at its quota, and a node that is in
// two is stored once.
func TestClassesAreApart(t *testing.T) {
	m, c := fullMap(t)
	of := strangersOf(m, c)
	for _, k := range []class{onWay, inAnswer} {
		for i := range 2 * maxOnWay {
			if got, want := m.retain(said(c.says(of[i]), testNow), k), i < m.quota(k); got != want {
				t.Fatalf("class %d: number %d: %v, want %v", k, i, got, want)
			}
		}
	}
	if got, want := len(m.order), m.c.MaxNodes+maxOnWay; got != want {
		t.Errorf("%d stored, want %d: the classes share", got, want)
	}
	for i := range 4 * len(c.ids) { // the vicinity goes on
		m.install(m.near[i%4], said(c.says(i%len(c.ids)), testNow))
	}
	for _, i := range of[:maxOnWay] {
		if o := m.known(c.ids[i]); o == nil || o.class&(onWay|inAnswer) != onWay|inAnswer {
			t.Fatalf("node %d has lost its classes: %+v", i, o)
		}
	}
	for _, i := range of[:maxOnWay] {
		m.release(m.known(c.ids[i]), onWay)
		m.release(m.known(c.ids[i]), inAnswer)
	}
	if len(m.order) != m.c.MaxNodes || m.members[inVicinity] != m.c.MaxNodes || m.members[onWay]+m.members[inAnswer] != 0 {
		t.Errorf("%d stored, %v in classes", len(m.order), m.members)
	}
}

// strangersOf are the places of those that are not stored.
func strangersOf(m *Map, c *crowd) (of []int) {
	for i := range c.ids {
		if m.known(c.ids[i]) == nil {
			of = append(of, i)
		}
	}
	return of
}

// TestAnswersAreSecret: of a node that is kept for an answer alone, no neighbour learns
// that we have it: not by a want, a digest or an older announcement, and what they say of
// it is treated as if it were unknown.
func TestAnswersAreSecret(t *testing.T) {
	m, c := fullMap(t)
	i := strangersOf(m, c)[0]
	old, newer := c.says(i), c.says(i)
	n, short := m.near[0], c.ids[i].Short()
	if !m.retain(said(newer, testNow), inAnswer) {
		t.Fatal("not kept")
	}
	for _, n := range m.near {
		clear(n.queued)
	}
	digest := func(sequence byte) []byte { return append(short[:len(short):len(short)], sequence, 0, 0, 0) }
	m.takeWant(testNow, n, short[:])
	m.takeDigest(testNow, n, digest(0))
	before := m.N.Refused
	m.takeAnnouncement(testNow, n, append(old[:len(old):len(old)], 0, 0, 0, 0))
	if got := queuedFor(n); got != 0 || len(n.waiting) != 0 || m.N.Refused != before+1 || m.N.Old+m.N.Duplicate != 0 {
		t.Errorf("%d are sent, %d wait, %d refused, counters %+v", got, len(n.waiting), m.N.Refused-before, m.N)
	}
	m.sendDigest(testNow, n)
	for _, said := range n.control {
		for b := said[1]; len(b) >= digestSize; b = b[digestSize:] {
			if identity.ShortID(b) == short {
				t.Error("the digest names it")
			}
		}
	}
	n.control = nil
	m.Failed(testNow, hop.Path{Hops: []hop.Hop{{Key: c.ids[i]}}}, 0, hop.ReasonRefused)
	if len(n.control) != 0 {
		t.Error("neighbours are asked for a hop of an answer when it refuses")
	}
	if m.known(c.ids[i]).raw.Sequence() != announce.Raw(newer).Sequence() {
		t.Error("the newer one is gone")
	}
}
