package server

import (
	"math"
	"slices"
)

// A search finds ways from a relay to another one by one: from both ends at once, with
// the landmarks' lower bounds (Goldberg and Harrelson 2005, the halved bounds of Ikeda
// and others 1994), and disjoint ways as a flow of least cost (Suurballe 1974; Bhandari
// 1999). A relay that a way passes has two states, its arrival and its departure, with
// room for one way between them: a further way that arrives there can only go back along
// the way that is there, which then takes another turn.
//
// Lengths are reduced by a height for each state, so that none is below zero: at first
// the lower bounds, and after each round also what that has found, so that the ways laid
// have no length at all, either way along them.
type search struct {
	g     *Graph
	l     *Landmarks
	q     Query
	weigh weigher

	marks        []mark // by state: relays, then the departures of those that ways pass
	next, before []int32
	gone         []uint64    // weight of the link by which a way came to each relay
	split        []int32     // relays that have two states
	touched      []int32     // states that are marked
	used         []uint8     // ways that went through each relay, when they may share
	direct       bool        // a way is the link from end to end
	bounds       []*Tree     // that say most about this question
	ends         [2][]uint32 // their costs to the ends
	heaps        [2]heap4    // of the search from each end
	query        uint32
	turn         uint32
	met          int32   // where the two sides of the best way of this round meet,
	best         uint64  // and its length
	way          []int32 // its states
	exact        *Tree   // of the end, if it has one: then the search is from the start only,
}

// A mark is what a search knows of a state.
type mark struct {
	dist   [2]uint64 // from each end, reduced
	height uint64    // twice; as the two's complement
	from   [2]int32  // the state that is nearer to the end
	turn   [2]uint32 // dist and from are of this round
	query  uint32    // the others are of this query
	flags  uint8
}

const (
	isSplit uint8 = 1 << iota
	isAvoided
)

// From the start on, and from the end back.
const (
	ahead = iota
	back
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
		if v >= 0 && v < int32(s.g.Len()) && v != q.From && v != q.To {
			s.mark(v).flags |= isAvoided
		}
	}
}

// mostBounds is how many trees bound a search: more say more, and cost more.
const mostBounds = 6

// choose takes the trees that say most about the way from end to end.
func (s *search) choose() {
	s.bounds = s.bounds[:0]
	from, to := s.q.From, s.q.To
	for _, t := range s.l.trees {
		if t.cost[from] != Far && t.cost[to] != Far {
			s.bounds = append(s.bounds, t)
		}
	}
	says := func(t *Tree) int64 { return s.bound(t.cost[from], t.cost[to], true) }
	slices.SortStableFunc(s.bounds, func(a, b *Tree) int { return int(says(b) - says(a)) })
	s.bounds = s.bounds[:min(len(s.bounds), mostBounds)]
	for i, end := range [2]int32{from, to} {
		s.ends[i] = s.ends[i][:0]
		for _, t := range s.bounds {
			s.ends[i] = append(s.ends[i], t.cost[end])
		}
	}
}

// bound is the least cost between a relay and an end, by their costs from a landmark.
// Nobody gets any farther by way of an end that passes nothing on.
func (s *search) bound(relay, end uint32, passes bool) int64 {
	d := int64(end) - int64(relay)
	if d < 0 && passes {
		d = -d
	}
	return max(d, 0)
}

// height is the difference of what is left to the two ends at least.
func (s *search) height(relay int32) uint64 {
	if relay == s.q.From || relay == s.q.To {
		return 0
	}
	if s.exact != nil {
		return 2 * uint64(s.exact.cost[relay])
	}
	var most [2]int64
	for i, t := range s.bounds {
		if c := t.cost[relay]; c != Far {
			most[ahead] = max(most[ahead], s.bound(c, s.ends[ahead][i], s.g.passes[s.q.From]))
			most[back] = max(most[back], s.bound(c, s.ends[back][i], s.g.passes[s.q.To]))
		}
	}
	return uint64(most[back] - most[ahead])
}

// mark returns the mark of a state, made ready for this query.
func (s *search) mark(x int32) *mark {
	m := &s.marks[x]
	if m.query != s.query {
		*m = mark{query: s.query, turn: [2]uint32{s.turn - 1, s.turn - 1}}
		if x < int32(s.g.Len()) {
			m.height = s.height(x)
		}
		s.touched = append(s.touched, x)
	}
	return m
}

// round finds the next way and lays it; false: there is none. It goes on from the end
// that has less waiting, until what is still to come is no shorter than what it has.
func (s *search) round() bool {
	s.turn++
	s.best = math.MaxUint64
	for i, x := range [2]int32{s.q.From, s.q.To} {
		m := s.mark(x)
		m.dist[i], m.turn[i], m.from[i] = 0, s.turn, -1
		s.heaps[i] = append(s.heaps[i][:0], entry{0, x})
	}
	for {
		a, b := s.top(ahead), s.top(back)
		if a == math.MaxUint64 || b == math.MaxUint64 || a+b >= s.best {
			break
		}
		i := ahead
		if s.exact == nil && len(s.heaps[back]) < len(s.heaps[ahead]) {
			i = back
		}
		_, x := s.heaps[i].pop()
		s.expand(x, i)
	}
	if s.best == math.MaxUint64 {
		return false
	}
	s.read()
	s.settle(min(s.top(ahead), s.best))
	return true
}

// top is the distance of the next state from an end; entries that were overtaken are
// dropped.
func (s *search) top(i int) uint64 {
	h := &s.heaps[i]
	for len(*h) > 0 {
		if e := (*h)[0]; s.marks[e.state].dist[i] == e.key {
			return e.key
		}
		h.pop()
	}
	return math.MaxUint64
}

// expand goes on from a state.
func (s *search) expand(x int32, i int) {
	v, n := x, int32(s.g.Len())
	if v >= n {
		v -= n
	}
	if x == s.q.To && i == ahead || x == s.q.From && i == back {
		return
	}
	if s.marks[v].flags&isSplit != 0 && s.along(x, v, i) {
		return
	}
	for e := s.g.first[v]; e < s.g.first[v+1]; e++ {
		if s.g.rates[e].bits < s.weigh.bits {
			continue
		}
		if i == ahead {
			s.on(x, v, s.g.links[e].to, e)
		} else {
			s.against(x, v, s.g.links[e].to, e)
		}
	}
}

// along takes the steps of a relay with two states that are not links; true: there are
// no others. (Of the two, the arrival is where links lead to, the departure where they
// lead from.)
func (s *search) along(x, v int32, i int) bool {
	n, laid := int32(s.g.Len()), s.before[v] >= 0
	switch departs := x >= n; {
	case departs == (i == ahead): // links follow
		if laid {
			s.step(x, v+n-x+v, 0, i) // the way through it is given up
		}
		return false
	case !laid:
		s.step(x, v+n-x+v, 0, i)
	case i == ahead && s.before[v] != s.q.From: // back along the way
		s.step(x, s.before[v]+n, -s.gone[v], i)
	case i == back && s.next[v] != s.q.To:
		s.step(x, s.next[v], -s.gone[s.next[v]], i)
	}
	return true
}

// on takes a link from v to w.
func (s *search) on(x, v, w, e int32) {
	if w == s.q.From || w != s.q.To && !s.g.passes[w] || s.isLaid(v, w) {
		return
	}
	s.step(x, w, s.weight(e, w), ahead)
}

// against takes a link from w to v, from its end.
func (s *search) against(x, v, w, e int32) {
	if w == s.q.To || w != s.q.From && !s.g.passes[w] || s.isLaid(w, v) {
		return
	}
	y := w
	if s.mark(w).flags&isSplit != 0 {
		y += int32(s.g.Len())
	}
	s.step(x, y, s.weight(e, v), back)
}

// isLaid says whether a way takes a link.
func (s *search) isLaid(v, w int32) bool {
	switch {
	case v != s.q.From:
		return s.next[v] == w
	case w == s.q.To:
		return s.direct
	}
	return s.before[w] == v
}

// weight is twice what a link to a relay weighs; heights are twice, too.
func (s *search) weight(e, to int32) uint64 {
	if to == s.q.To {
		return 2 * s.weigh.weigh(s.g, e, -1)
	}
	w := 2 * s.weigh.weigh(s.g, e, to)
	if u := s.used[to]; u > 0 {
		w *= penalties[min(u, 2)]
	}
	return w
}

// penalties are those for relays of so many ways.
var penalties = [3]uint64{1, shared, shared * shared}

// step looks whether a state is nearer to an end by way of another. Weights may be below
// zero, as the two's complement; reduced they are not.
func (s *search) step(x, y int32, weight uint64, i int) {
	m, from := s.mark(y), &s.marks[x]
	d := from.dist[i] + weight
	if i == ahead {
		d += m.height - from.height
	} else {
		d += from.height - m.height
	}
	if m.flags&isAvoided != 0 || m.turn[i] == s.turn && d >= m.dist[i] {
		return
	}
	m.dist[i], m.turn[i], m.from[i] = d, s.turn, x
	s.heaps[i].push(d, y)
	if m.turn[1-i] == s.turn && d+m.dist[1-i] < s.best {
		s.best, s.met = d+m.dist[1-i], y
	}
}

// read puts the states of the way just found in order.
func (s *search) read() {
	s.way = s.way[:0]
	for x := s.met; x >= 0; x = s.marks[x].from[ahead] {
		s.way = append(s.way, x)
	}
	slices.Reverse(s.way)
	for x := s.marks[s.met].from[back]; x >= 0; x = s.marks[x].from[back] {
		s.way = append(s.way, x)
	}
}

// settle ends a round: heights become such that the way found is level. ahead of it,
// lengths from the start count up to a distance, and lengths to the end for the rest.
func (s *search) settle(reach uint64) {
	for _, x := range s.touched {
		m := &s.marks[x]
		if m.turn[ahead] == s.turn && m.dist[ahead] < reach {
			m.height += reach - m.dist[ahead]
		} else if m.turn[back] == s.turn && m.dist[back] < s.best-reach {
			m.height -= s.best - reach - m.dist[back]
		}
	}
	if s.q.Disjoint {
		s.lay()
	}
}

// lay lays the way of this round among those before.
func (s *search) lay() {
	n := int32(s.g.Len())
	for i, y := range s.way[1:] {
		switch x := s.way[i]; {
		case x == y+n: // given up
			s.next[y], s.before[y] = -1, -1
		case y < n && x%n != y:
			s.connect(x%n, y)
		}
	}
}

// connect lays one step of a way.
func (s *search) connect(v, w int32) {
	for _, r := range [2]int32{v, w} {
		if r != s.q.From && r != s.q.To && s.marks[r].flags&isSplit == 0 {
			s.marks[r].flags |= isSplit
			s.split = append(s.split, r)
			s.mark(r + int32(s.g.Len())).height = s.marks[r].height
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
		s.gone[w] = s.weight(s.g.link(v, w), w)
	}
}

// disjoint reads the ways that are laid, the best first.
func (s *search) disjoint() (ways []Way) {
	if s.direct {
		ways = append(ways, s.g.sum([]int32{s.q.From, s.q.To}))
	}
	for _, e := range s.g.from(s.q.From) {
		if e.to == s.q.To || s.before[e.to] != s.q.From {
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
	way := slices.Clone(s.way)
	for _, v := range way {
		s.used[v]++
	}
	for _, x := range s.touched {
		s.marks[x].height = s.height(x) // weights are no longer those of the round
	}
	s.direct = s.direct || len(way) == 2
	return s.g.sum(way)
}

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
