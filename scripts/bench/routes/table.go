package main

import (
	"fmt"
	"slices"
)

const heading = `relays  long  servers  answer kB    ways     stretch of ours        by knowledge      second way  shared  hops         within 48   hot potato
                       p50    max  known    p50   p90   p99    p50   p90   p99    p90   p99    p99  p50  p99  of ways  servers  p50   p90   p99`

const legend = `
ways known: announcements on the ways to servers beyond the vicinity, and in the core where
there is one (median). ours: costs in steps of a tenth, as
nodes reckon; by knowledge: what of it is due to knowing the vicinity, the ways and one answer
only. second way: over the longer of the best two that share no relay; shared: relays in both
of ours. within 48: ways of at most 48 hops, and relays with a server no farther.
`

// bounds are what must hold: percentiles 50, 90 and 99 of our stretch, the 90th of the
// second way's (0: any), and how many relays both share at the 99th.
type bounds struct {
	p50, p90, p99, second float64
	shared                int
}

// check says what does not hold.
func (r *result) check() error {
	b := r.holds
	switch {
	case b == nil:
		return nil
	case at(r.ours, 50) > b.p50 || at(r.ours, 90) > b.p90 || at(r.ours, 99) > b.p99:
		return fmt.Errorf("%d relays: stretch above %v / %v / %v", r.relays, b.p50, b.p90, b.p99)
	case b.second > 0 && (at(r.second, 90) > b.second || at(r.shared, 99) > b.shared):
		return fmt.Errorf("%d relays: second ways above %v, or more than %d relays shared", r.relays, b.second, b.shared)
	case at(r.bytes, 100) > r.most || at(r.hops, 100) > mostHops || r.none > 0:
		return fmt.Errorf("%d relays: more than %d bytes or %d hops, or no way", r.relays, r.most, mostHops)
	}
	return nil
}

// A result is what was measured of a row; all lists rise.
type result struct {
	row
	ours, known, second, potato []float64 // over the best way
	bytes, ways, shared, hops   []int
	none                        int     // pairs without a way of ours
	near                        float64 // share of relays with a server within mostHops
}

// at is a percentile of what rises; the zero value of nothing.
func at[T any](sorted []T, percent int) (v T) {
	if len(sorted) == 0 {
		return v
	}
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

func (r *result) sort() {
	for _, f := range [][]float64{r.ours, r.known, r.second, r.potato} {
		slices.Sort(f)
	}
	for _, i := range [][]int{r.bytes, r.ways, r.shared, r.hops} {
		slices.Sort(i)
	}
}

func (r *result) line() string {
	within := 0
	for _, h := range r.hops {
		if h <= mostHops {
			within++
		}
	}
	three := func(f []float64) string {
		if len(f) == 0 {
			return "   -     -     -  "
		}
		return fmt.Sprintf("%5.2f %5.2f %5.2f", at(f, 50), at(f, 90), at(f, 99))
	}
	return fmt.Sprintf("%6d  %3.0f%%  %4d  %6.1f %6.1f  %4d   %s  %s  %5.2f %5.2f  %4d  %4d %4d  %5.1f%%  %6.1f%%  %s",
		r.relays, 100*r.long, r.servers, float64(at(r.bytes, 50))/1000, float64(at(r.bytes, 100))/1000, at(r.ways, 50),
		three(r.ours), three(r.known), at(r.second, 90), at(r.second, 99), at(r.shared, 99), at(r.hops, 50), at(r.hops, 99),
		100*float64(within)/float64(len(r.hops)+r.none), 100*r.near, three(r.potato))
}
