package server

import (
	"slices"
	"sync"

	"hopwire/link/identity"
	"hopwire/route/query"

	"time"
)

// ways answers questions for ways with conditions, one after the other: a Finder has room
// for one search.
type ways struct {
	mu     sync.Mutex
	finder *Finder // nil: nobody asked yet
}

// ready makes what takes long; later questions have it.
func (w *ways) ready(l *Landmarks) *Finder {
	if w.finder == nil {
		w.finder = NewFinder(l)
	}
	return w.finder
}

// paths answers with ways between two relays and the announcements of who is on them.
func (n *Snapshot) paths(at time.Duration, r *query.PathsRequest) []byte {
	q, ok := n.question(r)
	if !ok {
		return []byte{byte(query.StatusUnknown)}
	}
	n.ways.mu.Lock()
	found := n.ways.ready(n.marks).Paths(q)
	n.ways.mu.Unlock()
	return n.found(at, found)
}

// question is what a request means in numbers of the graph; false: an end is not on the
// map. Who is to be avoided may be unknown.
func (n *Snapshot) question(r *query.PathsRequest) (q Query, ok bool) {
	from, to := n.vertex(r.From), n.vertex(r.To)
	q = Query{From: from, To: to, K: r.K, By: Metric(r.Metric), Disjoint: r.Disjoint,
		Limits: Limits{Hops: r.Hops, Cost: uint64(r.Latency), Kbits: r.Capacity, Loss: float64(r.Loss) / 256, Price: uint64(r.Price)}}
	for i := range r.Avoid.Len() {
		if v := n.marks.g.Find(r.Avoid.At(i)); v >= 0 {
			q.Avoid = append(q.Avoid, v)
		}
	}
	return q, from >= 0 && to >= 0
}

// vertex returns the number of a relay in the graph; −1: it is not on the map.
func (n *Snapshot) vertex(key identity.Key) int32 {
	i := n.find(key.Short())
	if i < 0 || n.items[i].raw.Key() != key {
		return -1
	}
	return n.marks.g.byID[i]
}

// found writes ways, as far as the announcements of their relays fit. (To have none that
// is too long for an answer found at all would be a limit, and a search with a limit
// takes ten times as long.)
func (n *Snapshot) found(at time.Duration, found []Way) []byte {
	var list []byte
	var relays, way []int32
	var ids []identity.ShortID
	count, left := 0, query.MaxAnswer
	for _, w := range found {
		if way, ids = way[:0], ids[:0]; len(w.Relays) > query.MaxHops+1 {
			continue
		}
		for _, v := range w.Relays[1:] {
			ids = append(ids, n.relay(v).short)
			if !slices.Contains(relays, v) {
				way = append(way, v)
				left -= query.AnnouncementSize(n.relay(v).raw)
			}
		}
		if left < 0 {
			break
		}
		relays, list = append(relays, way...), query.AppendWay(list, ids)
		count++
	}
	if count == 0 {
		return []byte{byte(query.StatusUnknown)}
	}
	return n.list(at, append([]byte{byte(query.StatusOK), byte(count)}, list...), relays)
}
