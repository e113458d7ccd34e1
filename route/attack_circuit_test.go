package route_test

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/linktest"
	"hopwire/route/meshtest"
)

// setup is the set-up message of a circuit over nodes, with a label's index.
func setup(b *meshtest.Battle, index uint32, nodes ...int) []byte {
	hops := make([]onion.SetupHop, len(nodes))
	for i, n := range nodes {
		m := b.Nodes[n]
		epoch, _, key, _ := m.Onion.Public(b.Now)
		hops[i] = onion.SetupHop{Onion: key, Parity: byte(epoch & 1), Info: onion.Info{Lifetime: 1, Last: i == len(nodes)-1}}
		if i > 0 {
			hops[i-1].Info.Next = m.ID.Key().Short()
		}
	}
	packet, _, err := onion.BuildSetup(drawn{b}, hops)
	if err != nil {
		panic(err)
	}
	m := binary.LittleEndian.AppendUint32(nil, index%2000|(1+index/2000)<<16)
	return append(append(m, 0), packet[:]...)
}

// drawn is the battle's chance.
type drawn struct{ *meshtest.Battle }

func (d drawn) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(d.Rand.Uint32())
	}
	return len(b), nil
}

// newRing is a battle in which nodes 5 and 6 are neighbours, so that there is a way round.
func newRing(t *testing.T, seed uint64, s meshtest.Span) *meshtest.Battle {
	b := meshtest.NewBattle(t, meshtest.Options{Seed: seed, Costs: linktest.MIPS}, s.Leaves)
	b.Connect(5, 6)
	b.Run(10 * time.Second)
	return b
}

// TestAttackSetupRounds: a foe sends set-ups of 15 hops at its full rate, which go round
// in a ring five times, with honest relays between.
func TestAttackSetupRounds(t *testing.T) {
	s := meshtest.ShortSpan()
	b := newRing(t, 920, s)
	foe := b.Foe(0)
	if !b.RunUntil(10*time.Second, func() bool { return foe.Up != nil }) {
		t.Fatal("the foe has no link")
	}
	b.Fight("set-ups that go round", s, 15*time.Millisecond, func() func() {
		i := uint32(0)
		return b.Every(40*time.Millisecond, func() {
			way := []int{0, 5, 6}
			if i%2 == 1 {
				way = []int{0, 6, 5}
			}
			for range 4 {
				way = append(way, way[:3]...)
			}
			foe.Post(link.KindHop, setup(b, i, way...))
			i++
		})
	})
	if n := b.Nodes[0].Circuits.N; n.Setups < 500 {
		t.Errorf("only %d set-ups came by", n.Setups)
	}
}

// TestAttackGone: a foe says Gone of made-up labels, ours and its own, and sends frames of
// labels that are not set up, all as fast as its link takes them.
func TestAttackGone(t *testing.T) {
	s := meshtest.ShortSpan()
	b := newRing(t, 921, s)
	foe := b.Foe(0)
	if !b.RunUntil(10*time.Second, func() bool { return foe.Up != nil }) {
		t.Fatal("the foe has no link")
	}
	b.Fight("gone and frames of made-up labels", s, 0, func() func() {
		labels := make([]byte, 4*256)
		return b.Every(2*time.Millisecond, func() {
			drawn{b}.Read(labels)
			foe.Post(link.KindHop+1, slices.Clone(labels))
			for range 3 {
				foe.Send(link.Header{Label: b.Rand.Uint32() &^ (1 << 31), Seq: 1}, labels[:link.BodyShort])
			}
		})
	})
	said := 256 * uint64(s.Attack/time.Second+10) // in a message a second
	if n := b.Nodes[0].Circuits.N; n.GoneHeard < 100_000 || n.UnknownLabel < 10_000 || n.GoneSent > said {
		t.Errorf("the victim heard of %d labels, had %d frames of unknown ones, and said so of %d", n.GoneHeard, n.UnknownLabel, n.GoneSent)
	}
}
