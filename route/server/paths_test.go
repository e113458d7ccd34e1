package server

import (
	"math"
	mrand "math/rand/v2"
	"slices"
	"testing"

	"hopwire/route/geo"
)

// rated is a random graph in which links and relays differ in everything.
func rated(r *mrand.Rand, n, degree int) *Graph {
	b := NewBuilder(n)
	links := make([]map[int]bool, n)
	for i := range links {
		links[i] = map[int]bool{}
	}
	for range n * degree / 2 {
		if i, j := r.IntN(n), r.IntN(n); i != j {
			links[i][j], links[j][i] = true, true
		}
	}
	for i := range n {
		b.Relay(id(i), r.IntN(8) > 0)
		b.Price(uint32(r.IntN(4)))
		for j := range n {
			if links[i][j] {
				b.Link(id(j), uint32(1+r.IntN(30)))
				b.Rate(1<<r.IntN(4), byte(r.IntN(3)*20))
			}
		}
	}
	return b.Graph()
}

// everyWay lists the simple ways from the last relay of way to an end, as sum says them.
func everyWay(g *Graph, q Query, way []int32, all []Way) []Way {
	last := way[len(way)-1]
	if last == q.To {
		return append(all, g.sum(slices.Clone(way)))
	}
	if len(way) > 1 && !g.passes[last] {
		return all
	}
	for _, e := range g.from(last) {
		if !slices.Contains(way, e.to) && !slices.Contains(q.Avoid, e.to) {
			all = everyWay(g, q, append(way, e.to), all)
		}
	}
	return all
}

// slowPair finds the two disjoint ways of least sum among all; at least is how narrow
// the narrower may be.
func slowPair(g *Graph, w weigher, ways []Way, least uint32) (sum uint64, ok bool) {
	sum = math.MaxUint64
	for i, a := range ways {
		for _, b := range ways[:i] {
			if a.Kbits >= least && b.Kbits >= least && apart(a, b) {
				sum, ok = min(sum, w.total(g, a.Relays)+w.total(g, b.Relays)), true
			}
		}
	}
	return sum, ok
}

// apart says whether two ways share nothing but their ends.
func apart(a, b Way) bool {
	if len(a.Relays) == 2 && len(b.Relays) == 2 {
		return false
	}
	return !slices.ContainsFunc(a.Relays[1:len(a.Relays)-1], func(v int32) bool { return slices.Contains(b.Relays, v) })
}

// query draws a question.
func anyQuery(r *mrand.Rand, g *Graph) Query {
	q := Query{From: int32(r.IntN(g.Len())), K: 1, By: Metric(r.IntN(4))}
	for q.To = q.From; q.To == q.From; {
		q.To = int32(r.IntN(g.Len()))
	}
	for range r.IntN(3) {
		if v := int32(r.IntN(g.Len())); v != q.From && v != q.To {
			q.Avoid = append(q.Avoid, v)
		}
	}
	return q
}

// TestPathsTwin: the way found is the best of all that there are, under every metric,
// with relays to avoid.
func TestPathsTwin(t *testing.T) {
	for seed := range uint64(400) {
		r := mrand.New(mrand.NewPCG(seed, 11))
		g := rated(r, 4+r.IntN(6), 2+r.IntN(4))
		f := NewFinder(Spread(g, nil, 3))
		for range 10 {
			q := anyQuery(r, g)
			all, got := everyWay(g, q, []int32{q.From}, nil), f.Paths(q)
			if (len(all) == 0) != (len(got) == 0) {
				t.Fatalf("seed %d: %+v: %d ways, got %v", seed, q, len(all), got)
			}
			w, widest := weigher{by: q.By}, uint32(0)
			for _, a := range all {
				widest = max(widest, a.Kbits)
			}
			for _, a := range all {
				better := w.total(g, a.Relays) < w.total(g, got[0].Relays)
				if q.By == Capacity {
					better = better && a.Kbits == widest || got[0].Kbits < widest
				}
				if better {
					t.Fatalf("seed %d: %+v: %v is better than %v", seed, q, a, got[0])
				}
			}
		}
	}
}

// TestDisjointTwin: two ways share no relay, and no other two have less in sum; by
// capacity, the narrower is as wide as can be. Where there are no two, there is one.
func TestDisjointTwin(t *testing.T) {
	for seed := range uint64(600) {
		r := mrand.New(mrand.NewPCG(seed, 12))
		g := rated(r, 4+r.IntN(6), 3+r.IntN(4))
		f := NewFinder(Spread(g, nil, 3))
		for range 10 {
			q := anyQuery(r, g)
			q.K, q.Disjoint = 2, true
			all, got, w := everyWay(g, q, []int32{q.From}, nil), f.Paths(q), weigher{by: q.By}
			least := uint32(0)
			for _, a := range all {
				if _, ok := slowPair(g, w, all, a.Kbits); ok && q.By == Capacity {
					least = max(least, a.Kbits)
				}
			}
			want, ok := slowPair(g, w, all, least)
			if !ok && len(got) != min(len(all), 1) || ok && len(got) != 2 {
				t.Fatalf("seed %d: %+v: %d ways, two apart %v, got %v", seed, q, len(all), ok, got)
			}
			if !ok {
				continue
			}
			if sum := w.total(g, got[0].Relays) + w.total(g, got[1].Relays); sum != want || !apart(got[0], got[1]) {
				t.Fatalf("seed %d: %+v: %d, want %d: %v", seed, q, sum, want, got)
			}
		}
	}
}

// TestLimits: a way found keeps the limits; and where one limit alone is set and some way
// keeps it, one is found.
func TestLimits(t *testing.T) {
	for seed := range uint64(400) {
		r := mrand.New(mrand.NewPCG(seed, 17))
		g := rated(r, 4+r.IntN(6), 3+r.IntN(4))
		f := NewFinder(Spread(g, nil, 3))
		for range 10 {
			q := anyQuery(r, g)
			q.Limits = []Limits{{Hops: 1 + r.IntN(4)}, {Cost: uint64(10 + r.IntN(80))}, {Kbits: 1 << r.IntN(4)}, {Loss: r.Float64() / 4}}[r.IntN(4)]
			got, some := f.Paths(q), false
			for _, a := range everyWay(g, q, []int32{q.From}, nil) {
				some = some || q.Limits.exceeded(a) == nothing && a.Kbits >= q.Limits.Kbits
			}
			if some != (len(got) > 0) {
				t.Fatalf("seed %d: %+v: a way within the limits %v, got %v", seed, q, some, got)
			}
			for _, w := range got {
				if q.Limits.exceeded(w) != nothing || w.Kbits < q.Limits.Kbits {
					t.Fatalf("seed %d: %+v: %v", seed, q, w)
				}
			}
		}
	}
}

// TestManyWays: three disjoint ways share no relay, and ways that may share are all
// different, the best first.
func TestManyWays(t *testing.T) {
	for seed := range uint64(100) {
		r := mrand.New(mrand.NewPCG(seed, 18))
		g := random(r, 80, 8)
		f := NewFinder(Spread(g, nil, 4))
		q := anyQuery(r, g)
		q.K, q.Disjoint, q.By = 3, true, Latency
		for i, a := range f.Paths(q) {
			for _, b := range f.Paths(q)[:i] {
				if !apart(a, b) {
					t.Fatalf("seed %d: %v and %v", seed, a, b)
				}
			}
		}
		q.Disjoint = false
		ways, best := f.Paths(q), f.Paths(Query{From: q.From, To: q.To, Avoid: q.Avoid})
		for i, a := range ways {
			if slices.ContainsFunc(ways[:i], func(b Way) bool { return slices.Equal(a.Relays, b.Relays) }) || a.Cost < best[0].Cost {
				t.Fatalf("seed %d: %v", seed, ways)
			}
		}
	}
}

// TestBadQuery: whatever is asked, nothing breaks: ends that are not there, or the same,
// more ways than there are, relays to avoid that are ends or not there.
func TestBadQuery(t *testing.T) {
	g := graphOf(3, [3]int{0, 1, 1}, [3]int{1, 0, 1})
	f := NewFinder(Spread(g, nil, 2))
	for _, q := range []Query{{From: -1, To: 1}, {From: 0, To: 3}, {From: 1, To: 1}, {From: 0, To: 2, K: 99}, {From: 0, To: 2, By: Capacity}} {
		if got := f.Paths(q); len(got) != 0 {
			t.Errorf("%+v: %v", q, got)
		}
	}
	if got := f.Paths(Query{From: 0, To: 1, K: 99, By: 99, Avoid: []int32{0, 1, -4, 77}}); len(got) != 1 {
		t.Errorf("%v, want the link", got)
	}
}

func benchmarkPaths(b *testing.B, long float64, by Metric) {
	g := graphFrom(geo.New(1, largest, long))
	f := NewFinder(Spread(g, []int32{5}, 32))
	r := mrand.New(mrand.NewPCG(1, 1))
	for b.Loop() {
		f.Paths(Query{From: int32(r.IntN(largest)), To: int32(r.IntN(largest)), K: 2, Disjoint: true, By: by})
	}
}

func BenchmarkPathsLong(b *testing.B)  { benchmarkPaths(b, 0.02, Latency) }
func BenchmarkPathsShort(b *testing.B) { benchmarkPaths(b, 0, Latency) }
