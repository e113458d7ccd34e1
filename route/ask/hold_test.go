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
		first := p.Gate(rtt)
		for _, other := range []time.Duration{0, rtt / 2, rtt, rtt + Noise, rtt + Noise + 1, rtt * 3} {
			g := p.Gate(other)
			if seen := g.Hold + max(other, 1); seen%Quantum != 0 || g.Hold < Gather {
				t.Fatalf("%v, then %v: held for %v, the server sees %v", rtt, other, g.Hold, seen)
			}
		}
		if g := p.Gate(rtt); g.Hold != first.Hold {
			t.Fatalf("%v: held for %v at first, then %v", rtt, first.Hold, g.Hold)
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
			g := p.Gate(rtt)
			seen[g.Hold+rtt] = true
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
		first := p.Gate(rtt)
		later := time.Duration(0)
		for p.Gate(rtt+later).Hold+later == first.Hold {
			later += ms
		}
		turns[later] = true
	}
	if len(turns) != 1 {
		t.Errorf("the delay at which one more is waited for tells round trips apart: %v", turns)
	}
}

// TestGate: what comes within Gather leaves with the first, and the server learns from
// which group a frame is in nothing but how much later than the first it came.
func TestGate(t *testing.T) {
	at := func(d time.Duration) time.Time { return time.Unix(1e9, 0).Add(d) }
	var p Pace
	g := p.Gate(30 * ms)
	for _, c := range []struct{ came, leaves time.Duration }{
		{30 * ms, 200 * ms},
		{1000 * ms, 1170 * ms}, {1001 * ms, 1170 * ms}, {1080 * ms, 1170 * ms},
		{1081 * ms, 1251 * ms}, {1161 * ms, 1251 * ms}, {1162 * ms, 1332 * ms},
	} {
		if got := g.Leave(at(c.came)); !got.Equal(at(c.leaves)) {
			t.Errorf("came at %v: leaves at %v, want %v", c.came, got.Sub(at(0)), c.leaves)
		}
	}
}

// TestLate: who is late for his frame waits for the next quantum.
func TestLate(t *testing.T) {
	due := time.Unix(1e9, 0)
	for late, want := range map[time.Duration]time.Duration{-ms: 0, 0: 0, 1: Quantum, Quantum: Quantum, Quantum + 1: 2 * Quantum} {
		if got := Late(due, due.Add(late)).Sub(due); got != want {
			t.Errorf("%v late: leaves %v later, want %v", late, got, want)
		}
	}
}
