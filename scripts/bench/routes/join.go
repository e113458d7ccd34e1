package main

import (
	"container/heap"
	"math"
	"slices"

	"hopwire/route/geo"
)

// joined is what one node knows of a map, and its search over that.
type joined struct {
	m     *geo.Map
	in    []int // of the node that asks now: the turn
	count int   // relays that it knows
	turn  int
	dist  []uint64
	from  []int
	at    []int // turn of dist and from
	run   int
}

func newJoined(m *geo.Map) *joined {
	n := len(m.Links)
	return &joined{m: m, in: make([]int, n), dist: make([]uint64, n), from: make([]int, n), at: make([]int, n)}
}

// begin forgets what the node before knew.
func (j *joined) begin() { j.turn, j.count = j.turn+1, 0 }

func (j *joined) add(relays ...int) {
	for _, v := range relays {
		if j.in[v] != j.turn {
			j.in[v] = j.turn
			j.count++
		}
	}
}

// vicinity adds the nearest relays by hops.
func (j *joined) vicinity(from int) {
	j.add(from)
	for queue := []int{from}; len(queue) > 0 && j.count < vicinity; queue = queue[1:] {
		for _, l := range j.m.Links[queue[0]] {
			if j.in[l.To] != j.turn && j.count < vicinity {
				j.add(l.To)
				queue = append(queue, l.To)
			}
		}
	}
}

// exactly and inSteps are what a link counts for: nodes reckon in steps of a tenth
// (route/announce/wire.md, "Cost").
func exactly(cost uint32) uint64 { return uint64(cost) }
func inSteps(cost uint32) uint64 {
	return uint64(math.Pow(1.1, math.Ceil(math.Log(float64(cost))/math.Log(1.1))))
}

// path is the cheapest way over what is known; relays of another path cost a penalty.
// nil: there is none.
func (j *joined) path(from, to int, count func(uint32) uint64, other []int) []int {
	j.run++
	j.dist[from], j.from[from], j.at[from] = 0, -1, j.run
	for h := (queue{{0, from}}); len(h) > 0; {
		w := heap.Pop(&h).(waiting)
		if w.cost > j.dist[w.relay] {
			continue
		}
		if w.relay == to {
			break
		}
		for _, l := range j.m.Links[w.relay] {
			if j.in[l.To] != j.turn {
				continue
			}
			c := count(l.Cost)
			if slices.Contains(other, l.To) && (l.To != to || w.relay == from && len(other) == 2) {
				c *= penalty
			}
			if c += w.cost; j.at[l.To] != j.run || c < j.dist[l.To] {
				j.dist[l.To], j.from[l.To], j.at[l.To] = c, w.relay, j.run
				heap.Push(&h, waiting{c, l.To})
			}
		}
	}
	if j.at[to] != j.run {
		return nil
	}
	var way []int
	for v := to; v >= 0; v = j.from[v] {
		way = append(way, v)
	}
	slices.Reverse(way)
	return way
}

// A queue holds what waits, the nearest first.
type queue []waiting

type waiting struct {
	cost  uint64
	relay int
}

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].cost < q[j].cost }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(waiting)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// A tree is the ways to a server as the gradient brings them: by hops, of those the
// cheapest.
type tree struct {
	hops, parent []int // −1: none
	reached      int
}

func hopTree(m *geo.Map, root int) *tree {
	n := len(m.Links)
	t := &tree{slices.Repeat([]int{-1}, n), slices.Repeat([]int{-1}, n), 0}
	cost := make([]uint64, n)
	t.hops[root] = 0
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		t.reached++
		for _, l := range m.Links[v] {
			switch c := cost[v] + uint64(l.Cost); {
			case t.hops[l.To] < 0:
				queue = append(queue, l.To)
				fallthrough
			case t.hops[l.To] == t.hops[v]+1 && c < cost[l.To]:
				t.hops[l.To], t.parent[l.To], cost[l.To] = t.hops[v]+1, v, c
			}
		}
	}
	return t
}

// way is the relays from one to the server, as far as a path may be long.
func (t *tree) way(v int) (way []int) {
	if t.hops[v] < 0 || t.hops[v] > mostHops {
		return nil
	}
	for ; v >= 0; v = t.parent[v] {
		way = append(way, v)
	}
	return way
}
