package main

import (
	"container/heap"

	"hopwire/route/geo"
)

// A potato is a map of providers, each of which passes packets to the next by the
// shortest path of providers, at the nearest place where it can.
type potato struct {
	m     *geo.Map
	of    []int   // provider of each relay; −1: none
	next  [][]int // providers that each has links with
	dist  []uint64
	at    []int
	run   int
	steps map[int][]int // providers to each destination's, by provider
}

func newPotato(m *geo.Map, of []int, providers int) *potato {
	p := &potato{m: m, of: of, next: make([][]int, providers), dist: make([]uint64, len(of)), at: make([]int, len(of)), steps: map[int][]int{}}
	seen := map[[2]int]bool{}
	for v, links := range m.Links {
		for _, l := range links {
			if a, b := of[v], of[l.To]; a >= 0 && b >= 0 && a != b && !seen[[2]int{a, b}] {
				seen[[2]int{a, b}] = true
				p.next[a] = append(p.next[a], b)
			}
		}
	}
	return p
}

// to is how many providers lie between each and one.
func (p *potato) to(provider int) []int {
	if s := p.steps[provider]; s != nil {
		return s
	}
	s := make([]int, len(p.next))
	for i := range s {
		s[i] = len(s)
	}
	s[provider] = 0
	for queue := []int{provider}; len(queue) > 0; queue = queue[1:] {
		for _, q := range p.next[queue[0]] {
			if s[q] == len(s) {
				s[q] = s[queue[0]] + 1
				queue = append(queue, q)
			}
		}
	}
	p.steps[provider] = s
	return s
}

// way is what the way of a packet costs, in µs; false: there is none, or no providers.
func (p *potato) way(from, to int) (sum uint64, ok bool) {
	if p == nil || p.of[from] < 0 || p.of[to] < 0 {
		return 0, false
	}
	steps := p.to(p.of[to])
	for v := from; v != to; {
		next, cost := p.leave(v, to, steps)
		if next < 0 {
			return 0, false
		}
		v, sum = next, sum+cost
	}
	return sum, true
}

// leave finds the nearest relay of a provider nearer to the destination (or, in its own,
// the destination), through this provider only.
func (p *potato) leave(v, to int, steps []int) (int, uint64) {
	p.run++
	here := p.of[v]
	p.dist[v], p.at[v] = 0, p.run
	for h := (queue{{0, v}}); len(h) > 0; {
		w := heap.Pop(&h).(waiting)
		if w.cost > p.dist[w.relay] {
			continue
		}
		if w.relay == to || p.of[w.relay] != here {
			return w.relay, w.cost
		}
		exit, cheapest := -1, uint32(0) // early: links out are not part of what is compared
		for _, l := range p.m.Links[w.relay] {
			q := p.of[l.To]
			if q >= 0 && steps[q] < steps[here] && (exit < 0 || l.Cost < cheapest) {
				exit, cheapest = l.To, l.Cost
			}
			if q != here {
				continue
			}
			if c := w.cost + uint64(l.Cost); p.at[l.To] != p.run || c < p.dist[l.To] {
				p.dist[l.To], p.at[l.To] = c, p.run
				heap.Push(&h, waiting{c, l.To})
			}
		}
		if exit >= 0 {
			return exit, w.cost + uint64(cheapest)
		}
	}
	return -1, 0
}
