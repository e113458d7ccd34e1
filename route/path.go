package route

import (
	"fmt"
	"math"
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
)

// A pair is a link as its two ends, towards the second.
type pair struct{ from, to identity.ShortID }

// An avoidance is a link that failed of late.
type avoidance struct {
	until  time.Time
	factor float64
	times  int
}

// A choice is the path that a destination has now: another must be a fifth better.
type choice struct {
	path []identity.ShortID
	at   time.Time
}

// Paths returns up to n paths, the cheapest first (or the one in use, while no
// other is a fifth better), the others as disjoint from those before as can be had.
// hop.ErrUnknown: no announcement; hop.ErrNoPath: no way; wrapped, hop.ErrTooFar: it
// has more than hop.MaxHops hops.
func (m *Map) Paths(now time.Time, to identity.Key, n int) ([]hop.Path, error) {
	dest := m.known(to)
	if dest == nil {
		return nil, hop.ErrUnknown
	}
	g, v := m.look(), dest.vertex
	return m.several(now, n, func(used map[int]int) []int {
		way := g.shortest(v, m.factor(now, g, v, used))
		if len(used) == 0 {
			way = m.keep(now, to, way)
		}
		return way
	})
}

// several returns up to n paths, of which each is found with how often the nodes of those
// before are used. The graph is of the last look.
func (m *Map) several(now time.Time, n int, find func(used map[int]int) []int) (paths []hop.Path, err error) {
	used := map[int]int{}
	err = hop.ErrNoPath
	for range n {
		way := find(used)
		if len(way) > hop.MaxHops {
			err = tooLong(way)
		}
		if way == nil || len(way) > hop.MaxHops {
			break
		}
		p, ok := m.path(now, &m.graph, way)
		if !ok {
			break
		}
		if !slices.ContainsFunc(paths, func(o hop.Path) bool { return o.Same(p) }) {
			paths = append(paths, p)
		}
		for _, w := range way {
			used[w]++
		}
	}
	if len(paths) > 0 {
		err = nil
	}
	return paths, err
}

func tooLong(way []int) error { return fmt.Errorf("%w: the way has %d", hop.ErrTooFar, len(way)) }

// factor weighs edges: only relays in between, links that failed and nodes of an
// earlier path at a penalty.
func (m *Map) factor(now time.Time, g *graph, dest int, used map[int]int) func(from, to int) float64 {
	id := func(v int) identity.ShortID {
		if v == 0 {
			return m.short
		}
		return g.nodes[v].short
	}
	return func(from, to int) float64 {
		if to == 0 || from != 0 && g.nodes[from].raw.Flags()&announce.FlagRelay == 0 {
			return math.Inf(1)
		}
		f := 1.0
		if a := m.avoid[pair{id(from), id(to)}]; a != nil && now.Before(a.until) {
			f = a.factor
		}
		if to != dest {
			for range used[to] {
				f *= penaltyShared
			}
		} else if from == 0 && used[to] > 0 {
			f *= penaltyShared
		}
		return f
	}
}

// keep returns the path in use when it still stands and the new one is not a fifth
// better, and remembers what it returns.
func (m *Map) keep(now time.Time, to identity.Key, way []int) []int {
	if way == nil {
		return nil
	}
	way = m.inUse(now, to, way)
	if len(m.chosen) >= maxChosen && m.chosen[to] == nil {
		m.forgetChoice()
	}
	m.chosen[to] = &choice{m.names(way), now}
	return way
}

// names are the short ids of vertices.
func (m *Map) names(way []int) []identity.ShortID {
	ids := make([]identity.ShortID, len(way))
	for i, v := range way {
		ids[i] = m.graph.nodes[v].short
	}
	return ids
}

// inUse returns the path in use if it is to be kept, else the new one.
func (m *Map) inUse(now time.Time, to identity.Key, way []int) []int {
	c := m.chosen[to]
	if c == nil {
		return way
	}
	old := make([]int, 0, len(c.path))
	for _, id := range c.path {
		o := m.node(id)
		if o == nil {
			return way
		}
		old = append(old, o.vertex)
	}
	weigh := m.factor(now, &m.graph, way[len(way)-1], nil)
	if m.weighed(old, weigh) > switchFactor*m.weighed(way, weigh) {
		return way
	}
	return old
}

// weighed is the cost of a way with its penalties.
func (m *Map) weighed(way []int, factor func(from, to int) float64) (sum float64) {
	from := 0
	for _, v := range way {
		sum += m.graph.weight(from, v) * factor(from, v)
		from = v
	}
	return sum
}

// forgetChoice forgets the oldest choice.
func (m *Map) forgetChoice() {
	var oldest identity.Key
	var at time.Time
	for k, c := range m.chosen {
		if at.IsZero() || c.at.Before(at) || c.at.Equal(at) && string(k[:]) < string(oldest[:]) {
			oldest, at = k, c.at
		}
	}
	delete(m.chosen, oldest)
}

// path turns vertices into hops with the onion keys to use now; false: one of them
// has run out.
func (m *Map) path(now time.Time, g *graph, way []int) (hop.Path, bool) {
	p := hop.Path{Cost: time.Duration(g.cost(way)), Hops: make([]hop.Hop, 0, len(way))}
	for _, v := range way {
		o := g.nodes[v]
		h, ok := o.hop(now)
		if !ok {
			return hop.Path{}, false
		}
		p.Hops = append(p.Hops, h)
	}
	return p, true
}

// hop chooses the onion key by the announcement's age: the current one, or the
// next when the current one's hour is over.
func (o *node) hop(now time.Time) (hop.Hop, bool) {
	h := hop.Hop{Key: o.raw.Key(), Onion: o.raw.Current(), Other: o.raw.Next(), Parity: byte(o.raw.Epoch() & 1)}
	age := o.ageAt(now)
	switch {
	case age < o.raw.Left():
		return h, true
	case age < o.raw.Left()+keyLife:
		h.Onion, h.Other, h.Parity = h.Other, h.Onion, h.Parity^1
		return h, true
	}
	return h, false
}

// Load returns the highest load that a hop of a path announces.
func (m *Map) Load(p hop.Path) (most hop.Load) {
	for _, h := range p.Hops {
		if o := m.known(h.Key); o != nil {
			most = max(most, loadOf(o.raw.Flags()))
		}
	}
	return most
}

func loadOf(flags byte) hop.Load {
	switch {
	case flags&announce.FlagFull != 0:
		return hop.LoadFull
	case flags&announce.FlagBusy != 0:
		return hop.LoadBusy
	}
	return hop.LoadLight
}

// Failed notes trouble with hop i of a path, or the link that leads to it.
func (m *Map) Failed(now time.Time, p hop.Path, i int, why hop.Reason) {
	switch why {
	case hop.ReasonTimeout, hop.ReasonSpoiled: // nobody knows where: all of it, mildly
		for i := range p.Hops {
			m.shun(now, p, i, penaltyMild, avoidMild)
		}
	case hop.ReasonExpired:
	case hop.ReasonRefused, hop.ReasonNoNext:
		if i < len(p.Hops) && m.open(p.Hops[i].Key.Short()) != nil { // else neighbours would learn the path
			m.want(now, p.Hops[i].Key.Short())
		}
		m.shun(now, p, i, penaltyAvoid, step.Jitter(m.c.Jitter, avoidFirst, 20))
	case hop.ReasonLoss: // a circuit uses the link both ways
		m.shun(now, p, i, penaltyMild, 3*avoidMild)
		m.shunBack(now, p, i, penaltyMild, 3*avoidMild)
	default:
		m.shun(now, p, i, penaltyAvoid, step.Jitter(m.c.Jitter, avoidFirst, 20))
	}
}

// shun avoids the link to hop i for a while; longer when it failed again.
func (m *Map) shun(now time.Time, p hop.Path, i int, factor float64, d time.Duration) {
	if i < len(p.Hops) {
		m.avoidLink(now, m.linkTo(p, i), factor, d)
	}
}

// shunBack avoids the same link for who comes from the other side.
func (m *Map) shunBack(now time.Time, p hop.Path, i int, factor float64, d time.Duration) {
	if 0 < i && i < len(p.Hops) { // no path of ours leads to us
		k := m.linkTo(p, i)
		m.avoidLink(now, pair{k.to, k.from}, factor, d)
	}
}

// linkTo is the link of a path to hop i.
func (m *Map) linkTo(p hop.Path, i int) pair {
	k := pair{m.short, p.Hops[i].Key.Short()}
	if i > 0 {
		k.from = p.Hops[i-1].Key.Short()
	}
	return k
}

func (m *Map) avoidLink(now time.Time, k pair, factor float64, d time.Duration) {
	a := m.avoid[k]
	if a == nil {
		if len(m.avoid) >= maxAvoid {
			m.sweepAvoid(now)
		}
		a = &avoidance{}
		m.avoid[k] = a
	}
	if factor < a.factor && now.Before(a.until) {
		return // what is worse stands
	}
	if now.Sub(a.until) > avoidMost {
		a.times = 0
	}
	a.times++
	a.until = now.Add(min(d<<min(a.times-1, 4), avoidMost))
	a.factor = factor
}

// sweepAvoid forgets what is over, or everything when all is current.
func (m *Map) sweepAvoid(now time.Time) {
	for k, a := range m.avoid {
		if now.After(a.until) {
			delete(m.avoid, k)
		}
	}
	if len(m.avoid) >= maxAvoid {
		clear(m.avoid)
	}
}

// want asks every neighbour for a node's announcement.
func (m *Map) want(now time.Time, id identity.ShortID) {
	for _, n := range m.near {
		m.post(now, n, kindWant, id[:])
	}
}
