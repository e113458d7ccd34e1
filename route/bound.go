package route

import (
	"time"

	"hopwire/link/identity"
)

// bound keeps the store within its size: the farthest goes first, but before it
// what exceeds a quota against invented identities (Sybils): more than an eighth
// of the store behind one single node, or more than a neighbour's share (at least
// an eighth) first heard from one neighbour. The quotas hold only while others
// want the room.
func (m *Map) bound(now time.Time) {
	for len(m.order) > m.c.MaxNodes {
		g := m.build(now)
		in := g.behind(m.c.MaxNodes / 8)
		if in == nil {
			in = m.heardFrom(max(m.c.MaxNodes/max(len(m.near), 1), m.c.MaxNodes/8))
		}
		m.remove(m.farthest(in))
		m.N.Evicted++
	}
}

// farthest returns the node to evict: no way to it, else most hops, else newest.
func (m *Map) farthest(in func(*node) bool) (worst *node) {
	for _, o := range m.order {
		if in != nil && !in(o) {
			continue
		}
		if worst == nil || o.further(worst) {
			worst = o
		}
	}
	return worst
}

func (o *node) further(than *node) bool {
	if (o.distance < 0) != (than.distance < 0) {
		return o.distance < 0
	}
	if o.distance != than.distance {
		return o.distance > than.distance
	}
	return o.at.After(than.at)
}

// heardFrom selects the nodes first heard from a neighbour that has given more
// than most; nil: none has.
func (m *Map) heardFrom(most int) func(*node) bool {
	count := map[identity.ShortID]int{}
	for _, o := range m.order {
		if o.distance != 1 {
			count[o.from]++
		}
	}
	var who identity.ShortID
	for _, o := range m.order { // in order, not by map
		if count[o.from] > max(most, count[who]) {
			who = o.from
		}
	}
	if count[who] <= most {
		return nil
	}
	return func(o *node) bool { return o.from == who && o.distance != 1 }
}

// behind finds the node with the most others that can be reached only through it,
// when there are more than most, and selects those; nil: there is none. It is
// Tarjan's search for articulation points (1972), without recursion.
func (g *graph) behind(most int) func(*node) bool {
	n := len(g.nodes)
	disc, low, size, parent, at := make([]int, n), make([]int, n), make([]int, n), make([]int, n), make([]int, n)
	cut := make([]int, n) // vertices behind
	clock := 1
	disc[0], low[0], size[0] = clock, clock, 1
	stack := []int{0}
	var order []int
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		if at[v] < len(g.edges[v]) {
			w := g.edges[v][at[v]].to
			at[v]++
			if disc[w] == 0 {
				clock++
				disc[w], low[w], size[w], parent[w] = clock, clock, 1, v
				order = append(order, w)
				stack = append(stack, w)
			} else if w != parent[v] {
				low[v] = min(low[v], disc[w])
			}
			continue
		}
		stack = stack[:len(stack)-1]
		if v == 0 {
			break
		}
		p := parent[v]
		low[p] = min(low[p], low[v])
		size[p] += size[v]
		if p != 0 && low[v] >= disc[p] {
			cut[p] += size[v]
		}
	}
	best := 0
	for v := range cut {
		if cut[v] > max(most, cut[best]) {
			best = v
		}
	}
	if best == 0 {
		return nil
	}
	set := map[*node]bool{}
	for _, v := range order {
		p := parent[v]
		if p == best && low[v] >= disc[best] || p != best && p != 0 && set[g.nodes[p]] {
			set[g.nodes[v]] = true
		}
	}
	return func(o *node) bool { return set[o] }
}
