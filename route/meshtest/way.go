package meshtest

import (
	heaps "container/heap" // heap is what the process holds
	"time"

	"hopwire/hop"
	"hopwire/route/geo"
)

// Places is where the nodes are.
func (t *Trial) Places() *geo.Map { return t.geo }

// Running says whether a node runs.
func (t *Trial) Running(i int) bool { return t.Nodes[i].running() }

// passes says whether frames get over a lane to a node that runs.
func (t *truth) passes(l lane) bool {
	return t.m.Nodes[l.to].running() && !l.cable.Down && l.cable.Cut == nil
}

// Follow returns how long frames take over a path by the delays of its cables, and
// whether it stands: each hop runs and has a cable to the one before.
func (t *Trial) Follow(from int, p hop.Path) (d time.Duration, stands bool) {
	for _, h := range p.Hops {
		to, ok := t.truth.number[h.Key]
		if !ok {
			return 0, false
		}
		ok = false
		for _, l := range t.truth.next[from] {
			if l.to == to && t.truth.passes(l) {
				d, ok = d+l.cable.Delay, true
				break
			}
		}
		if !ok {
			return 0, false
		}
		from = to
	}
	return d, true
}

// Fastest returns how long frames take to every node over the fastest way there is; −1:
// there is none.
func (t *Trial) Fastest(from int) []time.Duration {
	all := make([]time.Duration, len(t.Nodes))
	for i := range all {
		all[i] = -1
	}
	for next := (&frontier{{from, 0}}); len(*next) > 0; {
		r := heaps.Pop(next).(reach)
		if all[r.node] >= 0 {
			continue
		}
		all[r.node] = r.after
		for _, l := range t.truth.next[r.node] {
			if all[l.to] < 0 && t.truth.passes(l) {
				heaps.Push(next, reach{l.to, r.after + l.cable.Delay})
			}
		}
	}
	return all
}

// A reach is that a node is reached after a time; a frontier is the next ones.
type reach struct {
	node  int
	after time.Duration
}

type frontier []reach

func (f frontier) Len() int           { return len(f) }
func (f frontier) Less(i, j int) bool { return f[i].after < f[j].after }
func (f frontier) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }

// Push is for package container/heap.
func (f *frontier) Push(x any) { *f = append(*f, x.(reach)) }

// Pop is for package container/heap.
func (f *frontier) Pop() any {
	last := len(*f) - 1
	x := (*f)[last]
	*f = (*f)[:last]
	return x
}
