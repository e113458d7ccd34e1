package route

import (
	"math"

	"hopwire/route/announce"
)

// A graph is the store as searches see it: vertex 0 is this node, the others are places
// of nodes, and behind them are those of our ports. It is kept as announcements come and
// go. Distances and cuts are those of the vicinity alone, which they bound; they are found
// anew when they are needed and something has changed.
type graph struct {
	nodes []*node // nil: a free place, and [0]
	near  []bool  // of the vicinity
	free  []int
	stale bool

	ports     [][]uint16 // neighbours on each, once their announcements are here
	queue     []int
	unreached int // nodes to which there is no way
	farthest  int // hops
	cuts      cuts

	mine []edge // of vertex 0
	searcher
}

// An edge is a link that both ends state, as one of them has it.
type edge struct {
	to   uint16
	cost announce.Step
}

const maxVertex = 1 << 15

func newGraph() graph { return graph{nodes: []*node{nil}, near: []bool{true}, stale: true} }

// add gives a node a place.
func (g *graph) add(o *node) {
	if n := len(g.free); n > 0 {
		o.vertex, g.free = g.free[n-1], g.free[:n-1]
	} else {
		o.vertex, g.nodes, g.near = len(g.nodes), append(g.nodes, nil), append(g.near, false)
	}
	g.nodes[o.vertex] = o
}

// drop takes its place away.
func (g *graph) drop(o *node) {
	g.nodes[o.vertex] = nil
	g.free = append(g.free, o.vertex)
}

// join finds the edges of a node whose announcement has just been stored.
func (m *Map) join(o *node) {
	links := o.raw.Links()
	for i := range links.Len() {
		p := m.node(links.ID(i))
		if p == nil || p == o {
			continue
		}
		if back, ok := p.raw.Links().Find(o.short); ok {
			c := announce.Cost(links.At(i), back)
			o.edges = append(o.edges, edge{uint16(p.vertex), c})
			p.edges = append(p.edges, edge{uint16(o.vertex), c})
		}
	}
}

// part removes them.
func (g *graph) part(o *node) {
	for _, e := range o.edges {
		p := g.nodes[e.to]
		last := len(p.edges) - 1
		i := p.edge(o.vertex)
		p.edges[i] = p.edges[last]
		p.edges = p.edges[:last]
	}
	o.edges = o.edges[:0]
}

// replace takes a newer announcement of a node. Where it is linked to the same nodes,
// what has been measured stands.
func (m *Map) replace(o *node, a announce.Raw) {
	if !o.raw.Links().Same(a.Links()) && o.class&inVicinity != 0 {
		m.graph.stale = true
	}
	m.graph.part(o)
	o.raw = a
	m.join(o)
}

// edge is the place of the edge to a vertex; −1: there is none.
func (o *node) edge(to int) int {
	for i, e := range o.edges {
		if int(e.to) == to {
			return i
		}
	}
	return -1
}

// edges are those that leave a vertex. Ours are of the last look.
func (g *graph) edges(v int) []edge {
	if v == 0 {
		return g.mine
	}
	return g.nodes[v].edges
}

// look measures our own links, which count as we measure them once the neighbour's
// announcement is here.
func (m *Map) look() *graph {
	g := &m.graph
	g.mine = g.mine[:0]
	for _, n := range m.near {
		if o := m.node(n.short); o != nil {
			s := n.state()
			g.mine = append(g.mine, edge{uint16(o.vertex), announce.Cost(s, s)})
		}
	}
	return g
}

// measure finds distances in hops (−1: no way) and cuts, if something has changed.
func (m *Map) measure() {
	g := &m.graph
	if !g.stale {
		return
	}
	g.stale = false
	g.plug(m)
	g.spread()
	g.cuts.search(g, m.c.MaxNodes/8)
}

// plug finds out who is a neighbour on which port.
func (g *graph) plug(m *Map) {
	for _, o := range m.order {
		o.distance, o.ports = -1, o.ports[:0]
	}
	for len(g.ports) < len(m.ports) {
		g.ports = append(g.ports, nil)
	}
	g.ports = g.ports[:len(m.ports)]
	for i, p := range m.ports {
		g.ports[i] = g.ports[i][:0]
		for _, n := range p.near {
			if o := m.node(n.short); o != nil && o.class&inVicinity != 0 {
				g.ports[i] = append(g.ports[i], uint16(o.vertex))
				o.ports = append(o.ports, uint16(len(g.nodes)+i))
			}
		}
	}
	g.unreached = m.members[inVicinity]
}

// spread sets the distances.
func (g *graph) spread() {
	g.queue, g.farthest = g.queue[:0], 0
	reach := func(v uint16, hops int) {
		if o := g.nodes[v]; g.near[v] && o.distance < 0 {
			o.distance, g.farthest = hops, hops
			g.queue = append(g.queue, int(v))
		}
	}
	for _, p := range g.ports {
		for _, v := range p {
			reach(v, 1)
		}
	}
	for i := 0; i < len(g.queue); i++ {
		o := g.nodes[g.queue[i]]
		for _, e := range o.edges {
			reach(e.to, o.distance+1)
		}
	}
	g.unreached -= len(g.queue)
}

// neighbour returns the i-th vertex that one is linked to; ports stand between us and
// our neighbours.
func (g *graph) neighbour(v, i int) (w int, ok bool) {
	switch port := v - len(g.nodes); {
	case v == 0:
		return len(g.nodes) + i, i < len(g.ports)
	case port >= 0 && i == 0:
		return 0, true
	case port >= 0:
		return at(g.ports[port], i-1)
	}
	o := g.nodes[v]
	if i < len(o.edges) {
		return int(o.edges[i].to), true
	}
	return at(o.ports, i-len(o.edges))
}

// outside says whether a vertex is a node that is not in the vicinity.
func (g *graph) outside(v int) bool { return v < len(g.near) && !g.near[v] }

func at(list []uint16, i int) (int, bool) {
	if i >= len(list) {
		return 0, false
	}
	return int(list[i]), true
}

// shortest returns the vertices of the cheapest way to a vertex, without 0; nil: none.
// factor weighs an edge, by 1 or more; +Inf: not to be used.
func (g *graph) shortest(to int, factor func(from, to int) float64) []int {
	g.search(to, factor)
	return g.way(to)
}

// search is Dijkstra's, until it has found a vertex; 0: all of them.
func (g *graph) search(to int, factor func(from, to int) float64) {
	g.from(0, to, len(g.nodes), g.edges, factor)
}

// cost of a path by the plain weights; +Inf when an edge is gone.
func (g *graph) cost(path []int) (sum float64) {
	from := 0
	for _, v := range path {
		sum += g.weight(from, v)
		from = v
	}
	return sum
}

// weight of an edge; +Inf: there is none. We may have several links to a neighbour, and
// its best is used.
func (g *graph) weight(from, to int) float64 {
	least := math.Inf(1)
	for _, e := range g.edges(from) {
		if int(e.to) == to {
			least = min(least, e.cost.Nanoseconds())
		}
	}
	return least
}
