package node

import (
	"fmt"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/link"
	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/linktest"
)

// star is a victim, 0, with a cable of its own to each other node; 1 is the foe.
func star(t testing.TB, seed uint64, nodes int, change func(c *Config)) *world {
	w := newWorld(t, seed, nodes)
	w.change = func(i int, c *Config) {
		if i == 0 && change != nil {
			change(c)
		}
	}
	for i := 1; i < nodes; i++ {
		w.lay(0, i, cableDelay)
		w.members[i].way.ways[0] = [][]int{{0}}
		w.members[0].way.ways[i] = [][]int{{i}}
	}
	w.start()
	return w
}

// first is message 1 for a node of somebody made up. A good one is for that node; else
// it only passes its filter.
func (w *world) first(to *member, number uint64, good bool) []byte {
	rand := mrand.NewChaCha8([32]byte{byte(number), byte(number >> 8), 9})
	id, err := identity.NewIdentity(rand)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.firstOf(id, to, rand, good)
}

// firstOf is the same of somebody who is given.
func (w *world) firstOf(id *identity.Identity, to *member, rand *mrand.ChaCha8, good bool) []byte {
	nk, key := identity.NetworkKey{1}, to.Key()
	filter := handshake.NewFirstFilter(key, handshake.KindSession, nk, nil)
	c := handshake.InitiateConfig{Kind: handshake.KindSession, Identity: id, NetworkKey: nk, Peer: key, Filter: &filter, Size: link.BodyLong}
	if !good {
		c.Peer = id.Key()
	}
	_, message, err := handshake.Initiate(rand, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return message
}

// circuit opens one by hand.
func (m *member) circuit(way ...int) (c *hop.Circuit) {
	m.host.Turn(func(now time.Time) {
		var err error
		if c, err = m.Circuits.Open(now, m.w.path(now, way...), 1); err != nil {
			m.w.t.Fatal(err)
		}
	})
	if !m.w.RunUntil(2*time.Second, c.Ready) {
		m.w.t.Fatal("the set-up was not made")
	}
	return c
}

// say sends a body on a circuit that was opened by hand.
func (m *member) say(c *hop.Circuit, body []byte) {
	m.host.Turn(func(now time.Time) {
		if c.Ready() {
			f, seq := m.host.Alloc(), c.NextSeq()
			f.N = link.FrameLong
			copy(f.Body(), body)
			c.Send(now, seq, f)
		}
	})
}

// ping says how soon another node answers a first ping.
func (m *member) ping(to *member) (ok bool) {
	answered := false
	m.host.Turn(func(now time.Time) {
		m.Ping(now, to.Key(), func(_ time.Time, _ time.Duration, o bool) { answered, ok = true, o })
	})
	m.w.RunUntil(2*time.Second, func() bool { return answered })
	return ok
}

// TestAttackMadeUpPeers: a neighbour opens sessions of identities that it makes up, as many
// as the table of peers takes, and keeps them in use. The others' sessions with the victim
// open both ways, and so do those of who comes by the foe's own port, as far as the made-up ones rest.
func TestAttackMadeUpPeers(t *testing.T) {
	const peers = 16
	w := star(t, 92, 12, func(c *Config) { c.MaxPeers = peers })
	victim, foe := w.members[0], w.members[1]
	for i := range uint64(24) {
		c := foe.circuit(0)
		foe.say(c, w.first(victim, i, true))

		w.Run(100 * time.Millisecond)
	}
	if n := victim.Peers(); n != peers-peers/4 {
		t.Errorf("made-up peers have %d places, want %d of %d", n, peers-peers/4, peers)
	}
	found := 0
	for i, m := range w.members[2:] {
		if i%2 == 0 && m.ping(victim) || i%2 == 1 && victim.ping(m) {
			found++
		}
	}
	fmt.Printf("attack: | sessions of made-up identities | | first %d/10 | |\n", found)
	if found != 10 {
		t.Errorf("%d of 10 sessions both ways: %+v", found, victim.N)
	}
}

// TestGuestsOfOneSource: guests who come by one neighbour make room for one another: the
// one silent for longest goes, and none that has just been heard of.
func TestGuestsOfOneSource(t *testing.T) {
	w := star(t, 93, 2, func(c *Config) { c.MaxPeers = 4 })
	victim, foe := w.members[0], w.members[1]
	born := func(i uint64) bool {
		before := victim.N.Handshakes
		n := victim.N.NoRoom
		foe.say(foe.circuit(0), w.first(victim, i, true))
		w.Run(100 * time.Millisecond)
		return victim.N.NoRoom == n && victim.N.Handshakes > before
	}
	for i := range uint64(3) {
		if !born(i) {
			t.Fatalf("guest %d has no place", i)
		}
	}
	if born(3) {
		t.Error("a fourth guest has a place, and nobody had rested")
	}
	w.Run(guestRest)
	if !born(4) || victim.Peers() != 3 {
		t.Errorf("no place when guests rest; %d peers, want 3", victim.Peers())
	}
}

// TestGuestWithoutCircuits: a guest that has closed its circuits while a call of it is being
// served is one of its source still: its response takes of the source's room, and it may
// be put out.
func TestGuestWithoutCircuits(t *testing.T) {
	w := star(t, 64, 2, func(c *Config) {
		c.Serve = func(time.Time, Caller, []byte, func(time.Time, []byte)) {}
	})
	victim, guest := w.members[0], w.members[1]
	guest.host.Turn(func(now time.Time) { guest.Call(now, victim.Key(), []byte("x"), func(time.Time, []byte, error) {}) })
	w.Run(time.Second)
	p := victim.mate(guest)
	was := p.caller()
	guest.host.Turn(func(now time.Time) { guest.mate(victim).forget(now) })
	w.Run(time.Second)
	if len(p.terminals) > 0 || p.calls.Idle() {
		t.Fatal("there is a circuit still, or no call")
	}
	if was == 0 || p.caller() != was || len(victim.guests(w.Now)) != 1 {
		t.Errorf("source %x, before %x; %d guests, want one", p.caller(), was, len(victim.guests(w.Now)))
	}
}

// TestAttackFirstMessages: a neighbour sends first messages that only pass the filter, a
// hundred and five hundred a second: on one circuit, and on as many as it can open; to a
// victim that works them out at once, and to one that is a MIPS router. All others' first
// pings are answered, and the one circuit has cost two handshakes.
func TestAttackFirstMessages(t *testing.T) {
	for _, c := range []struct {
		name string
		gap  time.Duration
		many bool
		cost linktest.Costs
	}{
		{"first messages, 100/s on one circuit", 10 * time.Millisecond, false, linktest.Costs{}},
		{"first messages, 500/s on one circuit", 2 * time.Millisecond, false, linktest.Costs{}},
		{"first messages, 500/s on many circuits", 2 * time.Millisecond, true, linktest.Costs{}},
		{"first messages, 500/s on many circuits, MIPS", 2 * time.Millisecond, true, linktest.MIPS},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := star(t, 94, 12, nil)
			w.members[0].host.Costs = &c.cost
			victim := w.members[0]
			stop := w.spam(c.gap, c.many)
			w.Run(3 * time.Second)
			answered := 0
			for _, m := range w.members[2:] {
				if m.ping(victim) {
					answered++
				}
				w.Run(200 * time.Millisecond)
			}
			stop()
			fmt.Printf("attack: | %s | | first %d/10 | |\n", c.name, answered)
			if answered != 10 {
				t.Errorf("%d of 10 first pings were answered: %+v", answered, victim.N)
			}
			if !c.many && victim.N.BadFirst != maxFirst {
				t.Errorf("one circuit has cost %d handshakes, want %d", victim.N.BadFirst, maxFirst)
			}
		})
	}
}

// spam has the foe of a star send first messages that only pass the victim's filter: each
// on the same circuit, or ten on each.
func (w *world) spam(gap time.Duration, many bool) (stop func()) {
	victim, foe := w.members[0], w.members[1]
	var bad [][]byte
	for i := range uint64(20) {
		bad = append(bad, w.first(victim, i, false))
	}
	c := foe.circuit(0)
	return w.every(gap, func(i int) {
		if many && i%10 == 0 {
			foe.host.Turn(func(now time.Time) { c, _ = foe.Circuits.Open(now, w.path(now, 0), 1) })
		}
		if c != nil {
			foe.say(c, bad[i%len(bad)])
		}
	})
}

// every has do called until the returned function is.
func (w *world) every(gap time.Duration, do func(i int)) (stop func()) {
	on, i := true, 0
	var next func()
	next = func() {
		if on {
			do(i)
			i++
			w.After(gap, next)
		}
	}
	next()
	return func() { on = false }
}

// TestOwnKeyCalls: a caller with our own identity gets no session, and is counted.
func TestOwnKeyCalls(t *testing.T) {
	w := star(t, 97, 2, nil)
	victim, foe := w.members[0], w.members[1]
	foe.say(foe.circuit(0), w.firstOf(victim.id, victim, mrand.NewChaCha8([32]byte{1}), true))
	w.Run(100 * time.Millisecond)
	if victim.N.OwnKey != 1 || victim.Peers() != 0 {
		t.Errorf("%d callers with our key are counted, %d peers; want one and none", victim.N.OwnKey, victim.Peers())
	}
}
