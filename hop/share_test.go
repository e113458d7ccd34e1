package hop

import (
	"encoding/binary"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/linktest"
	"hopwire/link/step"
)

// A crowd is a hub, node 0, with foes that have many links to it by one cable: of one
// node, node 1, with the same identity and other port nonces; or of as many nodes.
// Behind them come honest nodes, with a cable each.
type crowd struct {
	*testNet
	foes  []*testNode  // whose the links are
	links []*link.Link // of the foes
	next  []uint32     // index of the next label on each
}

func newCrowd(t *testing.T, seed uint64, links, identities, honest, most int) *crowd {
	c := &crowd{testNet: newNet(t, seed, 1+identities+honest, most), next: make([]uint32, links)}
	c.cable(0, 1)
	for i := range honest {
		c.cable(0, 1+identities+i)
	}
	c.start()
	for i := range links {
		foe := c.nodes[1+i%identities]
		last := foe.to(0)
		if i > 0 {
			s := testSocket{c.nodes[1].sockets[0].g, [6]byte{2, 9, 9, 9, 9, byte(i)}}
			if foe.host == nil {
				foe.sockets = append(foe.sockets, s)
				foe.boot()
			} else {
				foe.plug(s)
			}
			if !c.RunUntil(20*time.Second, func() bool { return foe.to(0) != last }) {
				t.Fatalf("%d links", len(c.links))
			}
		}
		c.links, c.foes = append(c.links, foe.to(0)), append(c.foes, foe)
	}
	return c
}

// setup posts a true set-up, which ends at the hub, by one of the foes' links.
func (c *crowd) setup(i int) {
	packet, _, err := onion.BuildSetup(reader{c.testNet}, setupHops(c.path(0).Hops, 1))
	if err != nil {
		c.t.Fatal(err)
	}
	most := uint32(c.most)
	label := c.next[i]%most | (1+c.next[i]/most)*generation
	c.next[i]++
	c.foes[i].host.Turn(func(now time.Time) {
		var m setupMessage // extension 0
		binary.LittleEndian.PutUint32(m[:], label)
		*m.packet() = *packet
		c.links[i].Post(now, kindSetup, m[:], nil)
	})
}

// flood posts a set-up by each link every few milliseconds.
func (c *crowd) flood(span time.Duration) {
	const gap = 20 * time.Millisecond
	c.every(gap, int(span/gap), func(int) {
		for i := range c.links {
			c.setup(i)
		}
	})
}

// early sends frames of labels that are not set up by all links of the foes, and 64 by
// the link of an honest node, and returns how many of these are parked.
func (c *crowd) early(honest int) uint64 {
	send := func(m *testNode, l *link.Link, label uint32) {
		m.host.Turn(func(now time.Time) {
			l.Send(now, link.Header{Label: label%16 | 900*generation, Seq: 1}, m.fill(link.FrameShort, "early"), nil)
		})
	}
	for i := range uint32(64) {
		for k, l := range c.links {
			send(c.foes[k], l, i)
		}
	}
	c.Run(time.Millisecond)
	before := c.nodes[0].Circuits.N.Parked
	for i := range uint32(64) {
		send(c.nodes[honest], c.nodes[honest].to(0), i)
	}
	c.Run(time.Millisecond)
	return c.nodes[0].Circuits.N.Parked - before
}

// A reader reads a net's chance.
type reader struct{ *testNet }

func (r reader) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r.Rand.Uint32())
	}
	return len(b), nil
}

// from counts the hub's circuits that come from a node.
func (c *crowd) from(i int) (n int) {
	for _, r := range c.nodes[0].relays {
		if r.up.l.Peer() == c.nodes[i].id.Key() {
			n++
		}
	}
	return n
}

// has fails unless an honest node gets n circuits that stay, while those of the foes
// fill the table.
func (c *crowd) has(honest, n int) {
	c.t.Helper()
	src := c.nodes[honest]
	for range n {
		src.begin(c.path(0))
		c.Run(50 * time.Millisecond)
	}
	c.Run(time.Second)
	if got := c.from(honest); got < n {
		c.t.Errorf("an honest neighbour has %d circuits of %d, want %d", got, len(c.nodes[0].relays), n)
	}
}

// TestAttackManyNonces: an identity with four links on a cable, of as many port nonces
// (link allows no more), has what one neighbour has, of the table, of what is parked, and of the
// multiplications.
func TestAttackManyNonces(t *testing.T) {
	const most = 60
	c := newCrowd(t, 62, 4, 1, 2, most)
	c.flood(5 * time.Second)
	c.Run(time.Second)
	hub := c.nodes[0]
	before := hub.host.Worked[link.ClassSetup]
	if got := c.from(1); got != most {
		t.Fatalf("the foe has %d circuits of %d", got, most)
	}
	c.has(2, most/3-1)
	c.has(3, most/3-1)
	if got := hub.host.Worked[link.ClassSetup] - before; got > setupBurst+5*setupRate+2*most {
		t.Errorf("%d multiplications", got)
	}
	if got := c.early(3); got != parkLink {
		t.Errorf("%d frames of an honest neighbour are parked, want %d", got, parkLink)
	}
}

// TestAttackIdentities: sixteen identities on a cable have what a port has, and
// set-ups by other ports are opened in turn with theirs.
func TestAttackIdentities(t *testing.T) {
	const most, foes = 60, 16
	c := newCrowd(t, 63, foes, foes, 2, most)
	c.Costs = linktest.MIPS
	one, two := 1+foes, 2+foes
	hub := c.nodes[0]
	before := hub.host.Worked[link.ClassSetup]
	c.flood(5 * time.Second)
	c.Run(time.Second)
	c.has(one, most/3-1)
	c.has(two, most/3-1)
	if got := hub.host.Worked[link.ClassSetup] - before; got > portBurst+6*portRate+2*most {
		t.Errorf("%d multiplications", got)
	}
	if got := c.early(two); got != parkLink {
		t.Errorf("%d frames of an honest neighbour are parked, want %d", got, parkLink)
	}
	c.flood(time.Second)
	c.Run(500 * time.Millisecond)
	c.nodes[one].close(c.nodes[one].own[0])
	c.Run(20 * time.Millisecond)
	at, n := c.Now, len(hub.terminals)
	c.nodes[one].begin(c.path(0))
	if !c.RunUntil(time.Second, func() bool {
		return len(hub.terminals) > n && hub.terminals[len(hub.terminals)-1].From() == c.nodes[one].id.Key()
	}) {
		t.Errorf("no set-up of an honest neighbour was opened")
	}
	if took := c.Now.Sub(at); took > 100*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

// TestUnknownLabels: a neighbour that sends frames of made-up labels as fast as it can has
// none of them looked for in a list, and is told of a message's worth a second; of labels
// that are dense, as true ones are, it hears of all.
func TestUnknownLabels(t *testing.T) {
	n := star(t, 65, 1, 1024)
	hub, from := n.nodes[0], n.nodes[1]
	s := hub.side(hub.to(1))
	note := func(labels int, label func(i int) uint32) {
		hub.host.Turn(func(now time.Time) {
			for i := range labels {
				hub.noteUnknown(now, s, label(i))
			}
		})
		n.Run(1100 * time.Millisecond)
	}
	before := hub.Circuits.N.GoneSent
	note(100_000, func(int) uint32 { return n.Rand.Uint32() &^ backward })
	if got := hub.Circuits.N.GoneSent - before; got > 2*goneMost || got < goneMost-8 {
		t.Errorf("told of %d random labels, want about %d", got, goneMost)
	}
	before = hub.Circuits.N.GoneSent
	note(10*goneMost, func(i int) uint32 { return uint32(i%goneMost) + 300 | generation })
	if got := hub.Circuits.N.GoneSent - before; got != goneMost {
		t.Errorf("told of %d dense labels, want %d", got, goneMost)
	}
	bad := from.Circuits.N.BadMessage
	hub.host.Turn(func(now time.Time) { hub.to(1).Post(now, kindGone, make([]byte, 4*(goneMost+1)), nil) })
	n.Run(10 * time.Millisecond)
	if from.Circuits.N.BadMessage != bad+1 {
		t.Error("a message of too many labels is taken")
	}
}

// TestFullTableSearch: while the table is full and nobody rests, it is not looked through
// for every set-up; a tombstone is found at once all the same.
func TestFullTableSearch(t *testing.T) {
	const most = 20
	c := newCrowd(t, 66, 1, 1, 1, most)
	hub := c.nodes[0]
	for range most {
		c.setup(0)
	}
	c.Run(100 * time.Millisecond)
	search := func() *relay {
		r := (*relay)(nil)
		hub.host.Turn(func(now time.Time) { r = hub.resting(now) })
		return r
	}
	if r := search(); r != nil || !hub.noneRests.After(c.Now) {
		t.Fatalf("found %v among circuits that are new; not again before %v, now %v", r, hub.noneRests, c.Now)
	}
	for _, r := range hub.relays {
		r.heard = hub.at(c.Now.Add(-evictIdle))
	}
	if r := search(); r != nil {
		t.Error("the table was looked through again at once")
	}
	c.Run(restGap)
	if r := search(); r == nil {
		t.Error("nothing found after a while")
	}
	for _, r := range hub.relays {
		r.heard = hub.at(c.Now)
	}
	search()
	hub.host.Turn(func(now time.Time) { hub.relays[3].lose(now, ReasonLinkDown) })
	if r := search(); r != hub.relays[3] {
		t.Errorf("found %v, want the tombstone", r)
	}
}

// reconnect has the links of two neighbours go down and up again: what is not needed is
// forgotten meanwhile.
func (m *testNode) reconnect(l, other *link.Link) *account {
	m.host.Turn(func(now time.Time) {
		m.Circuits.LinkDown(now, l)
		m.Circuits.LinkDown(now, other)
		m.Circuits.LinkUp(now, other)
		m.Circuits.LinkUp(now, l)
	})
	return m.side(l).account
}

// TestAccountReconnects: a neighbour that had set-ups refused and reconnects is counted
// in the account of its port, and out of it again.
func TestAccountReconnects(t *testing.T) {
	n := star(t, 67, 2, 64)
	hub := n.nodes[0]
	l := hub.to(1)
	id, _ := l.Port()
	hub.Circuits.mayTake(n.Now, hub.side(l).account)
	hub.side(l).account.port.setups = step.Bucket{} // full, so that it is forgotten first
	a := hub.reconnect(l, hub.to(2))
	if port := hub.find(nil, id, identity.Key{}); a.port != port || port.links != 1 || port.neighbours != 1 {
		t.Errorf("the port has %d links and %d neighbours, want one each; the neighbour's port is it: %v", port.links, port.neighbours, a.port == port)
	}
	hub.host.Turn(func(now time.Time) { hub.Circuits.LinkDown(now, l) })
	if hub.ports != 1 || a.port.links != 0 {
		t.Errorf("%d ports with links, want 1; %d links of that without", hub.ports, a.port.links)
	}
}

// TestAttackReconnect: a port that has used up most of its set-ups, by as many identities
// as it takes, gains none when all its links go down and come up.
func TestAttackReconnect(t *testing.T) {
	n := star(t, 68, 2, 64)
	hub := n.nodes[0]
	port := hub.side(hub.to(1)).account.port
	for range portBurst - setupBurst {
		port.setups.Take(n.Now, portRate, portBurst)
	}
	port = hub.reconnect(hub.to(1), hub.to(2)).port
	got := 0
	for port.setups.Take(n.Now, portRate, portBurst) {
		got++
	}
	if got > setupBurst {
		t.Errorf("%d set-ups at once are left, want %d", got, setupBurst)
	}
}

// TestAttackSetupQueue: while the worker is busy, as many set-ups wait of a neighbour with
// four links as of one with one, and of a port with many neighbours no more than it may
// send at once.
func TestAttackSetupQueue(t *testing.T) {
	for _, c := range []struct{ links, identities, most int }{{4, 1, setupQueue}, {8, 8, portQueue}} {
		n := newCrowd(t, 69, c.links, c.identities, 0, 1024)
		hub := n.nodes[0]
		hub.jobs = setupJobs
		for range 200 {
			for i := range n.links {
				n.setup(i)
			}
			n.Run(10 * time.Millisecond)
			for _, a := range hub.accounts { // as if it had been a while
				a.setups = step.Bucket{}
			}
		}
		waiting := 0
		for _, s := range hub.Circuits.links {
			if s != nil {
				waiting += len(s.queue)
			}
		}
		if waiting != c.most {
			t.Errorf("%d links of %d neighbours have %d set-ups that wait, want %d", c.links, c.identities, waiting, c.most)
		}
	}
}
