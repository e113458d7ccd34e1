package ask_test

import (
	"math"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/ask"
)

// TestWhen: what is drawn stays within its bounds, and is what it is to be at the mean.
func TestWhen(t *testing.T) {
	r := mrand.New(mrand.NewPCG(3, 3))
	const n = 20_000
	sums, compared := [4]time.Duration{}, 0
	for range n {
		after, yes := ask.Compare(r)
		if yes {
			compared++
		}
		for i, d := range []time.Duration{ask.Gap(r), ask.Retry(r), after, ask.Renew(r)} {
			sums[i] += d / n
		}
	}
	for i, want := range []time.Duration{time.Duration(float64(time.Second) / ask.Rate), ask.Quantum, 35 * time.Second, 75 * time.Minute / 2} {
		if d := sums[i] - want; d.Abs() > want/20 {
			t.Errorf("mean %d is %v, want %v", i, sums[i], want)
		}
	}
	if compared < n/9 || compared > n/7 {
		t.Errorf("%d of %d are compared, want one in eight", compared, n)
	}
}

// TestRank: nodes spread evenly over what they choose from.
func TestRank(t *testing.T) {
	r, first := mrand.New(mrand.NewPCG(5, 5)), map[identity.ShortID]int{}
	for range 4000 {
		d := ask.Draw(r.Uint64())
		least := shortID(0)
		for i := range 4 {
			if d.Rank(shortID(i)) < d.Rank(least) {
				least = shortID(i)
			}
		}
		first[least]++
	}
	for id, n := range first {
		if n < 900 || n > 1100 {
			t.Errorf("%v is first for %d of 4000", id, n)
		}
	}
}

// beats are the times of 100 questions of a node that has used up its Burst, from a time
// drawn within ten minutes on.
func beats(r *mrand.Rand, gap func() time.Duration) (times []time.Duration) {
	at := time.Duration(r.Int64N(int64(10 * time.Minute)))
	for range 100 {
		times = append(times, at)
		at += gap()
	}
	return times
}

// apart says how far two times are from a multiple of ten seconds apart, as one of 50.
func apart(a, b time.Duration) int {
	return int((a - b).Abs() % (10 * time.Second) / (200 * time.Millisecond))
}

// TestBeat: by the times alone, two questions of one node are told from those of two
// nodes by no more than one in twenty; with even gaps, nearly all are.
func TestBeat(t *testing.T) {
	r := mrand.New(mrand.NewPCG(6, 6))
	for _, c := range []struct {
		name        string
		gap         func() time.Duration
		least, most float64
	}{
		{"drawn", func() time.Duration { return ask.Gap(r) }, 0.5, 0.55},
		{"even", func() time.Duration { return 10 * time.Second }, 0.95, 1},
	} {
		const n = 20_000
		var one, two [50]float64
		for range n / 10 {
			a, b := beats(r, c.gap), beats(r, c.gap)
			for range 10 {
				i, j := r.IntN(100), r.IntN(100)
				one[apart(a[i], a[(i+1+r.IntN(99))%100])] += 1. / n
				two[apart(a[i], b[j])] += 1. / n
			}
		}
		told := 0.5
		for i := range one {
			told += math.Abs(one[i]-two[i]) / 4
		}
		if told < c.least || told > c.most {
			t.Errorf("%s gaps: %.3f of the pairs are told, want %v to %v", c.name, told, c.least, c.most)
		}
	}
}
