package route_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/meshtest"
)

// A lying relay stands beside node 4 of a line of ten, whose server is node 0.
type lying struct {
	*served
	foe  *meshtest.Foe
	sent int
}

func newLying(t *testing.T, seed uint64) *lying {
	l := &lying{served: serve(t, seed, 8, line(10), 0)}
	l.foe = l.Foe(4)
	l.all(20 * time.Second)
	l.Run(5 * time.Second)
	l.announce(1)
	return l
}

// announce: the liar is a server itself, and neighbour of the victim and of the server.
func (l *lying) announce(sequence uint32) {
	l.foe.Post(route.KindAnnouncement, route.AnnounceAs(announce.FlagRelay|announce.FlagServer, l.foe.ID, sequence, l.short(4), l.short(0)))
}

func (l *lying) short(i int) identity.ShortID { return l.Nodes[i].ID.Key().Short() }

func (l *lying) way(ids ...identity.ShortID) {
	l.foe.Post(route.KindWay, route.TellWay(uint32(l.sent), ids...))
}

func madeUp(n int) (id identity.ShortID) {
	binary.LittleEndian.PutUint64(id[:], uint64(n)*0x9e3779b97f4a7c15)
	return id
}

// lies are what it tells, ten times a second.
var lies = []struct {
	name string
	tell func(l *lying)
}{
	{"a loop", func(l *lying) { l.way(l.short(0), madeUp(1), madeUp(1), l.foe.ID.Key().Short()) }},
	{"to ourselves", func(l *lying) { l.way(l.short(4), l.foe.ID.Key().Short()) }},
	{"by ourselves", func(l *lying) { l.way(l.short(0), l.short(4), l.foe.ID.Key().Short()) }},
	{"too long", func(l *lying) {
		ids := []identity.ShortID{l.short(0)}
		for i := range 47 + l.sent%2*60 {
			ids = append(ids, madeUp(i))
		}
		l.way(append(ids, l.foe.ID.Key().Short())...)
	}},
	{"of somebody else", func(l *lying) { l.way(l.short(0), l.short(1)) }},
	{"a link to the server that it does not have", func(l *lying) { l.way(l.short(0), l.foe.ID.Key().Short()) }},
	{"made-up relays", func(l *lying) { l.way(l.short(0), madeUp(l.sent), l.foe.ID.Key().Short()) }},
	{"made-up servers", func(l *lying) { l.way(madeUp(l.sent), l.foe.ID.Key().Short()) }},
	{"47 made-up relays", func(l *lying) {
		ids := []identity.ShortID{l.short(0)}
		for i := range 46 {
			ids = append(ids, madeUp(47*l.sent+i))
		}
		l.way(append(ids, l.foe.ID.Key().Short())...)
	}},
	{"one that flaps", func(l *lying) {
		me := l.foe.ID.Key().Short()
		if l.sent/10%2 == 0 {
			l.way(me)
		} else {
			l.foe.Post(route.KindNoWay, me[:])
		}
	}},
	{"ever newer sequences", func(l *lying) { l.way(l.foe.ID.Key().Short()) }},
	{"garbage", func(l *lying) { l.foe.Post(route.KindWay, make([]byte, l.sent%500)) }},
	{"news of what nobody has", func(l *lying) {
		id := madeUp(l.sent)
		l.foe.Post(route.KindNewer, append(id[:], 9, 9, 9, 9))
	}},
}

// TestLyingRelay: whatever a relay tells of ways, everybody has the true one all the time;
// the victim keeps a way or two of it, asks only it, and tells others no more than twice a
// minute and server. A truthful relay is believed afterwards.
func TestLyingRelay(t *testing.T) {
	for i, lie := range lies {
		t.Run(lie.name, func(t *testing.T) {
			t.Parallel()
			l := newLying(t, uint64(20+i))
			victim := l.Nodes[4]
			asked := 0
			l.foe.Heard = func(_ time.Time, kind byte, data []byte) {
				if kind == route.KindWant {
					asked += len(data) / 8
				}
			}
			told, taken := victim.Map.N.WaysSent, l.Nodes[3].Map.N.Received+l.Nodes[5].Map.N.Received
			const minutes = 3
			for range minutes * 600 {
				l.sent++
				lie.tell(l)
				l.Run(100 * time.Millisecond)
				if l.sent%50 == 0 {
					l.steady(time.Millisecond)
				}
			}
			told, taken = victim.Map.N.WaysSent-told, l.Nodes[3].Map.N.Received+l.Nodes[5].Map.N.Received-taken
			nodes, ways, servers := victim.Map.OnWays()
			t.Logf("told %d ways, %d announcements; asked the liar for %d; keeps %d nodes, %d ways, %d servers", told, taken, asked, nodes, ways, servers)
			if told > 2*(9+2*minutes) || taken > 60 || nodes > 4+48*3 || ways > 1+9 || servers > 3 || asked > 20*minutes*48 {
				t.Error("more than its share")
			}
			for i, n := range l.Nodes {
				for _, s := range n.Map.Servers(l.Now) {
					if s.Key == l.Nodes[0].ID.Key() && len(s.Way) != i {
						t.Errorf("node %d reaches the server by %d hops", i, len(s.Way))
					}
				}
			}
		})
	}
}

// TestAttackWays: a foe floods a relay with ways, and with seven identities on its cable.
// What the relay passes on for others stays as it was.
func TestAttackWays(t *testing.T) {
	s := meshtest.ShortSpan()
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 940, Route: func(i int, c *route.Config) {
		if i == 1 {
			c.Flags |= announce.FlagServer
		}
	}}, s.Leaves)
	foes := []*meshtest.Foe{b.Foe(0)}
	for range 6 {
		foes = append(foes, foes[0].Again())
	}
	b.Run(time.Second)
	victim, i := b.Nodes[0], 0
	b.Fight("ways", s, 0, func() func() {
		return b.Every(2*time.Millisecond, func() {
			i++
			f := foes[i%len(foes)]
			ids := []identity.ShortID{b.Nodes[1].ID.Key().Short()}
			if i%3 > 0 {
				ids[0] = madeUp(i)
			}
			for j := range i % 47 {
				ids = append(ids, madeUp(i*50+j))
			}
			f.Post(route.KindWay, route.TellWay(uint32(i), append(ids, f.ID.Key().Short())...))
		})
	})
	nodes, ways, servers := victim.Map.OnWays()
	fmt.Printf("attack: | ways | kept: %d nodes, %d ways, %d servers | | |\n", nodes, ways, servers)
	if v := b.Nodes[2].Map.Servers(b.Now); len(v) != 1 || nodes > 2*route.MaxOnWay || ways > 1+7*9 {
		t.Errorf("node 2 reaches %d servers; the victim keeps %d nodes, %d ways", len(v), nodes, ways)
	}
}
