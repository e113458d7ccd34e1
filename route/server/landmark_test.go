package server

import (
	mrand "math/rand/v2"
	"slices"
	"testing"
)

// TestSpread: servers come first, nobody twice, and each further one is as far from
// those before as anybody of the busiest is.
func TestSpread(t *testing.T) {
	for seed := range uint64(20) {
		r := mrand.New(mrand.NewPCG(seed, 9))
		g := random(r, 120, 4)
		l, busy := Spread(g, []int32{5, 5, 17}, 8), busiest(g)
		if len(l.Trees()) != 8 || l.Trees()[0].Root != 5 || l.Trees()[1].Root != 17 {
			t.Fatalf("seed %d: %d landmarks, the first %d, %d", seed, len(l.Trees()), l.Trees()[0].Root, l.Trees()[1].Root)
		}
		for k := 2; k < 8; k++ {
			nearest := func(relay int32) (c uint32) {
				c = Far
				for _, o := range l.Trees()[:k] {
					c = min(c, o.Cost(relay))
				}
				return c
			}
			if !busy[l.Trees()[k].Root] {
				t.Errorf("seed %d: landmark %d is not busy", seed, k)
			}
			for i := range int32(g.Len()) {
				if c := nearest(i); c != Far && busy[i] && c > nearest(l.Trees()[k].Root) {
					t.Fatalf("seed %d: landmark %d is at %d, relay %d at %d", seed, k, nearest(l.Trees()[k].Root), i, c)
				}
			}
		}
	}
}

// TestSpreadFew: more landmarks than relays, islands, and an empty map.
func TestSpreadFew(t *testing.T) {
	if l := Spread(graphOf(0), nil, 4); len(l.Trees()) != 0 {
		t.Errorf("%d landmarks of nothing", len(l.Trees()))
	}
	two := graphOf(4, [3]int{0, 1, 1}, [3]int{1, 0, 1}, [3]int{2, 3, 1}, [3]int{3, 2, 1})
	if l := Spread(two, nil, 9); len(l.Trees()) != 2 {
		t.Errorf("%d landmarks of an island of two", len(l.Trees()))
	}
	if got := Spread(two, nil, 9).Segments(3, 1000, one); len(got) != 0 {
		t.Errorf("a way to another island: %v", got)
	}
}

func one(int32) int { return 1 }

// TestSegments: the answer has the destination first and holds the whole way from each
// landmark that is in it; without a bound that is all of them.
func TestSegments(t *testing.T) {
	r := mrand.New(mrand.NewPCG(3, 3))
	g := random(r, 300, 5)
	l := Spread(g, []int32{1}, 6)
	for to := range int32(g.Len()) {
		all := l.Segments(to, 1<<20, one)
		for _, tree := range l.Trees() {
			for _, v := range tree.Way(nil, to) {
				if !slices.Contains(all, v) {
					t.Fatalf("to %d: %d of the way from %d is not there", to, v, tree.Root)
				}
			}
		}
		if all[0] != to || len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
			t.Fatalf("to %d: %v", to, all)
		}
	}
}

// TestLoad: a relay has as many others behind it as there are ways through it.
func TestLoad(t *testing.T) {
	for seed := range uint64(20) {
		r := mrand.New(mrand.NewPCG(seed, 13))
		g := random(r, 1+r.IntN(60), 3)
		tree := NewTree(g, int32(r.IntN(g.Len())))
		got, want := make([]uint32, g.Len()), make([]uint32, g.Len())
		tree.load(got)
		for v := range int32(g.Len()) {
			if way := tree.Way(nil, v); len(way) > 2 {
				for _, u := range way[1 : len(way)-1] {
					want[u]++
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
	}
}

// TestSegmentsBounded: the bound is kept at every size, nearer landmarks come first, and
// a way is there whole or not at all.
func TestSegmentsBounded(t *testing.T) {
	r := mrand.New(mrand.NewPCG(4, 4))
	g := random(r, 300, 4)
	l := Spread(g, nil, 8)
	size := func(v int32) int { return 100 + int(v) }
	all := l.Segments(9, 1<<20, size)
	for most := range 8000 {
		got, sum := l.Segments(9, most, size), 0
		for _, v := range got {
			sum += size(v)
		}
		if sum > most || !slices.Equal(got, all[:len(got)]) {
			t.Fatalf("%d bytes for at most %d: %v", sum, most, got)
		}
		if len(got) > 0 && !endsAtLandmark(l, got, 9) {
			t.Fatalf("at most %d: half a way in %v", most, got)
		}
	}
}

// endsAtLandmark says whether a landmark's whole way is among the relays, and the last
// of them is one.
func endsAtLandmark(l *Landmarks, relays []int32, to int32) bool {
	for _, t := range l.Trees() {
		whole := true
		for _, v := range t.Way(nil, to) {
			whole = whole && slices.Contains(relays, v)
		}
		if whole && slices.Contains(t.Way(nil, to), relays[len(relays)-1]) {
			return true
		}
	}
	return false
}

// TestSegmentsSame: the answer is the same every time.
func TestSegmentsSame(t *testing.T) {
	g := random(mrand.New(mrand.NewPCG(5, 5)), 400, 5)
	a, b := Spread(g, []int32{3}, 10), Spread(g, []int32{3}, 10)
	for to := range int32(g.Len()) {
		if !slices.Equal(a.Segments(to, 5000, one), b.Segments(to, 5000, one)) {
			t.Fatalf("to %d: two answers", to)
		}
	}
}
