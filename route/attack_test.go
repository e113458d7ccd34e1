package route_test

import (
	"testing"
	"time"

	"hopwire/link"
	"hopwire/route/meshtest"
)

// Attacks on whole nodes: what one node does cannot hurt the others. Each prints a row
// for 'make attack'.

// TestAttackNothing: a foe that does nothing hurts nobody, so what is measured in the
// others is their attack's.
func TestAttackNothing(t *testing.T) {
	s := meshtest.ShortSpan()
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 901}, s.Leaves)
	foe := b.Foe(0)
	b.Fight("nothing", s, 0, func() func() {
		if foe.Up == nil {
			t.Fatal("the foe has no link")
		}
		return func() {}
	})
}

// TestAttackWant: a foe wants ids that nobody has, a hundred times a second and 174 in
// each message, and acknowledges nothing.
func TestAttackWant(t *testing.T) {
	const kindWant = link.KindRoute + 2
	s := meshtest.ShortSpan()
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 902}, s.Leaves)
	foe := b.Foe(0)
	b.Fight("want of made-up ids", s, 2*time.Millisecond, func() func() {
		ids := make([]byte, 8*174)
		return b.Every(10*time.Millisecond, func() {
			for i := range ids {
				ids[i] = byte(b.Rand.Uint32())
			}
			foe.Post(kindWant, ids)
		})
	})
}
