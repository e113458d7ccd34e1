package server

import "math"

// Far is the cost of what cannot be reached.
const Far = math.MaxUint32

// A Tree is the cheapest ways from one relay to all others; links cost the same both
// ways, so they are the cheapest ways to it too.
type Tree struct {
	Root   int32
	parent []int32  // the relay before, on the way from the root; −1: none
	cost   []uint32 // µs, from the root; Far: no way
}

// Cost is that of the way to a relay, in µs; Far: there is none.
func (t *Tree) Cost(relay int32) uint32 { return t.cost[relay] }

// Way appends the relays from one to the root, both included; nothing when there is no
// way.
func (t *Tree) Way(way []int32, relay int32) []int32 {
	if t.cost[relay] == Far {
		return way
	}
	for ; relay >= 0; relay = t.parent[relay] {
		way = append(way, relay)
	}
	return way
}

// load adds to each relay how many others the tree reaches through it: leaves first, then
// what they leave as leaves.
func (t *Tree) load(behind []uint32) {
	children, size := make([]int32, len(t.parent)), make([]uint32, len(t.parent))
	for _, p := range t.parent {
		if p >= 0 {
			children[p]++
		}
	}
	for v := range int32(len(t.parent)) {
		for u := v; u != t.Root && children[u] == 0 && t.cost[u] != Far; u = t.parent[u] {
			behind[u] += size[u]
			size[t.parent[u]] += size[u] + 1
			children[t.parent[u]]--
			children[u] = -1
		}
	}
}

// buckets is the queue of Dial's algorithm (Dial 1969): costs are small whole numbers,
// so what waits stands in lists by cost, in a ring as long as the dearest link. A look
// for the next is a step along the ring, where a heap takes a comparison for each of its
// levels, all over memory: five times as long with a million links.
type buckets struct {
	head       []int32 // first of each list; −1: empty
	next, prev []int32 // in its list
	waiting    int
}

func newBuckets(relays int, most uint32) *buckets {
	q := &buckets{head: make([]int32, most+1), next: make([]int32, relays), prev: make([]int32, relays)}
	for i := range q.head {
		q.head[i] = -1
	}
	return q
}

func (q *buckets) list(cost uint32) *int32 { return &q.head[cost%uint32(len(q.head))] }

func (q *buckets) add(relay int32, cost uint32) {
	head := q.list(cost)
	q.next[relay], q.prev[relay] = *head, -1
	if *head >= 0 {
		q.prev[*head] = relay
	}
	*head = relay
	q.waiting++
}

func (q *buckets) remove(relay int32, cost uint32) {
	before, after := q.prev[relay], q.next[relay]
	if before >= 0 {
		q.next[before] = after
	} else {
		*q.list(cost) = after
	}
	if after >= 0 {
		q.prev[after] = before
	}
	q.waiting--
}

// NewTree finds the cheapest ways from a relay. Only relays that pass circuits on have
// others behind them.
func NewTree(g *Graph, root int32) *Tree {
	t := &Tree{Root: root, parent: make([]int32, g.Len()), cost: make([]uint32, g.Len())}
	for i := range t.cost {
		t.parent[i], t.cost[i] = -1, Far
	}
	t.cost[root] = 0
	q := newBuckets(g.Len(), g.most)
	q.add(root, 0)
	for cost := uint32(0); q.waiting > 0; cost++ {
		for v := *q.list(cost); v >= 0; v = *q.list(cost) {
			q.remove(v, cost)
			if v == root || g.passes[v] {
				t.relax(g, q, v)
			}
		}
	}
	return t
}

// relax looks whether the neighbours of a relay are nearer by way of it.
func (t *Tree) relax(g *Graph, q *buckets, v int32) {
	for _, e := range g.from(v) {
		c := t.cost[v] + e.cost
		if c >= t.cost[e.to] {
			continue
		}
		if t.cost[e.to] != Far {
			q.remove(e.to, t.cost[e.to])
		}
		t.cost[e.to], t.parent[e.to] = c, v
		q.add(e.to, c)
	}
}
