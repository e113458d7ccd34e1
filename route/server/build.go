package server

import (
	"cmp"
	"encoding/binary"
	"slices"

	"hopwire/link/identity"
)

// A Builder gathers what relays state. It is not safe for concurrent use.
type Builder struct {
	relays []stated
	links  []statement
}

// A stated relay is what it says of itself.
type stated struct {
	id     identity.ShortID
	first  int32 // of its links in those of the Builder
	passes bool
	price  uint32
}

// A statement is one end's word about a link.
type statement struct {
	id   identity.ShortID
	to   int32 // the relay of that id, by the order of ids; −1: it is not on the map
	cost uint32
	rate rate
}

// NewBuilder makes room for some relays.
func NewBuilder(relays int) *Builder { return &Builder{relays: make([]stated, 0, relays)} }

// Relay enters a relay; the links that follow are those that it states. Each is entered
// once.
func (b *Builder) Relay(id identity.ShortID, passes bool) {
	b.relays = append(b.relays, stated{id: id, first: int32(len(b.links)), passes: passes})
}

// Price is that of the relay entered last, as announced; 0 unless it is said.
func (b *Builder) Price(price uint32) { b.relays[len(b.relays)-1].price = price }

// Link enters a link of the relay that was entered last, at a cost in µs.
func (b *Builder) Link(to identity.ShortID, cost uint32) {
	b.links = append(b.links, statement{id: to, cost: min(max(cost, 1), MostCost), rate: rateOf(0, 0)})
}

// Rate is the capacity in kbit/s (0: unknown) and the loss in 1/256 of the link entered
// last.
func (b *Builder) Rate(kbits uint32, loss byte) { b.links[len(b.links)-1].rate = rateOf(kbits, loss) }

// Graph returns the links that both ends state; the Builder is used up by it.
func (b *Builder) Graph() *Graph {
	said := make([][]statement, len(b.relays))
	for i, r := range b.relays {
		end := int32(len(b.links))
		if i+1 < len(b.relays) {
			end = b.relays[i+1].first
		}
		said[i] = b.links[r.first:end]
	}
	sorted := make([]int32, len(b.relays)) // as entered, by rising ids
	for i := range sorted {
		sorted[i] = int32(i)
	}
	slices.SortFunc(sorted, func(x, y int32) int { return compareIDs(b.relays[x].id, b.relays[y].id) })
	relays, links := make([]stated, len(sorted)), make([][]statement, len(sorted))
	for i, was := range sorted {
		relays[i], links[i] = b.relays[was], said[was]
	}
	resolve(relays, links)
	agree(relays, links)
	return lay(relays, links)
}

// resolve finds the far ends, by an index of the first 16 bits of ids.
func resolve(relays []stated, links [][]statement) {
	high := func(id identity.ShortID) int { return int(binary.BigEndian.Uint16(id[:])) }
	var index [1<<16 + 1]int32
	for _, r := range relays {
		index[high(r.id)+1]++
	}
	for i := range 1 << 16 {
		index[i+1] += index[i]
	}
	for from, l := range links {
		for i := range l {
			h := high(l[i].id)
			k, ok := slices.BinarySearchFunc(relays[index[h]:index[h+1]], l[i].id, func(r stated, id identity.ShortID) int { return compareIDs(r.id, id) })
			l[i].to = index[h] + int32(k)
			if !ok || int(l[i].to) == from {
				l[i].to = -1
			}
		}
	}
}

// agree gives both ends of a link the worse of what they state, and drops links that
// only one of them states.
func agree(relays []stated, links [][]statement) {
	for from, l := range links {
		links[from] = slices.DeleteFunc(l, func(s statement) bool { return s.to < 0 || word(links[s.to], relays[from].id) == nil })
	}
	for from, l := range links {
		for i := range l {
			back := word(links[l[i].to], relays[from].id)
			l[i].cost, l[i].rate = max(l[i].cost, back.cost), l[i].rate.worse(back.rate)
		}
		slices.SortFunc(l, func(x, y statement) int { return cmp.Compare(x.to, y.to) })
	}
}

// word is what is stated of a link to a relay; nil: nothing.
func word(links []statement, id identity.ShortID) *statement {
	for i := range links {
		if links[i].id == id {
			return &links[i]
		}
	}
	return nil
}

// lay makes the arrays, in an order in which relays near each other stand together.
func lay(relays []stated, links [][]statement) *Graph {
	n, sum := len(relays), 0
	for _, l := range links {
		sum += len(l)
	}
	order := patches(links)
	g := &Graph{ids: make([]identity.ShortID, n), byID: make([]int32, n), passes: make([]bool, n), prices: make([]uint32, n),
		first: make([]int32, n+1), links: make([]edge, 0, sum), rates: make([]rate, 0, sum)}
	for i, was := range order {
		g.byID[was] = int32(i)
	}
	for i, was := range order {
		r, l := relays[was], links[was]
		g.ids[i], g.passes[i], g.prices[i] = r.id, r.passes, r.price
		slices.SortFunc(l, func(x, y statement) int { return cmp.Compare(g.byID[x.to], g.byID[y.to]) })
		for _, s := range l {
			g.links, g.rates = append(g.links, edge{g.byID[s.to], s.cost}), append(g.rates, s.rate)
			g.most = max(g.most, s.cost)
		}
		g.first[i+1] = int32(len(g.links))
	}
	return g
}

// patchSize is how many relays stand together: what a search touches of them lies in a
// few kB.
const patchSize = 256

// patches orders relays by patches: each grows around a relay at the edge of those
// before. A search runs through neighbours, and with these at random places of memory
// half of its time went into waiting for it.
func patches(links [][]statement) []int32 {
	order, placed := make([]int32, 0, len(links)), make([]bool, len(links))
	place := func(v int32) {
		if !placed[v] {
			placed[v], order = true, append(order, v)
		}
	}
	var edge []int32
	for next := int32(0); len(order) < len(links); {
		start := next
		if len(edge) > 0 {
			start, edge = edge[0], edge[1:]
		} else {
			next++
		}
		at := len(order)
		place(start)
		for end := at + patchSize; at < len(order) && len(order) < end; at++ {
			for _, s := range links[order[at]] {
				place(s.to)
			}
		}
		for ; at < len(order); at++ {
			for _, s := range links[order[at]] {
				if !placed[s.to] {
					edge = append(edge, s.to)
				}
			}
		}
	}
	return order
}
