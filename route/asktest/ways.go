package asktest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"hopwire/route"
	"hopwire/route/ask"
	"hopwire/route/meshtest"
	"hopwire/route/server"
)

// Ways is what asking has brought, and what it costs.
type Ways struct {
	Wanted, Known, Stand int           // ways of a sample that there are; that the node has; whose hops all stand
	P50, P90, P99        float64       // delay of those over that of the fastest way there is
	Slowest              time.Duration // of the answered pings to those destinations, the first
	Pings, Answered      int
	Relays, Right        int // on the maps of the servers, and those that run; a mean

	Clients ask.Questions // of all clients that run, since they booted
	Server  server.Counters
	Faults  map[route.Fault]int // clients that hold this against a server, as the last thing
}

const (
	askers     = 100 // nodes that are looked at, and
	farPings   = 300 // pings to destinations
	pingsFor   = 10 * time.Second
	pingsUntil = 20 * time.Second
)

// Ways looks at what nodes know of the ways that they want, and pings over some. It lets
// time pass.
func (t *Town) Ways() (w Ways) {
	w.Faults = map[route.Fault]int{}
	var stretch []float64
	for k := range min(askers, len(t.Nodes)) {
		i := k * len(t.Nodes) / min(askers, len(t.Nodes))
		if t.Running(i) && t.clients[i] != nil {
			stretch = append(stretch, t.ways(&w, i)...)
		}
	}
	if slices.Sort(stretch); len(stretch) > 0 {
		at := func(share int) float64 { return stretch[len(stretch)*share/100] }
		w.P50, w.P90, w.P99 = at(50), at(90), at(99)
	}
	t.maps(&w)
	t.pings(&w)
	return w
}

// ways looks at those of one node.
func (t *Town) ways(w *Ways, i int) (stretch []float64) {
	fastest := t.Fastest(i)
	for _, j := range t.Wanted[i] {
		if fastest[j] <= 0 || !t.Running(j) {
			continue
		}
		w.Wanted++
		t.Nodes[i].Host.Turn(func(now time.Time) {
			paths, err := t.clients[i].Paths(now, t.Nodes[j].ID.Key(), 1)
			if err != nil {
				return
			}
			w.Known++
			if d, ok := t.Follow(i, paths[0]); ok {
				w.Stand++
				stretch = append(stretch, float64(d)/float64(fastest[j]))
			}
		})
	}
	return stretch
}

// maps counts what servers have, and adds up what was asked.
func (t *Town) maps(w *Ways) {
	for _, i := range t.ServerNodes {
		relays, _ := t.keepers[i].Len()
		w.Relays += relays / len(t.ServerNodes)
		for op, n := range t.keepers[i].N.Asked {
			w.Server.Asked[op] += n
		}
		for status, n := range t.keepers[i].N.Answered {
			w.Server.Answered[status] += n
		}
	}
	for i, c := range t.clients {
		if t.Running(i) {
			w.Right++
			if c != nil {
				w.add(&c.N)
				for _, s := range c.ServerList(t.Now) {
					if s.Contradicted > 0 {
						w.Faults[s.Why]++
					}
				}
			}
		}
	}
}

func (w *Ways) add(n *ask.Questions) {
	q := &w.Clients
	q.Asked, q.Answered, q.Unknown = q.Asked+n.Asked, q.Answered+n.Answered, q.Unknown+n.Unknown
	q.Refused, q.TimedOut, q.Failed = q.Refused+n.Refused, q.TimedOut+n.TimedOut, q.Failed+n.Failed
	q.Contradicted, q.Compared, q.NoDetour = q.Contradicted+n.Contradicted, q.Compared+n.Compared, q.NoDetour+n.NoDetour
	q.Offered, q.Given = q.Offered+n.Offered, q.Given+n.Given
}

// pings pings destinations over whatever ways there are.
func (t *Town) pings(w *Ways) {
	var answered, slowest atomic.Int64
	for range farPings {
		i := t.Rand.IntN(len(t.Nodes))
		j := t.Wanted[i][t.Rand.IntN(destinations)]
		if !t.Running(i) || t.clients[i] == nil || t.Fastest(i)[j] <= 0 {
			continue
		}
		w.Pings++
		t.After(time.Duration(t.Rand.Int64N(int64(pingsFor))), func() {
			t.Ping(i, j, func(rtt time.Duration, ok bool) {
				if ok {
					answered.Add(1)
					slowest.Store(max(slowest.Load(), int64(rtt)))
				}
			})
		})
	}
	t.Mesh.Run(pingsUntil)
	w.Answered, w.Slowest = int(answered.Load()), time.Duration(slowest.Load())
}

// Broken says what must not be, once everything was asked for.
func (w *Ways) Broken() (all []string) {
	for _, c := range []struct {
		what     string
		part, of int
		least    float64
	}{
		{"ways wanted are known", w.Known, w.Wanted, 0.97},
		{"ways wanted stand", w.Stand, w.Wanted, 0.97},
		{"pings to destinations are answered", w.Answered, w.Pings, 0.93},
		{"running relays are on the servers' maps", w.Relays, w.Right, 0.97},
	} {
		if float64(c.part) < c.least*float64(c.of) {
			all = append(all, fmt.Sprintf("%d of %d %s", c.part, c.of, c.what))
		}
	}
	return all
}

// A Load is bytes a second in and out of nodes.
type Load struct {
	Servers, Neighbours, Median float64 // means of the servers and of their neighbours; of the others the median
}

// Load says who carries what in a phase.
func (t *Town) Load(r *meshtest.Row) (l Load) {
	beside, servers := map[int]bool{}, map[int]bool{}
	for _, i := range t.ServerNodes {
		servers[i] = true
		for _, n := range t.Places().Links[i] {
			beside[n.To] = true
		}
	}
	var of [3][]float64
	for i, load := range r.Load {
		class := 2
		if servers[i] {
			class = 0
		} else if beside[i] {
			class = 1
		}
		if load > 0 {
			of[class] = append(of[class], load)
		}
	}
	l.Servers, l.Neighbours = mean(of[0]), mean(of[1])
	if slices.Sort(of[2]); len(of[2]) > 0 {
		l.Median = of[2][len(of[2])/2]
	}
	return l
}

func mean(list []float64) (sum float64) {
	for _, v := range list {
		sum += v
	}
	return sum / float64(max(1, len(list)))
}
