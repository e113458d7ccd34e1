package server

import (
	mrand "math/rand/v2"
)

// A Gate is one relay, or two, that all ways to some others pass: whoever is behind may
// be invented by whoever holds the gate.
type Gate struct {
	Relays []int32
	Behind int
}

// Gates returns the gates that more than most relays are behind, seen from a relay (the
// server itself), and for each relay the number of the smallest of them that it is
// behind; −1: none. Gates of one are all found (articulation points, Tarjan 1972).
// Gates of two are looked for from relays drawn: ten for each share of the map as large
// as most, so that one in 20,000 such gates is missed. Who is in no component with the
// server is behind none: there is no way to him at all.
func (f *Finder) Gates(root int32, most int, r *mrand.Rand) (gates []Gate, within []int32) {
	root = f.g.inside(root)
	w := &wardens{g: f.g, most: most, within: make([]int32, f.g.Len()), top: make([]int32, f.g.Len())}
	for v := range w.within {
		w.within[v], w.top[v] = -1, int32(v)
	}
	w.ones(root)
	w.twos(f, root, r)
	return w.gates, w.within
}

// wellLinked is how many links a relay has at least from which gates are seen: two
// neighbours alone would be a gate that all others are behind.
const wellLinked = 4

// inside returns the relay nearest to one, by hops, that is well linked; itself if there
// is none.
func (g *Graph) inside(root int32) int32 {
	seen, queue := make([]bool, g.Len()), []int32{root}
	for seen[root] = true; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if g.passes[v] && len(g.from(v)) >= wellLinked {
			return v
		}
		for _, e := range g.from(v) {
			if !seen[e.to] {
				seen[e.to] = true
				queue = append(queue, e.to)
			}
		}
	}
	return root
}

// wardens gather gates.
type wardens struct {
	g      *Graph
	most   int
	gates  []Gate
	within []int32
	top    []int32 // the outermost gate of one that each is behind, however few are; itself: none
}

// enter notes a gate and who is behind it.
func (w *wardens) enter(gate Gate, behind func(yield func(int32) bool)) {
	if gate.Behind <= w.most {
		return
	}
	n := int32(len(w.gates))
	w.gates = append(w.gates, gate)
	for v := range behind {
		if old := w.within[v]; old < 0 || w.gates[old].Behind > gate.Behind {
			w.within[v] = n
		}
	}
}

// A walk is a search in depth, without recursion.
type walk struct {
	g               *Graph
	order           []int32 // relays as they were found
	disc, low, size []int32 // by relay; disc counts from 1
	parent, at      []int32
}

func newWalk(g *Graph) *walk {
	n := g.Len()
	return &walk{g: g, disc: make([]int32, n), low: make([]int32, n), size: make([]int32, n), parent: make([]int32, n), at: make([]int32, n)}
}

func (k *walk) enter(v, parent int32) {
	k.order = append(k.order, v)
	k.disc[v], k.parent[v], k.size[v], k.at[v] = int32(len(k.order)), parent, 1, k.g.first[v]
	k.low[v] = k.disc[v]
}

// run searches from a relay.
func (k *walk) run(root int32) {
	k.enter(root, -1)
	for v := root; v >= 0; {
		if k.at[v] == k.g.first[v+1] {
			if p := k.parent[v]; p >= 0 {
				k.low[p], k.size[p] = min(k.low[p], k.low[v]), k.size[p]+k.size[v]
			}
			v = k.parent[v]
			continue
		}
		w := k.g.links[k.at[v]].to
		k.at[v]++
		switch {
		case k.disc[w] == 0:
			k.enter(w, v)
			v = w
		case w != k.parent[v]:
			k.low[v] = min(k.low[v], k.disc[w])
		}
	}
}

// ones finds the gates of one. What a search in depth finds behind a relay stands
// together in its order: each branch that it cuts off is a run of it.
func (w *wardens) ones(root int32) {
	k := newWalk(w.g)
	k.run(root)
	behind := make([]int32, w.g.Len())
	off := func(v int32) bool { p := k.parent[v]; return p >= 0 && p != root && k.low[v] >= k.disc[p] }
	for _, v := range k.order[1:] {
		p := k.parent[v]
		if w.top[v] = v; p != root && w.top[p] != p {
			w.top[v] = w.top[p]
		} else if off(v) {
			w.top[v] = p
		}
		if off(v) {
			behind[p] += k.size[v]
		}
	}
	for _, p := range k.order[1:] {
		w.enter(Gate{[]int32{p}, int(behind[p])}, func(yield func(int32) bool) {
			for i := k.disc[p]; i < k.disc[p]+k.size[p]-1; { // children of p
				c := k.order[i]
				for j := i; off(c) && j < i+k.size[c]; j++ {
					yield(k.order[j])
				}
				i += k.size[c]
			}
		})
	}
}
