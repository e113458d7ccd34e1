package announce

import (
	"sort"
	"time"

	"hopwire/link"
)

// What a link costs (wire.md, "Cost").
const (
	leastRTT     = 100 * time.Microsecond
	unknownKbits = 100_000
	airBytes     = link.FrameLong + 38 // Ethernet's own share
)

// LeastRTT is what links are stated with at least: less is noise.
const LeastRTT = leastRTT

// A Step is a cost in powers of 1.1: paths must not change with every breath.
type Step uint16

// Nanoseconds is the cost that a step stands for.
func (s Step) Nanoseconds() float64 { return steps[s] }

// Plus is the cost at a factor, as Times returns it.
func (s Step) Plus(factor Step) Step { return min(s+factor, Step(len(steps)-1)) }

// Times is a factor of costs in steps, rounded up.
func Times(factor float64) Step { return Step(sort.SearchFloat64s(steps[:], factor)) }

// Cost is that of one hop over a link as both ends state it, at the worse of the two:
// half the least RTT and four times the airtime of a long frame, more with loss.
func Cost(a, b Statement) Step {
	kbits := a.Capacity
	if kbits == 0 || b.Capacity != 0 && b.Capacity < kbits {
		kbits = b.Capacity
	}
	return cost(max(a.RTT, b.RTT), kbits, float64(max(a.Loss, b.Loss))/256)
}

func cost(rtt time.Duration, kbits uint32, loss float64) Step {
	if kbits == 0 {
		kbits = unknownKbits
	}
	air := float64(airBytes) * 8 / float64(kbits) * 1e6 // ns
	ok := 1 - min(loss, 0.95)
	c := (float64(max(rtt, leastRTT))/2 + 4*air) / (ok * ok)
	return Step(sort.SearchFloat64s(steps[:len(steps)-1], c))
}

// steps are the powers of 1.1 from a nanosecond to beyond the dearest hop. (A look
// at a table is also cheaper than logarithms where floats are done in software.)
var steps = powers(1.1)

func powers(base float64) (p [400]float64) {
	p[0] = 1
	for i := range p[1:] {
		p[i+1] = p[i] * base
	}
	return p
}
