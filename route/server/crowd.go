package server

import (
	"cmp"
	"slices"
)

// Identities cost nothing, but links to honest relays must be stated by those, too. So
// whoever invents relays has them behind the few that he has links with. Relays of which
// more than a part of the map stand behind one relay, or two, are a crowd: where others
// want room, all but that part go.

// crowds are the crowds of a graph.
type crowds struct {
	of      []int32   // of each relay, from 1; 0: none
	members [][]int32 // of each crowd, from 1
}

// has says whether a relay is in a crowd.
func (c *crowds) has(relay int32) bool { return c.of != nil && c.of[relay] != 0 }

// mostCuts are the relays tried as one of a cut of two, each in a search of the whole
// graph.
const mostCuts = 8

// findCrowds finds the crowds of more than most relays, as seen from one of them. (−1:
// there are none. Seen from a place that nobody knows to be honest, the honest mesh might
// be the crowd.)
func findCrowds(l *Landmarks, own int32, most int) crowds {
	if own < 0 {
		return crowds{}
	}
	f := newCrowdFinder(l.g, most)
	f.from(own, -1)
	f.islands(own)
	for _, x := range busiest(l, most) {
		if x != own && !f.found.has(x) {
			f.from(own, x)
		}
	}
	f.leaves()
	return f.found
}

// A crowdFinder looks for articulation points by Tarjan's depth-first search (1972),
// without recursion. Relays that pass nothing on are no part of it: nobody stands behind
// them.
type crowdFinder struct {
	g     *Graph
	most  int
	found crowds

	seen   []int32 // when each was reached, from 1; 0: not yet
	low    []int32 // the earliest that it or those below it have a link to
	up     []int32 // from which it was reached
	below  []int32 // how many were reached from it on, with itself: they follow it in order
	behind []int32 // how many are reached by way of it only
	order  []int32 // as they were reached
	stack  []walk
}

// A walk is a relay whose links are being followed.
type walk struct{ relay, next int32 }

func newCrowdFinder(g *Graph, most int) *crowdFinder {
	n := g.Len()
	return &crowdFinder{g: g, most: most, found: crowds{of: make([]int32, n), members: make([][]int32, 1)},
		seen: make([]int32, n), low: make([]int32, n), up: make([]int32, n), below: make([]int32, n), behind: make([]int32, n)}
}

// from finds the crowds behind one relay, in the graph without x (−1: in all of it).
func (f *crowdFinder) from(root, x int32) {
	clear(f.seen)
	f.order = f.order[:0]
	f.enter(root, -1)
	for len(f.stack) > 0 {
		f.step(root, x)
	}
	f.mark()
}

func (f *crowdFinder) enter(v, up int32) {
	f.order = append(f.order, v)
	f.seen[v] = int32(len(f.order))
	f.low[v], f.up[v], f.below[v], f.behind[v] = f.seen[v], up, 1, 0
	f.stack = append(f.stack, walk{relay: v})
}

// step follows the next link of the relay on top, or leaves it.
func (f *crowdFinder) step(root, x int32) {
	w := &f.stack[len(f.stack)-1]
	v, links := w.relay, f.g.from(w.relay)
	if int(w.next) == len(links) {
		f.leave(v, root)
		return
	}
	to := links[w.next].to
	w.next++
	switch {
	case to == x || to == f.up[v] || !f.g.passes[to]:
	case f.seen[to] == 0:
		f.enter(to, v)
	default:
		f.low[v] = min(f.low[v], f.seen[to])
	}
}

// leave goes back from a relay whose links were all followed.
func (f *crowdFinder) leave(v, root int32) {
	f.stack = f.stack[:len(f.stack)-1]
	up := f.up[v]
	if up < 0 {
		return
	}
	f.low[up] = min(f.low[up], f.low[v])
	f.below[up] += f.below[v]
	if up != root && f.low[v] >= f.seen[up] {
		f.behind[up] += f.below[v]
	}
}

// mark makes crowds of those that are reached by way of one relay only; of crowds in
// crowds the outermost counts. Where hardly anybody is on our side of that relay, it is
// us who stand behind it.
func (f *crowdFinder) mark() {
	for _, v := range f.order {
		n := int(f.behind[v])
		if n <= f.most || len(f.order)-1-n <= f.most || f.found.has(v) {
			continue
		}
		var members []int32
		for _, e := range f.g.from(v) {
			if c := e.to; f.seen[c] != 0 && f.up[c] == v && f.low[c] >= f.seen[v] {
				first := f.seen[c] - 1
				members = append(members, f.order[first:first+f.below[c]]...)
			}
		}
		f.add(members)
	}
}

// islands makes a crowd of all who have no way to us.
func (f *crowdFinder) islands(root int32) {
	var members []int32
	for v := range int32(f.g.Len()) {
		if f.seen[v] == 0 && v != root && (f.g.passes[v] || len(f.g.from(v)) == 0) {
			members = append(members, v)
		}
	}
	f.add(members)
}

// leaves adds those who pass nothing on to the crowd of all their neighbours.
func (f *crowdFinder) leaves() {
	for v := range int32(f.g.Len()) {
		links := f.g.from(v)
		if f.g.passes[v] || len(links) == 0 || f.found.has(v) {
			continue
		}
		if !slices.ContainsFunc(links, func(e edge) bool { return f.g.passes[e.to] && !f.found.has(e.to) }) {
			k := f.found.of[links[0].to]
			f.found.of[v] = k
			f.found.members[k] = append(f.found.members[k], v)
		}
	}
}

// add makes a crowd of those that are in none.
func (f *crowdFinder) add(members []int32) {
	members = slices.DeleteFunc(members, f.found.has)
	if len(members) <= f.most {
		return
	}
	for _, v := range members {
		f.found.of[v] = int32(len(f.found.members))
	}
	f.found.members = append(f.found.members, members)
}

// busiest are the relays that many ways go through, wherever they begin: where a large
// part of the graph stands behind two, these are among them. (In an honest mesh each tree
// has other busy relays.)
func busiest(l *Landmarks, most int) (relays []int32) {
	type busy struct{ relay, trees, all int32 }
	n := l.g.Len()
	all := make([]busy, n)
	for _, t := range l.trees {
		for v, k := range t.sizes() {
			if v := int32(v); v != t.Root && int(k) > most/2 {
				all[v] = busy{v, all[v].trees + 1, all[v].all + min(k, int32(n/2))/64}
			}
		}
	}
	all = slices.DeleteFunc(all, func(b busy) bool { return 4*int(b.trees) < len(l.trees) || b.trees == 0 })
	slices.SortFunc(all, func(a, b busy) int { return cmp.Or(cmp.Compare(b.trees, a.trees), cmp.Compare(b.all, a.all)) })
	for _, b := range all[:min(len(all), mostCuts)] {
		relays = append(relays, b.relay)
	}
	return relays
}

// sizes is how many relays have their way to the root through each, with itself.
func (t *Tree) sizes() []int32 {
	n := len(t.parent)
	size, waits := make([]int32, n), make([]int32, n)
	for _, p := range t.parent {
		if p >= 0 {
			waits[p]++
		}
	}
	for v := range n { // from each leaf up, as far as all below is counted
		for at := int32(v); at >= 0 && waits[at] == 0; {
			waits[at]--
			size[at]++
			p := t.parent[at]
			if p < 0 {
				break
			}
			size[p] += size[at]
			waits[p]--
			at = p
		}
	}
	return size
}
