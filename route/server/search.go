package server

import (
	"math"
	"slices"
)

// A search finds ways from a relay to another one by one: shortest paths by the
// landmarks' lower bounds (Goldberg and Harrelson 2005), disjoint ones as a flow of
// least cost (Suurballe 1974; Bhandari 1999). A relay that a way passes has two states,
// its arrival and its departure, with room for one way between them: a further way that
// arrives there can only go back along the way that is there, which then takes another
// turn.
//
// Lengths are reduced so that none is below zero: by the lower bounds, and by what the
// rounds before have found (deficits).
type search struct {
	g     *Graph
	l     *Landmarks
	q     Query
	weigh weigher

	marks        []mark // by state: relays, then the departures of those that ways pass
	next, before []int32
	gone         []uint64 // weight of the link by which a way came to each relay
	split        []int32  // relays that have two states
	touched      []int32  // states that are marked
	used         []uint8  // ways that went through each relay, when they may share
	direct       bool     // a way is the link from end to end
	bounds       []*Tree  // that say most about this question
	far          []uint32 // their costs to the end
	heap         heap4
	query, turn  uint32
}

// A mark is what a search knows of a state.
type mark struct {
	dist    uint64 // reduced, in this round
	deficit uint64 // how much nearer than the end it was in the rounds before, summed up
	low     uint64 // of a relay: what is left to the end, at least
	from    int32  // state before
	query   uint32 // low, deficit and flags are of this query
	turn    uint32 // dist and from are of this round
	flags   uint8
}

const (
	isSplit uint8 = 1 << iota
	isAvoided
)

func newSearch(l *Landmarks) search {
	n := l.g.Len()
	return search{g: l.g, l: l, marks: make([]mark, 2*n), gone: make([]uint64, n),
		next: slices.Repeat([]int32{-1}, n), before: slices.Repeat([]int32{-1}, n), used: make([]uint8, n)}
}

// begin forgets the question before and takes up another.
func (s *search) begin(q Query, w weigher) {
	for _, v := range s.split {
		s.next[v], s.before[v] = -1, -1
	}
	for _, v := range s.touched {
		s.used[v%int32(s.g.Len())] = 0
	}
	s.split, s.touched, s.direct, s.q, s.weigh = s.split[:0], s.touched[:0], false, q, w
	s.query++
	s.choose()
	for _, v := range q.Avoid {
		if v >= 0 && v < int32(s.g.Len()) {
			s.mark(v).flags |= isAvoided
		}
	}
}

// mostBounds is how many trees bound a search: more say more, and cost more.
const mostBounds = 6

// choose takes the trees that say most about the way from end to end.
func (s *search) choose() {
	s.bounds, s.far = s.bounds[:0], s.far[:0]
	from, to := s.q.From, s.q.To
	for _, t := range s.l.trees {
		if t.cost[from] != Far && t.cost[to] != Far {
			s.bounds = append(s.bounds, t)
		}
	}
	says := func(t *Tree) int64 { return s.bound(t.cost[from], t.cost[to]) }
	slices.SortStableFunc(s.bounds, func(a, b *Tree) int { return int(says(b) - says(a)) })
	s.bounds = s.bounds[:min(len(s.bounds), mostBounds)]
	for _, t := range s.bounds {
		s.far = append(s.far, t.cost[to])
	}
}

// bound is the least cost between a relay and the end, by their costs from a landmark.
// Nobody gets any farther by way of an end that passes nothing on.
func (s *search) bound(relay, end uint32) int64 {
	d := int64(end) - int64(relay)
	if d < 0 && s.g.passes[s.q.To] {
		d = -d
	}
	return max(d, 0)
}

// mark returns the mark of a state, made ready for this query.
func (s *search) mark(x int32) *mark {
	m := &s.marks[x]
	if m.query != s.query {
		*m = mark{query: s.query, turn: s.turn - 1}
		if v := x % int32(s.g.Len()); v == x && x != s.q.From && x != s.q.To {
			m.low = s.low(x)
		}
		s.touched = append(s.touched, x)
	}
	return m
}

func (s *search) low(relay int32) (most uint64) {
	for i, t := range s.bounds {
		if c := t.cost[relay]; c != Far {
			most = max(most, uint64(s.bound(c, s.far[i])))
		}
	}
	return most
}

// round finds the next way and lays it; false: there is none.
func (s *search) round() bool {
	s.turn++
	s.heap = s.heap[:0]
	from := s.mark(s.q.From)
	from.dist, from.turn, from.from = 0, s.turn, -1
	s.heap.push(0, s.q.From)
	for len(s.heap) > 0 {
		d, x := s.heap.pop()
		switch {
		case x == s.q.To:
			s.settle(d)
			return true
		case d == s.marks[x].dist:
			s.expand(x)
		}
	}
	return false
}

// expand goes on from a state.
func (s *search) expand(x int32) {
	n := int32(s.g.Len())
	v := x % n
	switch m := &s.marks[v]; {
	case x >= n && s.before[v] >= 0:
		s.step(x, v, 0) // the way through it is given up
	case x < n && m.flags&isSplit != 0:
		s.back(x)
		return
	}
	taken := s.next[v]
	for e := s.g.first[v]; e < s.g.first[v+1]; e++ {
		w := s.g.links[e].to
		if w == taken || s.g.rates[e].bits < s.weigh.bits {
			continue
		}
		if w != s.q.To && (!s.g.passes[w] || w == s.q.From) {
			continue
		}
		if v == s.q.From && (w == s.q.To && s.direct || s.before[w] == v) {
			continue
		}
		weight := s.weigh.weigh(s.g, e, w != s.q.To)
		if u := s.used[w]; u > 0 && w != s.q.To {
			weight *= s.penalty(u)
		}
		s.step(x, w, weight)
	}
}

// back goes from an arrival: back along the way that passes it, or through, where none
// does any more.
func (s *search) back(x int32) {
	n := int32(s.g.Len())
	switch u := s.before[x]; {
	case u < 0:
		s.step(x, x+n, 0)
	case u != s.q.From:
		s.step(x, u+n, -s.gone[x])
	}
}

// step looks whether a state is nearer by way of another. Weights may be below zero, as
// the two's complement; reduced they are not.
func (s *search) step(x, y int32, weight uint64) {
	n := int32(s.g.Len())
	from, m := &s.marks[x], s.mark(y)
	if m.flags&isAvoided != 0 {
		return
	}
	d := from.dist + weight + s.mark(y%n).low - s.marks[x%n].low + m.deficit - from.deficit
	if m.turn != s.turn || d < m.dist {
		m.dist, m.turn, m.from = d, s.turn, x
		s.heap.push(d, y)
	}
}

// settle ends a round that came to the end at a distance.
func (s *search) settle(end uint64) {
	for _, x := range s.touched {
		if m := &s.marks[x]; m.turn == s.turn && m.dist < end {
			m.deficit += end - m.dist
		}
	}
	if s.q.Disjoint {
		s.lay()
	}
}

// lay lays the way of this round among those before.
func (s *search) lay() {
	n := int32(s.g.Len())
	for y := s.q.To; y != s.q.From; {
		x := s.marks[y].from
		v, w := x%n, y%n
		switch {
		case v == w && y < n: // given up
			s.next[v], s.before[v] = -1, -1
		case v != w && y < n:
			s.connect(v, w)
		}
		y = x
	}
}

// connect lays one step of a way.
func (s *search) connect(v, w int32) {
	for _, r := range [2]int32{v, w} {
		if r != s.q.From && r != s.q.To && s.marks[r].flags&isSplit == 0 {
			s.marks[r].flags |= isSplit
			s.split = append(s.split, r)
			s.mark(r + int32(s.g.Len())).deficit = s.marks[r].deficit
		}
	}
	if v == s.q.From && w == s.q.To {
		s.direct = true
		return
	}
	if v != s.q.From {
		s.next[v] = w
	}
	if w != s.q.To {
		s.before[w] = v
		s.gone[w] = s.weigh.weigh(s.g, s.g.link(v, w), true)
	}
}

// disjoint reads the ways that are laid, the best first.
func (s *search) disjoint() (ways []Way) {
	if s.direct {
		ways = append(ways, s.g.sum([]int32{s.q.From, s.q.To}))
	}
	for _, e := range s.g.from(s.q.From) {
		if s.before[e.to] != s.q.From {
			continue
		}
		way := []int32{s.q.From}
		for v := e.to; v != s.q.To; v = s.next[v] {
			way = append(way, v)
		}
		ways = append(ways, s.g.sum(append(way, s.q.To)))
	}
	slices.SortStableFunc(ways, func(a, b Way) int { return s.weigh.compare(s.g, a.Relays, b.Relays) })
	return ways
}

// take reads the way of this round, where ways may share relays, and makes the next
// avoid it.
func (s *search) take() Way {
	var way []int32
	for x := s.q.To; x >= 0; x = s.marks[x].from {
		way = append(way, x)
		s.used[x]++
	}
	slices.Reverse(way)
	for _, x := range s.touched {
		s.marks[x].deficit = 0 // lengths have changed
	}
	if len(way) == 2 {
		s.direct = true
	}
	return s.g.sum(way)
}

// penalty is what a relay costs more that so many ways have.
func (s *search) penalty(ways uint8) uint64 { return uint64(math.Pow(shared, float64(min(ways, 3)))) }

// heap4 is a heap of four children each: half as high as one of two.
type heap4 []entry

type entry struct {
	key   uint64
	state int32
}

func (h *heap4) push(key uint64, state int32) {
	a := append(*h, entry{})
	i := len(a) - 1
	for i > 0 {
		up := (i - 1) / 4
		if a[up].key <= key {
			break
		}
		a[i] = a[up]
		i = up
	}
	a[i] = entry{key, state}
	*h = a
}

func (h *heap4) pop() (uint64, int32) {
	a := *h
	top, last := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	for i := 0; ; {
		least := i
		key := last.key
		for c := 4*i + 1; c < min(4*i+5, len(a)); c++ {
			if a[c].key < key {
				least, key = c, a[c].key
			}
		}
		if least == i {
			if len(a) > 0 {
				a[i] = last
			}
			break
		}
		a[i] = a[least]
		i = least
	}
	*h = a
	return top.key, top.state
}
