package route

import (
	"testing"
	"time"

	"hopwire/hop"
)

// TestMildIsNoPardon: a time-out on a path does not take back what a link of it got for
// having failed just before.
func TestMildIsNoPardon(t *testing.T) {
	m, _ := benchMap(t, 512)
	p := hop.Path{Hops: []hop.Hop{{Key: someone(t, 1).Key()}, {Key: someone(t, 2).Key()}}}
	m.Failed(testNow, p, 1, hop.ReasonLinkDown)
	m.Failed(testNow.Add(time.Second), p, 1, hop.ReasonTimeout)
	a := m.avoid[m.linkTo(p, 1)]
	if a.factor != penaltyAvoid || a.until.Sub(testNow) < avoidFirst*8/10 {
		t.Errorf("%v-fold until %v, want %v-fold for a minute", a.factor, a.until.Sub(testNow), penaltyAvoid)
	}
}
