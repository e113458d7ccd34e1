package ask

import (
	mrand "math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

// TestHold: whatever the round trip, the server sees a multiple of Quantum, and there is
// time for the asker's own work.
func TestHold(t *testing.T) {
	for rtt := time.Duration(0); rtt < 3*time.Second; rtt += 317 * time.Microsecond {
		var p Pace
		first := p.Hold(rtt)
		for _, other := range []time.Duration{0, rtt / 2, rtt, rtt + Noise, rtt + Noise + 1, rtt * 3} {
			hold := p.Hold(other)
			if seen := hold + max(other, 1); seen%Quantum != 0 || hold < LeastHold || hold > MostHold {
				t.Fatalf("%v, then %v: held for %v, the server sees %v", rtt, other, hold, seen)
			}
		}
		if again := p.Hold(rtt); again != first {
			t.Fatalf("%v: held for %v at first, then %v", rtt, first, again)
		}
	}
}

// TestHoldJitter: an asker near a multiple shows one number of quanta, not now one and
// now another, by which he would be known.
func TestHoldJitter(t *testing.T) {
	r := mrand.New(mrand.NewPCG(2, 2))
	for range 100 {
		var p Pace
		seen := map[time.Duration]bool{}
		for range 100 {
			rtt := 100*ms + time.Duration(r.Int64N(int64(ms))) - ms/2
			seen[p.Hold(rtt)+rtt] = true
		}
		if len(seen) != 1 {
			t.Fatalf("the server sees %v", seen)
		}
	}
}

// TestHoldProbed: a server that answers later and later learns when one more quantum is
// waited for. That depends on by how much later it answers than at first, not on the
// round trip, which must not follow from it.
func TestHoldProbed(t *testing.T) {
	turns := map[time.Duration]bool{}
	for rtt := ms; rtt < 99*ms; rtt += ms {
		var p Pace
		first := p.Hold(rtt)
		later := time.Duration(0)
		for p.Hold(rtt+later)+later == first {
			later += ms
		}
		turns[later] = true
	}
	if len(turns) != 1 {
		t.Errorf("the delay at which one more is waited for tells round trips apart: %v", turns)
	}
}
