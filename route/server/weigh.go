package server

import (
	"cmp"
	"math"
)

// An excess is a quantity of which a way has too much.
type excess byte

const (
	nothing excess = iota
	hops
	cost
	loss
	price
)

// A weigher says what a step along a link weighs: what is asked for, then the cost, in
// one number, so that sums compare as pairs do as long as the cost of a way is below
// 2^24 µs. A weight is never below the cost, for landmarks bound that.
type weigher struct {
	by    Metric
	bits  byte   // links narrower than this are none
	also  excess // weighed in, 2^extra fold
	extra uint
}

const (
	costBits  = 24
	mostPrice = 1 << 28 // dearer relays are all as dear: sums stay below 2^63
	lossUnit  = 1 << 16 // of −ln(1 − loss), in 1/65536
	mostExtra = 24
)

// losses is −ln(1 − loss) of each loss in 1/256.
var losses = func() (l [256]uint64) {
	for i := range l {
		l[i] = uint64(-math.Log(1-float64(i)/256)*lossUnit + 0.5)
	}
	return l
}()

// weigh is what the step along link e weighs; the relay charged asks for its price, −1:
// none does.
func (w *weigher) weigh(g *Graph, e, charged int32) uint64 {
	c := uint64(g.links[e].cost)
	sum := c
	switch w.by {
	case Loss:
		sum += losses[g.rates[e].loss] << costBits
	case Price:
		sum += w.price(g, charged) << costBits
	}
	switch w.also {
	case hops:
		sum += 1 << w.extra
	case cost:
		sum += c << w.extra
	case loss:
		sum += losses[g.rates[e].loss] << w.extra
	case price:
		sum += w.price(g, charged) << w.extra
	}
	return sum
}

func (w *weigher) price(g *Graph, relay int32) uint64 {
	if relay < 0 {
		return 0
	}
	return uint64(min(g.prices[relay], mostPrice))
}

// total is what a way weighs.
func (w *weigher) total(g *Graph, way []int32) (sum uint64) {
	for i, to := range way[1:] {
		if i+2 == len(way) {
			to = -1
		}
		sum += w.weigh(g, g.link(way[i], way[i+1]), to)
	}
	return sum
}

func (w *weigher) compare(g *Graph, a, b []int32) int {
	return cmp.Compare(w.total(g, a), w.total(g, b))
}
