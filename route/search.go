package route

import (
	"math"
	"slices"
)

// A searcher finds the cheapest ways in a graph; what it needs for that is used again for
// the next search.
type searcher struct {
	dist []float64
	prev []int
	next frontier
}

// from is Dijkstra's, from a vertex until it has found another; 0: all of them. factor
// weighs an edge, by 1 or more; +Inf: not to be used.
func (s *searcher) from(start, to, vertices int, edges func(v int) []edge, factor func(from, to int) float64) {
	s.dist, s.prev = slices.Grow(s.dist[:0], vertices)[:vertices], slices.Grow(s.prev[:0], vertices)[:vertices]
	for i := range s.dist {
		s.dist[i], s.prev[i] = math.Inf(1), -1
	}
	s.dist[start], s.next = 0, append(s.next[:0], queued{vertex: start})
	for len(s.next) > 0 {
		q := s.next.pop()
		if q.vertex == to && to != 0 {
			return
		}
		if q.cost > s.dist[q.vertex] {
			continue
		}
		for _, e := range edges(q.vertex) {
			c, w := q.cost+e.cost.Nanoseconds(), int(e.to)
			if c >= s.dist[w] {
				continue
			}
			if c = q.cost + e.cost.Nanoseconds()*factor(q.vertex, w); c < s.dist[w] {
				s.dist[w], s.prev[w] = c, q.vertex
				s.next.push(queued{w, c})
			}
		}
	}
}

// way is what a search from vertex 0 has found: the vertices to one, without 0; nil: none.
func (s *searcher) way(to int) (path []int) {
	if math.IsInf(s.dist[to], 1) {
		return nil
	}
	for v := to; v > 0; v = s.prev[v] {
		path = append(path, v)
	}
	slices.Reverse(path)
	return path
}
