package route

import (
	"bytes"
	"container/heap"
	"math"
	"slices"
	"sort"
	"time"

	"hopwire/link/identity"
)

// A graph is the store as Dijkstra sees it: vertex 0 is this node. It is built
// anew when something changed.
type graph struct {
	nodes []*node // [0] nil; the others in order of short ids
	edges [][]edge
	valid time.Time // onion keys and ages were judged then
}

type edge struct {
	to   int
	cost float64 // ns, quantised
}

// cost of one hop (wire.md, "Cost"): half the least RTT and four times the airtime
// of a long frame, more with loss, in steps of a tenth.
func cost(rtt time.Duration, kbits uint32, loss float64) float64 {
	if kbits == 0 {
		kbits = unknownKbits
	}
	air := float64(airBytes) * 8 / float64(kbits) * 1e6 // ns
	ok := 1 - min(loss, 0.95)
	c := (float64(max(rtt, leastRTT))/2 + 4*air) / (ok * ok)
	return steps[sort.SearchFloat64s(steps[:len(steps)-1], c)]
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

// worse is what counts of two statements of one link.
func worse(a, b statement) float64 {
	kbits := a.capacity
	if kbits == 0 || b.capacity != 0 && b.capacity < kbits {
		kbits = b.capacity
	}
	return cost(max(a.rtt, b.rtt), kbits, float64(max(a.loss, b.loss))/256)
}

// build makes the graph. A link of others counts only when both ends state it;
// ours count as we measure them, once the neighbour's announcement is here.
func (m *Map) build(now time.Time) *graph {
	if m.graph != nil {
		return m.graph
	}
	g := &graph{nodes: append([]*node{nil}, m.order...), valid: now}
	g.edges = make([][]edge, len(g.nodes))
	for _, n := range m.near {
		if j := g.vertex(n.short); j != 0 {
			s := n.state()
			g.edges[0] = append(g.edges[0], edge{j, worse(s, s)})
		}
	}
	var room [maxLinks]edge
	for i, o := range g.nodes[1:] {
		g.edges[i+1] = slices.Clone(g.leave(o, room[:0]))
	}
	g.measure()
	m.graph = g
	return g
}

// leave appends the edges that leave a node.
func (g *graph) leave(o *node, edges []edge) []edge {
	for links := o.raw.links(); len(links) > 0; links = links[linkSize:] {
		s := parseStatement(links)
		if j := g.vertex(s.id); j != 0 {
			if back, ok := g.nodes[j].states(o.short); ok {
				edges = append(edges, edge{j, worse(s, back)})
			}
		}
	}
	return edges
}

// vertex is that of a node; 0: this one, or none that is known.
func (g *graph) vertex(id identity.ShortID) int {
	if i, ok := slices.BinarySearchFunc(g.nodes[1:], id, byShort); ok {
		return i + 1
	}
	return 0
}

// states returns the node's statement of its link to id; false: it has none.
func (o *node) states(id identity.ShortID) (s statement, ok bool) {
	links := o.raw.links()
	i := sort.Search(len(links)/linkSize, func(i int) bool {
		return bytes.Compare(links[i*linkSize+offLinkID:][:len(id)], id[:]) >= 0
	}) * linkSize
	if i == len(links) || identity.ShortID(links[i+offLinkID:]) != id {
		return s, false
	}
	return parseStatement(links[i:]), true
}

// measure sets every node's distance in hops; −1: no way.
func (g *graph) measure() {
	for _, o := range g.nodes[1:] {
		o.distance = -1
	}
	queue, far := []int{0}, make([]int, len(g.nodes))
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, e := range g.edges[i] {
			if e.to != 0 && g.nodes[e.to].distance < 0 {
				far[e.to] = far[i] + 1
				g.nodes[e.to].distance = far[e.to]
				queue = append(queue, e.to)
			}
		}
	}
}

type queued struct {
	vertex int
	cost   float64
}

type frontier []queued

func (f frontier) Len() int { return len(f) }
func (f frontier) Less(i, j int) bool {
	return f[i].cost < f[j].cost || f[i].cost == f[j].cost && f[i].vertex < f[j].vertex
}
func (f frontier) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)   { *f = append(*f, x.(queued)) }
func (f *frontier) Pop() any {
	old := *f
	x := old[len(old)-1]
	*f = old[:len(old)-1]
	return x
}

// shortest returns the vertices of the cheapest way to a vertex, without 0; nil:
// none. factor weighs an edge, +Inf: not to be used.
func (g *graph) shortest(to int, factor func(from, to int) float64) []int {
	dist, prev := make([]float64, len(g.nodes)), make([]int, len(g.nodes))
	for i := range dist {
		dist[i], prev[i] = math.Inf(1), -1
	}
	dist[0] = 0
	f := &frontier{{0, 0}}
	for f.Len() > 0 {
		q := heap.Pop(f).(queued)
		if q.vertex == to {
			break
		}
		if q.cost > dist[q.vertex] {
			continue
		}
		for _, e := range g.edges[q.vertex] {
			if c := q.cost + e.cost*factor(q.vertex, e.to); c < dist[e.to] {
				dist[e.to], prev[e.to] = c, q.vertex
				heap.Push(f, queued{e.to, c})
			}
		}
	}
	var path []int
	for v := to; v > 0; v = prev[v] {
		path = append(path, v)
	}
	if len(path) == 0 || math.IsInf(dist[to], 1) {
		return nil
	}
	slices.Reverse(path)
	return path
}

// cost of a path by the plain weights; +Inf when an edge is gone.
func (g *graph) cost(path []int) (sum float64) {
	from := 0
	for _, v := range path {
		i := slices.IndexFunc(g.edges[from], func(e edge) bool { return e.to == v })
		if i < 0 {
			return math.Inf(1)
		}
		sum += g.edges[from][i].cost
		from = v
	}
	return sum
}
