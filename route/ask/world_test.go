package ask_test

import (
	"encoding/binary"
	"math"
	mrand "math/rand/v2"
	"slices"
	"time"

	"hopwire/link/identity"
	"hopwire/route/ask"
	"hopwire/route/geo"
)

// A world is a map with one server, and what each relay knows of it and would do: all of
// it is known to the estimator too, but what a relay has drawn.
type world struct {
	m        *geo.Map
	server   int
	relays   []int     // that have a way to the server: who may be the asker
	hops     [][]uint8 // between any two
	vicinity [][]int   // of each, by hops, itself first
	inside   [][]bool
	gradient [][]int // relays on the shortest way to the server
	slow     int     // factor of the round trips
	direct   bool    // ways are the shortest, without the rule
	popular  []int   // place of each in the order of popularity, from 0
}

const vicinitySize = 64

func newWorld(seed uint64, relays int, long float64, slow int) *world {
	r := mrand.New(mrand.NewPCG(seed, 64))
	w := &world{m: geo.New(seed, relays, long), slow: slow, popular: r.Perm(relays)}
	for v := range relays {
		r.Shuffle(len(w.m.Links[v]), func(i, j int) { l := w.m.Links[v]; l[i], l[j] = l[j], l[i] })
	}
	w.hops, w.inside = make([][]uint8, relays), make([][]bool, relays)
	w.vicinity, w.gradient = make([][]int, relays), make([][]int, relays)
	for v := range relays {
		order, hops, _ := w.spread(v)
		w.hops[v], w.vicinity[v], w.inside[v] = hops, order[:min(vicinitySize, len(order))], make([]bool, relays)
		for _, u := range w.vicinity[v] {
			w.inside[v][u] = true
		}
		if len(order) > len(w.relays) {
			w.server, w.relays = order[r.IntN(len(order))], order
		}
	}
	w.relays = slices.DeleteFunc(slices.Clone(w.relays), func(v int) bool { return v == w.server })
	slices.Sort(w.relays)
	_, _, parent := w.spread(w.server)
	for _, v := range w.relays {
		for u := parent[v]; u != w.server; u = parent[u] {
			w.gradient[v] = append(w.gradient[v], u)
		}
	}
	return w
}

const unreached = math.MaxUint8

// spread visits all relays by hops.
func (w *world) spread(from int) (order []int, hops []uint8, parent []int) {
	hops, parent = make([]uint8, len(w.m.Links)), make([]int, len(w.m.Links))
	for i := range hops {
		hops[i] = unreached
	}
	hops[from], order = 0, append(order, from)
	for i := 0; i < len(order); i++ {
		for _, l := range w.m.Links[order[i]] {
			if hops[l.To] == unreached {
				hops[l.To], parent[l.To] = hops[order[i]]+1, order[i]
				order = append(order, l.To)
			}
		}
	}
	return order, hops, parent
}

func shortID(v int) (id identity.ShortID) {
	binary.LittleEndian.PutUint64(id[:], uint64(v)+1)
	return id
}

// way is the one that an asker takes, by the rule, over what he knows of the map.
func (w *world) way(asker int, draw ask.Draw) []int {
	if w.direct {
		return w.gradient[asker]
	}
	nodes := slices.Clone(w.vicinity[asker])
	for _, v := range append(slices.Clone(w.gradient[asker]), w.server) {
		if !w.inside[asker][v] {
			nodes = append(nodes, v)
		}
	}
	number := make(map[int]uint16, len(nodes))
	for i, v := range nodes {
		number[v] = uint16(i)
	}
	known, gradient := make(ask.Known, len(nodes)), []uint16(nil)
	for i, v := range nodes {
		for _, l := range w.m.Links[v] {
			if u, ok := number[l.To]; ok {
				known[i] = append(known[i], u)
			}
		}
	}
	for _, v := range w.gradient[asker] {
		gradient = append(gradient, number[v])
	}
	draw = draw.For(shortID(w.server))
	way, _ := ask.Way(known, number[w.server], gradient, func(v uint16) uint64 { return draw.Rank(shortID(nodes[v])) })
	var relays []int
	for _, v := range way {
		relays = append(relays, nodes[v])
	}
	return relays
}

// near says that the rule has an asker make a detour.
func (w *world) near(asker int) bool { return len(w.gradient[asker]) < ask.Least }

// last is who hands the questions to the server; the asker, when there is no relay.
func last(asker int, way []int) int {
	if len(way) == 0 {
		return asker
	}
	return way[len(way)-1]
}

// rtt is the round trip to the server over a way.
func (w *world) rtt(asker int, way []int) (sum time.Duration) {
	from := asker
	for _, to := range append(slices.Clone(way), w.server) {
		for _, l := range w.m.Links[from] {
			if l.To == to {
				sum += 2 * time.Duration(w.slow) * time.Duration(l.Cost) * time.Microsecond
				break
			}
		}
		from = to
	}
	return sum
}

// A law says with what probability an asker wants a destination, up to a factor.
type law struct {
	name   string
	weight func(w *world, asker, to int) float64
}

var laws = []law{
	{"uniform", func(*world, int, int) float64 { return 1 }},
	{"Zipf 1", func(w *world, _, to int) float64 { return 1 / float64(1+w.popular[to]) }},
	{"e^(−hops/4)", func(w *world, asker, to int) float64 { return math.Exp(-float64(w.hops[asker][to]) / 4) }},
}

// wants is the probability of each destination, for each asker. Nobody asks for himself.
func (w *world) wants(l law) [][]float64 {
	all := make([][]float64, len(w.m.Links))
	for _, a := range w.relays {
		sum := 0.0
		all[a] = make([]float64, len(w.m.Links))
		for _, d := range w.relays {
			if d != a {
				all[a][d] = l.weight(w, a, d)
				sum += all[a][d]
			}
		}
		for d := range all[a] {
			all[a][d] /= sum
		}
	}
	return all
}

// pick draws by probabilities.
func pick(r *mrand.Rand, p []float64) int {
	x := r.Float64()
	for i, q := range p {
		if x -= q; x < 0 {
			return i
		}
	}
	return slices.IndexFunc(p, func(q float64) bool { return q > 0 })
}
