package main

import (
	"encoding/binary"
	mrand "math/rand/v2"

	"hopwire/link/identity"
	"hopwire/route/geo"
	"hopwire/route/server"
)

const (
	seed       = 4
	vicinity   = 512 // relays that a node knows without asking (route/wire.md, "Store")
	mostHops   = 48  // of a path
	landmarks  = 32
	fewServers = 2  // with no more of them known, a node has the answer for one as a core, too
	penalty    = 16 // of a relay of the first path, for the second (route/announce/wire.md, "Cost")
)

// A row is a mesh.
type row struct {
	relays, servers, providers int // providers 0: not compared
	long                       float64
	most                       int // bytes of an answer
	holds                      *bounds
}

// A mesh is a map, and the same as the server has it.
type mesh struct {
	m      *geo.Map
	g      *server.Graph
	number []int32 // of each relay in g
	relay  []int   // of each number
	marks  *server.Landmarks
	finder *server.Finder
	up     []*tree // from the servers, by hops: what the gradient brings
	core   []int   // the answer for the first server, which all ask for alike; nil: nobody does
}

func id(n int) (s identity.ShortID) {
	binary.BigEndian.PutUint64(s[:], uint64(n))
	return s
}

// generate makes a mesh with servers at relays drawn at random.
func (r row) generate(seed uint64, draw *mrand.Rand) *mesh {
	s := &mesh{m: geo.New(seed, r.relays, r.long), number: make([]int32, r.relays), relay: make([]int, r.relays)}
	b := server.NewBuilder(r.relays)
	for i, links := range s.m.Links {
		b.Relay(id(i), true)
		for _, l := range links {
			b.Link(id(l.To), l.Cost)
		}
	}
	s.g = b.Graph()
	for i := range s.number {
		s.number[i] = s.g.Find(id(i))
		s.relay[s.number[i]] = i
	}
	var servers []int32
	for len(servers) < r.servers {
		v := draw.IntN(r.relays)
		t := hopTree(s.m, v)
		if t.reached < r.relays/2 {
			continue // an island
		}
		s.up, servers = append(s.up, t), append(servers, s.number[v])
	}
	s.marks = server.Spread(s.g, servers, landmarks)
	s.finder = server.NewFinder(s.marks)
	return s
}

// announced is how many bytes a relay takes in an answer: its announcement and its age
// (route/announce/wire.md, "Announcement").
func (s *mesh) announced(relay int) int { return 188 + 16*min(len(s.m.Links[relay]), 56) + 4 }

// measure asks for ways between pairs of relays drawn at random.
func (r row) measure(seed uint64, pairs int) result {
	draw := mrand.New(mrand.NewPCG(seed, 48))
	s, res := r.generate(seed, draw), result{row: r}
	var rival *potato
	if r.providers > 0 {
		rival = newPotato(s.m, s.m.Providers(seed, r.providers), r.providers)
	}
	if res.near = s.near(); r.servers <= fewServers {
		s.core = s.answer(s.relay[s.marks.Trees()[0].Root], r.most)
	}
	j := newJoined(s.m)
	for asked := 0; asked < pairs; {
		from, to := draw.IntN(r.relays), draw.IntN(r.relays)
		if from == to || s.up[0].hops[from] < 0 || s.up[0].hops[to] < 0 {
			continue
		}
		asked++
		s.ask(&res, j, from, to)
		if cost, ok := rival.way(from, to); ok {
			res.potato = append(res.potato, float64(cost)/float64(s.best(from, to, 1)[0].Cost))
		}
	}
	res.sort()
	return res
}

func (s *mesh) best(from, to, k int) []server.Way {
	return s.finder.Paths(server.Query{From: s.number[from], To: s.number[to], K: k, Disjoint: true})
}

// answer is what a server says of a relay.
func (s *mesh) answer(to, most int) (relays []int) {
	for _, v := range s.marks.Segments(s.number[to], most, func(v int32) int { return s.announced(s.relay[v]) }) {
		relays = append(relays, s.relay[v])
	}
	return relays
}

// near is the share of relays that have a server within mostHops.
func (s *mesh) near() float64 {
	n := 0
	for v := range s.m.Links {
		for _, t := range s.up {
			if h := t.hops[v]; h >= 0 && h <= mostHops {
				n++
				break
			}
		}
	}
	return float64(n) / float64(len(s.m.Links))
}

// ask does what a node does for a destination: it joins the answer to what it knows.
func (s *mesh) ask(res *result, j *joined, from, to int) {
	j.begin()
	j.vicinity(from)
	known := j.count
	for _, t := range s.up {
		j.add(t.way(from)...)
	}
	j.add(s.core...)
	res.ways = append(res.ways, j.count-known)
	answer, bytes := s.answer(to, res.most), 0
	for _, v := range answer {
		bytes += s.announced(v)
	}
	j.add(answer...)
	res.bytes = append(res.bytes, bytes)
	best, pair := float64(s.best(from, to, 1)[0].Cost), s.best(from, to, 2)
	exact := j.path(from, to, exactly, nil)
	if exact == nil {
		res.none++
		return
	}
	res.known = append(res.known, float64(s.cost(exact))/best)
	first := j.path(from, to, inSteps, nil)
	res.ours, res.hops = append(res.ours, float64(s.cost(first))/best), append(res.hops, len(first)-1)
	if len(pair) == 2 {
		second := j.path(from, to, inSteps, first)
		res.second = append(res.second, float64(s.cost(second))/float64(pair[1].Cost))
		res.shared = append(res.shared, shared(first, second))
	}
}

// cost is what a way takes, in µs.
func (s *mesh) cost(way []int) (sum uint64) {
	for i, to := range way[1:] {
		for _, l := range s.m.Links[way[i]] {
			if l.To == to {
				sum += uint64(l.Cost)
			}
		}
	}
	return sum
}

// shared counts the relays that two ways have in common.
func shared(a, b []int) (n int) {
	in := map[int]bool{}
	for _, v := range a[1 : len(a)-1] {
		in[v] = true
	}
	for _, v := range b[1 : len(b)-1] {
		if in[v] {
			n++
		}
	}
	return n
}
