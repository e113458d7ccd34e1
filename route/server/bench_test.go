package server

import (
	mrand "math/rand/v2"
	"testing"

	"hopwire/route/geo"
)

// A server's map at its largest: 100,000 relays with a million directed links.
const largest = 100_000

func BenchmarkGraph(b *testing.B) {
	m := geo.New(1, largest, 0.02)
	for b.Loop() {
		graphFrom(m)
	}
}

// BenchmarkSpread makes 24 trees: what a snapshot takes.
func BenchmarkSpread(b *testing.B) {
	g := graphFrom(geo.New(1, largest, 0.02))
	for b.Loop() {
		Spread(g, []int32{5}, landmarks)
	}
}

func BenchmarkSegments(b *testing.B) {
	g := graphFrom(geo.New(1, largest, 0.02))
	l, size := Spread(g, []int32{5}, landmarks), announced(g)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.Segments(int32(i*7919%largest), 128<<10, size)
	}
}

// BenchmarkGates looks for gates of N/64 where there are none: what a full map takes.
func BenchmarkGates(b *testing.B) {
	g := graphFrom(geo.New(1, largest, 0.02))
	f := NewFinder(Spread(g, []int32{5}, landmarks))
	for i := uint64(0); b.Loop(); i++ {
		f.Gates(5, largest/64, mrand.New(mrand.NewPCG(i, 1)))
	}
}
