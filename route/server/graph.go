package server

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"

	"hopwire/link/identity"
)

// A Graph is a map as arrays: relays are numbers, in order of their short ids, and each
// has the links that both of its ends state, at the worse of what they state. It takes
// 10 bytes for each direction of a link, and 17 for each relay.
type Graph struct {
	ids    []identity.ShortID
	passes []bool   // relays that pass circuits of others on
	prices []uint32 // as announced
	first  []int32  // of the links of each, in links; one more than there are relays
	links  []edge
	rates  []rate // of each link
	most   uint32 // dearest of them
}

// An edge leads to a relay, at a cost in µs.
type edge struct {
	to   int32
	cost uint32
}

// A rate is the capacity and the loss of a link.
type rate struct {
	bits byte // of the capacity in kbit/s, a power of two: 2^(bits−1)
	loss byte // in 1/256
}

// unknownKbits is what a link counts for that states no capacity (route/wire.md, "Cost").
const unknownKbits = 100_000

func rateOf(kbits uint32, loss byte) rate {
	if kbits == 0 {
		kbits = unknownKbits
	}
	return rate{byte(bits.Len32(kbits)), loss}
}

// worse is what counts when the ends differ.
func (r rate) worse(o rate) rate { return rate{min(r.bits, o.bits), max(r.loss, o.loss)} }

// MostCost is what a link costs at most, in µs: dearer ones are cut to it, since the
// memory for trees grows with the dearest.
const MostCost = 1 << 20

// Len returns how many relays there are.
func (g *Graph) Len() int { return len(g.ids) }

// ID returns the short id of a relay.
func (g *Graph) ID(relay int32) identity.ShortID { return g.ids[relay] }

// Find returns the number of a relay; −1: it is not on the map.
func (g *Graph) Find(id identity.ShortID) int32 {
	i, ok := slices.BinarySearchFunc(g.ids, id, compareIDs)
	if !ok {
		return -1
	}
	return int32(i)
}

func (g *Graph) from(relay int32) []edge { return g.links[g.first[relay]:g.first[relay+1]] }

func compareIDs(a, b identity.ShortID) int { return bytes.Compare(a[:], b[:]) }

// A Builder gathers what relays state. It is not safe for concurrent use.
type Builder struct {
	relays []stated
	links  []statement
}

type stated struct {
	id     identity.ShortID
	passes bool
	price  uint32
}

// A statement is one end's word about a link.
type statement struct {
	from, to int32 // in the order of ids, once Graph has put them in it
	id       identity.ShortID
	cost     uint32
	rate     rate
}

// NewBuilder makes room for some relays.
func NewBuilder(relays int) *Builder { return &Builder{relays: make([]stated, 0, relays)} }

// Relay enters a relay; the links that follow are those that it states. Each is entered
// once.
func (b *Builder) Relay(id identity.ShortID, passes bool) {
	b.relays = append(b.relays, stated{id: id, passes: passes})
}

// Price is that of the relay entered last, as announced; 0 unless it is said.
func (b *Builder) Price(price uint32) { b.relays[len(b.relays)-1].price = price }

// Link enters a link of the relay that was entered last, at a cost in µs.
func (b *Builder) Link(to identity.ShortID, cost uint32) {
	b.links = append(b.links, statement{from: int32(len(b.relays) - 1), id: to, cost: min(max(cost, 1), MostCost), rate: rateOf(0, 0)})
}

// Rate is the capacity in kbit/s (0: unknown) and the loss in 1/256 of the link entered
// last.
func (b *Builder) Rate(kbits uint32, loss byte) { b.links[len(b.links)-1].rate = rateOf(kbits, loss) }

// Graph returns the links that both ends state; the Builder is used up by it.
func (b *Builder) Graph() *Graph {
	g := b.number()
	b.resolve(g)
	g.links, g.rates = make([]edge, 0, len(b.links)), make([]rate, 0, len(b.links))
	slices.SortFunc(b.links, func(x, y statement) int { return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to)) })
	g.first = make([]int32, len(g.ids)+1)
	for _, s := range b.links {
		back, ok := b.find(s.to, s.from)
		if !ok {
			continue
		}
		e := edge{s.to, max(s.cost, back.cost)}
		g.links, g.most = append(g.links, e), max(g.most, e.cost)
		g.rates = append(g.rates, s.rate.worse(back.rate))
		g.first[s.from+1]++
	}
	for i := range g.ids {
		g.first[i+1] += g.first[i]
	}
	return g
}

// number puts the relays in order of their ids, and the statements' ends with them.
func (b *Builder) number() *Graph {
	order := make([]int32, len(b.relays))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int { return compareIDs(b.relays[x].id, b.relays[y].id) })
	g := &Graph{ids: make([]identity.ShortID, len(order)), passes: make([]bool, len(order)), prices: make([]uint32, len(order))}
	place := make([]int32, len(order))
	for i, was := range order {
		r := b.relays[was]
		g.ids[i], g.passes[i], g.prices[i], place[was] = r.id, r.passes, r.price, int32(i)
	}
	for i := range b.links {
		b.links[i].from = place[b.links[i].from]
	}
	return g
}

// resolve finds the far ends and drops statements about relays that are not on the map,
// or about oneself.
func (b *Builder) resolve(g *Graph) {
	b.links = slices.DeleteFunc(b.links, func(s statement) bool {
		to := g.Find(s.id)
		return to < 0 || to == s.from
	})
	for i := range b.links {
		b.links[i].to = g.Find(b.links[i].id)
	}
}

// find returns what one relay states of its link to another.
func (b *Builder) find(from, to int32) (statement, bool) {
	i, ok := slices.BinarySearchFunc(b.links, [2]int32{from, to}, func(s statement, want [2]int32) int {
		return cmp.Or(cmp.Compare(s.from, want[0]), cmp.Compare(s.to, want[1]))
	})
	if !ok {
		return statement{}, false
	}
	return b.links[i], true
}
