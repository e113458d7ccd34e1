package route

import (
	"math"
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route/announce"
)

// A Way is one to a destination with what is stated of it, for display.
type Way struct {
	Path     hop.Path
	RTT      time.Duration // of its links, the worse of both ends' statements
	Capacity uint32        // kbit/s of the narrowest link; 0: of one it is unknown
	Loss     float64       // of all links together, 0 to 1
	Price    uint32        // of all nodes together
	Age      time.Duration // of the oldest announcement
	From     byte          // why the nodes are known, of all together: WayNear ...
	Stands   bool          // no link of it was broken of late
}

// Why a node on a way is known.
const (
	WayNear     = byte(inVicinity)
	WayToServer = byte(onWay)
	WayAnswer   = byte(inAnswer)
)

// Ways returns up to k ways, the cheapest first and the others as disjoint as can be had,
// none by a node that is to be avoided, all by one that they are to go by (zero: any). It
// changes nothing. Errors are those of Paths.
func (m *Map) Ways(now time.Time, to identity.Key, k int, avoid []identity.Key, via identity.Key) (ways []Way, err error) {
	dest := m.known(to)
	if dest == nil {
		return nil, hop.ErrUnknown
	}
	g := m.look()
	paths, err := m.several(now, k, func(used map[int]int) []int { return m.wayBy(now, g, dest.vertex, used, avoid, via) })
	for _, p := range paths {
		ways = append(ways, m.describe(now, p))
	}
	return ways, err
}

// wayBy is the cheapest way under these conditions; nil: there is none.
func (m *Map) wayBy(now time.Time, g *graph, dest int, used map[int]int, avoid []identity.Key, via identity.Key) []int {
	shut := make([]bool, len(g.nodes))
	for _, key := range avoid {
		if o := m.known(key); o != nil && o.vertex != dest {
			shut[o.vertex] = true
		}
	}
	plain := m.factor(now, g, dest, used)
	factor := func(from, to int) float64 {
		if shut[to] {
			return math.Inf(1)
		}
		return plain(from, to)
	}
	o := m.known(via)
	if o == nil || o.vertex == dest {
		if via != (identity.Key{}) && o == nil {
			return nil
		}
		return g.shortest(dest, factor)
	}
	first := g.shortest(o.vertex, factor)
	if first == nil {
		return nil
	}
	for _, v := range first {
		shut[v] = true
	}
	g.from(o.vertex, dest, len(g.nodes), g.edges, factor)
	second := g.way(dest) // begins with where it starts
	if second == nil {
		return nil
	}
	return append(first, second[1:]...)
}

// describe says what is stated of a path.
func (m *Map) describe(now time.Time, p hop.Path) Way {
	w := Way{Path: p, Capacity: math.MaxUint32, Stands: m.Stands(now, p)}
	pass := 1.0
	var last *node
	for i := range p.Hops {
		o := m.known(p.Hops[i].Key)
		s := m.stated(last, o)
		w.RTT += s.RTT
		w.Capacity = min(w.Capacity, s.Capacity)
		pass *= 1 - float64(s.Loss)/256
		w.Price += o.raw.Price()
		w.Age = max(w.Age, o.ageAt(now))
		w.From |= byte(o.class)
		last = o
	}
	w.Loss = 1 - pass
	return w
}

// stated is what both ends say of a link, the worse of each; of ours (from nil), what we
// measure.
func (m *Map) stated(from, to *node) (s announce.Statement) {
	if from == nil {
		for _, n := range m.near {
			if t := n.state(); n.short == to.short && (s.RTT == 0 || t.RTT < s.RTT) {
				s = t
			}
		}
		return s
	}
	s, _ = from.raw.Links().Find(to.short)
	t, _ := to.raw.Links().Find(from.short)
	s.RTT, s.Capacity, s.Loss = max(s.RTT, t.RTT), min(s.Capacity, t.Capacity), max(s.Loss, t.Loss)
	return s
}
