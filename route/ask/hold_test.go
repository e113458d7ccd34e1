package ask

import (
	mrand "math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

// TestHold: whatever the round trip, the server sees a multiple of Quantum, and there is
// time for the asker's own work. How late he is does not show then.
func TestHold(t *testing.T) {
	for rtt := time.Duration(1); rtt < 3*time.Second; rtt += 317 * time.Microsecond {
		var p Pace
		first := p.Hold(rtt, 0)
		for _, other := range []time.Duration{1, rtt / 2, rtt, rtt + Noise, rtt + Noise + 1, rtt * 3} {
			hold := p.Hold(other, 0)
			if seen := hold + other; seen%Quantum != 0 || hold < LeastHold || hold > MostHold {
				t.Fatalf("%v, then %v: held for %v, the server sees %v", rtt, other, hold, seen)
			}
			if late := p.Hold(other, LeastHold); late != hold-LeastHold {
				t.Fatalf("%v, then %v: held for %v, and %v when late", rtt, other, hold, late)
			}
			if late := p.Hold(other, 7*time.Second); (late+7*time.Second+other)%Quantum != 0 || late < 0 {
				t.Fatalf("%v, then %v: held for %v when very late", rtt, other, late)
			}
		}
		if again := p.Hold(rtt, 0); again != first {
			t.Fatalf("%v: held for %v at first, then %v", rtt, first, again)
		}
	}
}

// TestHoldUnmeasured: a circuit that failed before there was anything to measure says
// nothing about the next.
func TestHoldUnmeasured(t *testing.T) {
	var p, fresh Pace
	if hold := p.Hold(0, 4030*ms); (hold+4030*ms)%Quantum != 0 || hold < 0 || hold > MostHold {
		t.Errorf("held for %v", hold)
	}
	if got, want := p.Hold(30*ms, 0), fresh.Hold(30*ms, 0); got != want {
		t.Errorf("then held for %v, want %v", got, want)
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
			seen[p.Hold(rtt, 0)+rtt] = true
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
		first := p.Hold(rtt, 0)
		later := time.Duration(0)
		for p.Hold(rtt+later, 0)+later == first {
			later += ms
		}
		turns[later] = true
	}
	if len(turns) != 1 {
		t.Errorf("the delay at which one more is waited for tells round trips apart: %v", turns)
	}
}
