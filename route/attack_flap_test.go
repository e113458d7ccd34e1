package route_test

import (
	"testing"
	"time"

	"hopwire/route/meshtest"
)

// TestAttackFlaps: a foe and six more identities on its cable leave and come back all the time. The victim announces that within the budget of one port, and a link of
// others that is lost and back is known at once all the same.
func TestAttackFlaps(t *testing.T) {
	s := meshtest.ShortSpan()
	b := meshtest.NewBattle(t, meshtest.Options{Seed: 909}, s.Leaves)
	foe := b.Foe(0)
	foes := []*meshtest.Foe{foe}
	for range 6 {
		foes = append(foes, foe.Again())
	}
	b.Run(time.Second)
	victim := b.Nodes[0]
	var announced uint64
	b.Fight("flaps", s, 0, func() func() {
		announced = victim.Map.N.Announced
		i := 0
		return b.Every(200*time.Millisecond, func() {
			foes[i%len(foes)].Reboot()
			i++
		})
	})
	if n, most := victim.Map.N.Announced-announced, uint64(40+s.Attack/(4*time.Second)); n > most {
		t.Errorf("the victim announced itself %d times, want at most %d", n, most)
	} else {
		t.Logf("the victim announced itself %d times", n)
	}
	stop := b.Every(200*time.Millisecond, func() { foes[b.Rand.IntN(len(foes))].Reboot() })
	defer stop()
	b.Nodes[1].Boot()
	b.Run(2 * time.Second)
	begun := b.Now
	b.Nodes[1].Host.Kill()
	b.Run(3 * time.Second)
	b.Nodes[1].Boot()
	if _, ok := answered(b.Mesh, 2, 1, 2*time.Second); !ok {
		t.Errorf("%v after its restart an honest node is not reached again", b.Now.Sub(begun)-3*time.Second)
	}
}
