package meshtest

import (
	"fmt"
	"time"
)

// A limit is what must hold at the end of a phase, and how soon the mesh must be settled.
// Measured: 12, 1, -, 7 and 4 s. A cut that nobody is told of is found after 3 s on a link
// that carries circuits, 6.6 s on one that does not; whoever had boots needs a link, for
// which it waits for a beacon.
type limit struct {
	settled time.Duration // when all fit; 0: by the end
	recall  float64       // when they do not
}

var limits = map[string]limit{
	"join":   {30 * time.Second, 0.93},
	"steady": {5 * time.Second, 0.93},
	"churn":  {0, 0.95},
	"cut":    {15 * time.Second, 0.93},
	"heal":   {30 * time.Second, 0.93},
}

// Broken says what of a row must not be, for stores of so many announcements. Where all
// nodes fit, everybody knows everybody in the end, and nobody else; pings are answered.
// Where they do not, a store keeps most of its whole rings: each port has its share of
// it, and what was refused when it seemed far is asked for again only when it is new.
// At rest, hellos and rekeys take 1.1 kB a second, and each entry 12 to 16 bytes: a long
// frame in 15 minutes to seven of eight neighbours. Where there are route servers, small
// stores are offered to them every few minutes.
func (r *Row) Broken(vicinity int) (all []string) {
	must := func(ok bool, format string, a ...any) {
		if !ok {
			all = append(all, fmt.Sprintf(format, a...))
		}
	}
	s, l, nodes := &r.Sight, limits[r.Name], r.Nodes
	if nodes <= vicinity+1 {
		must(r.Settled >= 0 && (l.settled == 0 || r.Settled <= l.settled), "settled after %v, want at most %v", r.Settled, l.settled)
		must(s.Recall() > 0.999, "%.2f %% of all is known", 100*s.Recall())
		must(s.Gone+s.NoWay <= s.Entries/1000, "%d entries of nodes that are gone, %d without a way", s.Gone, s.NoWay)
		must(r.Answered*100 >= r.Pings*99, "%d of %d pings were answered", r.Answered, r.Pings)
	} else {
		must(s.Recall() > l.recall, "%.2f %% of whole rings is known", 100*s.Recall())
		must((s.Gone+s.NoWay)*50 <= s.Entries, "%d entries of nodes that are gone, %d without a way", s.Gone, s.NoWay)
		must(r.Answered*100 >= r.Pings*93, "%d of %d pings were answered", r.Answered, r.Pings)
	}
	if r.Name == "steady" {
		entries := float64(s.Entries) / float64(max(1, s.Nodes))
		most := 1500 + 20*entries
		if r.Servers > 0 {
			most += 3000
		}
		must(r.Bytes < most, "%.0f bytes a second with %.0f entries", r.Bytes, entries)
	}
	must(r.Heap < 1<<20, "%d bytes of heap a node", r.Heap)
	return all
}
