package geo

import mrand "math/rand/v2"

// Providers gives each relay to a provider, numbered from 0; −1: to none, for it has no
// way to the others. Each provider begins at a relay drawn at random and grows along
// links, so that it hangs together; which one grows next is drawn, the n-th with 1/n of
// the chance of the first: few are large, most are small. The same seed gives the same
// providers.
func (m *Map) Providers(seed uint64, providers int) []int {
	r := mrand.New(mrand.NewPCG(seed, 40))
	of := make([]int, len(m.X))
	for i := range of {
		of[i] = -1
	}
	edges := make([][]int, providers) // relays that may come to each
	for p := range edges {
		edges[p] = []int{r.IntN(len(of))}
	}
	chance := make([]float64, providers)
	for p := range chance {
		chance[p] = 1 / float64(p+1)
	}
	for p := range providers { // each has one relay
		m.grow(r, p, of, edges)
	}
	for {
		p := draw(r, chance)
		if p < 0 {
			return of
		}
		if !m.grow(r, p, of, edges) {
			chance[p] = 0
		}
	}
}

// grow gives a provider one more relay; false: nobody is left beside it.
func (m *Map) grow(r *mrand.Rand, p int, of []int, edges [][]int) bool {
	for e := &edges[p]; len(*e) > 0; {
		i := r.IntN(len(*e))
		v := (*e)[i]
		(*e)[i] = (*e)[len(*e)-1]
		*e = (*e)[:len(*e)-1]
		if of[v] >= 0 {
			continue
		}
		of[v] = p
		for _, l := range m.Links[v] {
			if of[l.To] < 0 {
				*e = append(*e, l.To)
			}
		}
		return true
	}
	return false
}

// draw draws one by chance; −1: none has any.
func draw(r *mrand.Rand, chance []float64) int {
	sum := 0.0
	for _, c := range chance {
		sum += c
	}
	x, last := r.Float64()*sum, -1
	for p, c := range chance {
		if c > 0 {
			last = p
			if x -= c; x < 0 {
				break
			}
		}
	}
	return last
}
