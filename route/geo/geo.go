// Package geo generates maps for simulations: relays on roofs of a plain, with links to
// those near them, as many as a real roof has, and a few long links (a fibre, a rented
// line, a link over the internet).
//
//	m := geo.New(seed, 10_000, 0.02)
//	for each relay i: m.Links[i]
//
// Places are drawn evenly in a square. Two relays have a link when they are nearer than
// the reach at which a relay has nine such neighbours at the mean, and neither has more
// than sixteen. A link costs 400 to 1,000 µs (half the round trip of one hop and the
// airtime of its frames), and 200 more at full reach. A long link joins two relays drawn
// at random and costs 500 µs and 5 ms for the side of the square. The same seed gives
// the same map.
//
// Providers divides a map among providers, for comparison with routing between them.
package geo

import (
	"math"
	mrand "math/rand/v2"
)

// A Map is the relays and their links.
type Map struct {
	X, Y  []float64 // places, 0 to 1
	Links [][]Link  // of each relay, in the order in which they were laid; both ends have it
}

// A Link leads to a relay at a cost in µs.
type Link struct {
	To   int
	Cost uint32
	Long bool
}

const (
	meanLinks = 9
	mostLinks = 16
)

// New makes a map; long is how many long links there are, for each relay.
func New(seed uint64, relays int, long float64) *Map {
	r := mrand.New(mrand.NewPCG(seed, 16))
	m := &Map{X: make([]float64, relays), Y: make([]float64, relays), Links: make([][]Link, relays)}
	for i := range relays {
		m.X[i], m.Y[i] = r.Float64(), r.Float64()
	}
	m.near(r)
	for range int(long * float64(relays)) {
		if i, j := r.IntN(relays), r.IntN(relays); i != j && !m.linked(i, j) {
			m.lay(i, j, uint32(500+5000*m.distance(i, j)), true)
		}
	}
	return m
}

// near lays the links to those within reach, by squares as wide as it.
func (m *Map) near(r *mrand.Rand) {
	reach := math.Sqrt(meanLinks / (math.Pi * float64(len(m.X))))
	wide := max(1, int(1/reach))
	squares := make([][]int, wide*wide)
	at := func(v float64) int { return min(int(v*float64(wide)), wide-1) }
	for i := range m.X {
		s := at(m.Y[i])*wide + at(m.X[i])
		squares[s] = append(squares[s], i)
	}
	for i := range m.X {
		for _, s := range around(at(m.X[i]), at(m.Y[i]), wide) {
			for _, j := range squares[s] {
				if d := m.distance(i, j); j > i && d < reach && len(m.Links[i]) < mostLinks && len(m.Links[j]) < mostLinks {
					m.lay(i, j, uint32(400+r.IntN(600))+uint32(200*d/reach), false)
				}
			}
		}
	}
}

// around is a square and those that touch it.
func around(x, y, wide int) (squares []int) {
	for v := max(0, y-1); v <= min(y+1, wide-1); v++ {
		for u := max(0, x-1); u <= min(x+1, wide-1); u++ {
			squares = append(squares, v*wide+u)
		}
	}
	return squares
}

func (m *Map) distance(i, j int) float64 { return math.Hypot(m.X[i]-m.X[j], m.Y[i]-m.Y[j]) }

func (m *Map) linked(i, j int) bool {
	for _, l := range m.Links[i] {
		if l.To == j {
			return true
		}
	}
	return false
}

func (m *Map) lay(i, j int, cost uint32, long bool) {
	m.Links[i] = append(m.Links[i], Link{j, cost, long})
	m.Links[j] = append(m.Links[j], Link{i, cost, long})
}
