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
// 2^20 µs. A weight is never below the cost, for landmarks bound that.
type weigher struct {
	by    Metric
	bits  byte   // links narrower than this are none
	also  excess // weighed in, 2^extra fold
	extra uint
}

// alone weighs a quantity before all else.
func (e excess) alone(bits byte) weigher {
	switch e {
	case hops:
		return weigher{bits: bits, also: hops, extra: 2 * costBits}
	case loss:
		return weigher{by: Loss, bits: bits}
	case price:
		return weigher{by: Price, bits: bits}
	}
	return weigher{bits: bits}
}

const (
	costBits  = 20
	priceBits = 8       // left out of prices, rounded up: sums of 500 relays stay below 2^63
	lossUnit  = 1 << 16 // of −ln(1 − loss), in 1/65536
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
	return (uint64(g.prices[relay]) + 1<<priceBits - 1) >> priceBits
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
