package route

import (
	"encoding/binary"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
)

// fullMap has a full store and four neighbours on four ports, to whom nothing is sent.
func fullMap(t testing.TB) (*Map, *crowd) {
	c := newCrowd(1024, 6)
	m := crowdMap(c)
	for i := range c.ids {
		m.install(m.near[0], said(c.says(i), testNow))
	}
	if !m.full() {
		t.Fatalf("%d stored", len(m.order))
	}
	return m, c
}

// queuedFor counts the announcements that wait for a neighbour.
func queuedFor(n *near) (sum int) {
	for v := n.queued.from(0); v >= 0; v = n.queued.from(v + 1) {
		sum++
	}
	return sum
}

// TestWantIsBoundedByTheStore: a neighbour that acknowledges nothing wants whatever it
// likes. What waits for it is at most what is stored, once each; ids that we do not have
// cost nothing, and no message costs memory.
func TestWantIsBoundedByTheStore(t *testing.T) {
	m, _ := fullMap(t)
	n, r := m.near[1], mrand.NewChaCha8([32]byte{1})
	clear(n.queued)
	ids, now := make([]byte, 8*174), testNow
	for range 1000 {
		r.Read(ids)
		now = now.Add(time.Second)
		m.Message(now, nil, kindWant, ids)
		m.takeWant(now, n, ids)
	}
	if got := queuedFor(n); got != 0 {
		t.Errorf("%d made-up ids wait", got)
	}
	var all []byte
	for range 3 {
		all = append(all, m.short[:]...)
		for _, o := range m.order {
			all = append(all, o.short[:]...)
		}
	}
	if got := testing.AllocsPerRun(10, func() { m.takeWant(now, n, all) }); got != 0 {
		t.Errorf("%v allocations for a message", got)
	}
	if got := queuedFor(n); got != len(m.order)+1 {
		t.Errorf("%d wait, want all %d and our own", got, len(m.order))
	}
	m.remove(m.order[0])
	if got := queuedFor(n); got != len(m.order)+1 {
		t.Errorf("%d wait, want none that is forgotten", got)
	}
}

// TestQueueTakesTurns: nothing that is asked for again and again keeps another back.
func TestQueueTakesTurns(t *testing.T) {
	m, _ := fullMap(t)
	n := m.near[1]
	clear(n.queued)
	m.own, m.ownAt = make(announce.Raw, announce.MaxSize), testNow
	sent := map[string]int{}
	for range 3 * (len(m.order) + 1) {
		n.queued.set(0, true)
		for _, o := range m.order {
			n.queued.set(o.vertex, true)
		}
		a, _ := m.dequeue(testNow, n)
		sent[string(a)]++
	}
	for a, times := range sent {
		if times < 2 || times > 4 {
			t.Errorf("%v was sent %d times, want three", announce.Raw(a).Key(), times)
		}
	}
	if len(sent) != len(m.order)+1 {
		t.Errorf("%d were sent, want %d", len(sent), len(m.order)+1)
	}
}

// TestDigestsAreBounded: digests full of made-up ids, without an acknowledgement, leave
// no more names to ask for than the store has room, and are taken at a rate.
func TestDigestsAreBounded(t *testing.T) {
	m, _ := newTestMap(t, 64)
	n, r := m.enter(m.port(0), identity.ShortID{1}), mrand.NewChaCha8([32]byte{1})
	n.flying = sendWindow
	data := make([]byte, 118*digestSize)
	for range 1000 {
		r.Read(data)
		m.Message(testNow, nil, kindDigest, data)
		m.Message(testNow, nil, kindAskSequence, nil)
		m.Message(testNow, nil, kindSequence, []byte{0, 0, 0, 127})
	}
	if len(n.wants) > (64+maxOnWay)*8 || len(n.control) > maxControl {
		t.Errorf("%d names and %d messages wait", len(n.wants), len(n.control))
	}
	if got := m.N.Limited; got != 3000-queryBurst {
		t.Errorf("%d messages were dropped, want %d", got, 3000-queryBurst)
	}
}

// TestAskGoesSlowly: what a digest shows to be missing is asked for by half a queue at
// once.
func TestAskGoesSlowly(t *testing.T) {
	m, _ := newTestMap(t, 512)
	n, now := m.enter(m.port(0), identity.ShortID{1}), testNow
	n.flying = sendWindow
	for i := range 100 {
		m.wish(n, identity.ShortID{byte(i), 9})
	}
	asked, messages := 0, 0
	for len(n.wants) > 0 {
		if ids := m.ask(now, n); len(ids) > verifyQueue/2*8 {
			t.Fatalf("%d bytes asked for at once", len(ids))
		} else if len(ids) > 0 {
			asked, messages = asked+len(ids)/8, messages+1
		}
		now = now.Add(10 * time.Millisecond)
	}
	if asked != 100 || messages != 5 || now.Sub(testNow) < 4*wantGap {
		t.Errorf("%d asked for in %d messages in %v", asked, messages, now.Sub(testNow))
	}
}

// FuzzMessage: whatever a neighbour says, nothing is unbounded and nothing panics.
func FuzzMessage(f *testing.F) {
	id := someone(f, 1)
	f.Add(byte(kindAnnouncement), append(sample(id).Signed(id), 0, 0, 0, 0))
	f.Add(byte(kindDigest), make([]byte, 2*digestSize))
	f.Add(byte(kindWant), make([]byte, 24))
	f.Add(byte(kindAskSequence), []byte(nil))
	f.Add(byte(kindSequence), []byte{1, 2, 3, 4})
	f.Add(byte(kindNoWay), make([]byte, 16))
	f.Add(byte(kindNewer), make([]byte, 2*digestSize))
	m, c := fullMap(f)
	m.near = m.near[:1]
	n := m.near[0]
	known := c.says(1)
	way := append([]byte{1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, n.short[:]...)
	f.Add(byte(kindWay), way)
	f.Add(byte(kindAnnouncement), []byte(append(known, 0, 0, 0, 0)))
	now := testNow
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		now = now.Add(time.Second)
		m.Message(now, nil, kind, data)
		m.checks.busy = false
		if len(n.waiting) > verifyQueue || len(n.control) > maxControl || len(n.wants) > 8*(m.c.MaxNodes+maxOnWay) || len(m.order) > m.c.MaxNodes+maxOnWay || len(n.ways) > maxTold || m.members[onWay] > maxOnWay {
			t.Fatalf("%d wait, %d messages, %d names, %d stored", len(n.waiting), len(n.control), len(n.wants), len(m.order))
		}
		if next := m.Advance(now); !next.IsZero() && next.Before(now.Add(-time.Hour)) {
			t.Fatalf("to be called at %v, it is %v", next, now)
		}
		if len(data) >= 4 && kind == kindSequence && int32(m.state.sequence) == int32(binary.LittleEndian.Uint32(data)) && m.state.sequence != 0 {
			t.Fatal("a sequence was believed")
		}
	})
}
