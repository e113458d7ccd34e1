package meshtest

import (
	"maps"
	"slices"
	"time"

	"hopwire/link/identity"
	"hopwire/link/linktest"
	"hopwire/route"
)

// A truth is the mesh as it is: who runs and which cables pass frames.
type truth struct {
	m      *Mesh
	number map[identity.Key]int
	next   [][]lane
	hops   []int // of the last look; −1: not reached
	queue  []int // nodes of the last look, the first is who looked
	links  map[int]int
	at     time.Time // of links
}

// A lane is a cable to a node.
type lane struct {
	to    int
	cable *linktest.Segment
}

func newTruth(m *Mesh) *truth {
	t := &truth{m: m, number: map[identity.Key]int{}, links: map[int]int{}, next: make([][]lane, len(m.Nodes)), hops: make([]int, len(m.Nodes))}
	for i, n := range m.Nodes {
		t.number[n.ID.Key()], t.hops[i] = i, -1
	}
	byEnds := func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }
	for _, k := range slices.SortedFunc(maps.Keys(m.Cables), byEnds) {
		t.next[k[0]] = append(t.next[k[0]], lane{k[1], m.Cables[k]})
		t.next[k[1]] = append(t.next[k[1]], lane{k[0], m.Cables[k]})
	}
	return t
}

// look finds the nodes around one, ring by ring, until there are more than most. It
// returns how many lie in whole rings that have room in most, and how many hops away
// the next ring is; 0: there is none.
func (t *truth) look(from, most int) (within, border int) {
	for _, v := range t.queue {
		t.hops[v] = -1
	}
	t.queue = append(t.queue[:0], from)
	t.hops[from] = 0
	for begin, ring := 0, 1; begin < len(t.queue); ring++ {
		end := len(t.queue)
		for _, v := range t.queue[begin:end] {
			t.spread(v, ring)
		}
		if len(t.queue)-1 > most {
			return end - 1, ring
		}
		begin = end
	}
	return len(t.queue) - 1, 0
}

func (t *truth) spread(v, ring int) {
	for _, l := range t.next[v] {
		if t.hops[l.to] < 0 && t.passes(l) {
			t.hops[l.to] = ring
			t.queue = append(t.queue, l.to)
		}
	}
}

// A Sight is what nodes know beside what there is. A ring is the nodes as many hops
// away; it is whole when the store has room for all of it and of the rings before.
type Sight struct {
	Nodes int   // looked at
	Whole int   // of them know 99 % of their whole rings
	There []int // nodes of whole rings, by hops,
	Known []int // and those that are known
	// Entries are all that is stored. Of them Gone and Unreached are of nodes that do not
	// run or to which no cables lead any more: of Gone the store believes that there is a
	// way, Unreached it keeps until they are too old. Far are beyond the first ring that is
	// not whole. Of those in whole rings NoWay have no way in the store, and Stale state
	// fewer or more links than the node has.
	Entries, Gone, Unreached, Far, NoWay, Stale int
}

// Recall is the share of whole rings that is known.
func (s *Sight) Recall() float64 { return share(sum(s.Known), sum(s.There)) }

// Precision is the share of entries that are neither far nor wrongly believed to be
// within reach.
func (s *Sight) Precision() float64 { return share(s.Entries-s.Far-s.Gone, s.Entries) }

// settled: of a hundred nodes 99 are whole, and of a hundred entries 99 right.
func (s *Sight) settled() bool {
	return s.Whole*100 >= s.Nodes*99 && s.Gone*100 <= s.Entries && s.NoWay*100 <= s.Entries
}

func sum(list []int) (n int) {
	for _, v := range list {
		n += v
	}
	return n
}

func share(part, of int) float64 { return float64(part) / float64(max(1, of)) }

// judge adds one node's store to a sight.
func (t *truth) judge(s *Sight, i int) {
	within, border := t.look(i, t.m.vicinity())
	for _, v := range t.queue[1 : within+1] {
		s.There = count(s.There, t.hops[v])
	}
	before := sum(s.Known)
	for _, k := range t.m.Nodes[i].Map.Known(t.m.Now) {
		t.entry(s, k, border)
	}
	s.Nodes++
	if known := sum(s.Known) - before; known*100 >= within*99 {
		s.Whole++
	}
}

// entry adds one entry of the store of who looked last.
func (t *truth) entry(s *Sight, k route.Known, border int) {
	s.Entries++
	v := t.number[k.Key]
	switch hops := t.hops[v]; {
	case hops < 0 && border > 0 && t.m.Nodes[v].running():
		s.Far++
		return
	case hops <= 0 && k.Hops > 0:
		s.Gone++
		return
	case hops <= 0:
		s.Unreached++
		return
	case border > 0 && hops >= border:
		return
	}
	s.Known = count(s.Known, t.hops[v])
	if k.Hops == 0 {
		s.NoWay++
	}
	if k.Links != t.linksOf(v) {
		s.Stale++
	}
}

// linksOf is how many links a node has now.
func (t *truth) linksOf(v int) int {
	if !t.at.Equal(t.m.Now) {
		t.at = t.m.Now
		clear(t.links)
	}
	if _, ok := t.links[v]; !ok {
		t.links[v] = len(t.m.Nodes[v].Links.All())
	}
	return t.links[v]
}

func count(list []int, at int) []int {
	for len(list) <= at {
		list = append(list, 0)
	}
	list[at]++
	return list
}

func (n *Node) running() bool { return !n.Host.Dead() }

// vicinity is how many announcements a node keeps.
func (m *Mesh) vicinity() int {
	if m.MaxNodes > 0 {
		return m.MaxNodes
	}
	return 512
}
