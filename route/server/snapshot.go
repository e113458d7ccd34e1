package server

import (
	"bytes"
	"cmp"
	mrand "math/rand/v2"
	"slices"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
)

// A Snapshot is the map at one time, with its graph, landmarks and trees. It is never
// changed once it is made (but for ways, which have a lock), so many may read it at once.
type Snapshot struct {
	id    uint32
	start time.Time     // of the server
	made  time.Duration // since then
	items []held        // in order of short ids
	item  []int32       // of each relay of the graph, whose numbers have another order
	gone  []departure   // in order of short ids, each once, none that is an item
	floor uint32        // what is gone since this snapshot is known
	marks *Landmarks
	ways  ways
	crowd crowds
}

// building is the snapshot that is being made.
type building struct {
	busy  bool
	began time.Time
	took  time.Duration
}

// due is when the next snapshot is to be begun; zero: nothing changed, or one is being
// made. A large map is made anew less often, so that it takes a tenth of a core.
func (b *building) due(s *Server) time.Time {
	switch {
	case b.busy || !s.store.dirty:
		return time.Time{}
	case b.began.IsZero():
		return s.start
	}
	return b.began.Add(max(snapshotGap, snapshotRest*b.took))
}

// mapNext has the next snapshot made, elsewhere, if it is time.
func (s *Server) mapNext(now time.Time) {
	due := s.build.due(s)
	if due.IsZero() || now.Before(due) {
		return
	}
	n, servers := s.begin(now), s.servers()
	tight := len(s.store.held) > s.c.Relays/8*7 || s.store.bytes > s.c.Bytes/8*7
	ways := len(s.c.Allowed) > 0 || !s.ways.IsZero() && now.Sub(s.ways) < waysKept
	s.build.busy, s.build.began = true, now
	ok := s.c.Work(Mapping, func() func(time.Time) {
		n.make(servers, tight, s.c.Relays/crowdPart, uint64(s.c.First))
		if ways {
			n.ways.ready(n.marks)
		}
		return func(now time.Time) { s.made(now, n) }
	})
	if !ok {
		s.build.busy, s.store.dirty = false, true
	}
}

// begin copies what the snapshot is made of; what changes from now on is for the next.
func (s *Server) begin(now time.Time) *Snapshot {
	n := &Snapshot{id: s.store.next, start: s.start, made: now.Sub(s.start), floor: s.store.gone.floor}
	n.items, n.gone = slices.Clone(s.store.held), slices.Clone(s.store.gone.list)
	s.store.next++
	s.store.dirty = false
	return n
}

// made takes a snapshot into use.
func (s *Server) made(now time.Time, n *Snapshot) {
	s.build.busy, s.build.took = false, now.Sub(s.build.began)
	s.snap = n
	s.N.Snapshots++
	s.crowd = evictions{}
}

// servers are those that are to be landmarks: our own relay, those that the operator
// named.
func (s *Server) servers() (ids []identity.ShortID) {
	ids = append(ids, s.own)
	for _, k := range s.c.Servers {
		ids = append(ids, k.Short())
	}
	return ids
}

// make does what takes long.
func (n *Snapshot) make(servers []identity.ShortID, tight bool, most int, seed uint64) {
	slices.SortFunc(n.items, func(a, b held) int { return compareIDs(a.short, b.short) })
	n.sortGone()
	g := n.graph()
	n.item = make([]int32, g.Len())
	for i, relay := range g.byID {
		n.item[relay] = int32(i)
	}
	n.marks = Spread(g, n.first(g, servers), landmarks)
	if tight {
		n.crowd = findCrowds(n.ways.ready(n.marks), honest(g, servers), most, mrand.New(mrand.NewPCG(seed, uint64(n.id))))
	}
}

// honest returns the first of some relays that has links; −1: none has.
func honest(g *Graph, ids []identity.ShortID) int32 {
	for _, id := range ids {
		if v := g.Find(id); v >= 0 && len(g.from(v)) > 0 {
			return v
		}
	}
	return -1
}

// sortGone leaves the last departure of each relay that did not come back.
func (n *Snapshot) sortGone() {
	slices.SortFunc(n.gone, func(a, b departure) int { return cmp.Or(compareIDs(a.id, b.id), cmp.Compare(b.changed, a.changed)) })
	n.gone = slices.CompactFunc(n.gone, func(a, b departure) bool { return a.id == b.id })
	n.gone = slices.DeleteFunc(n.gone, func(d departure) bool { return n.find(d.id) >= 0 })
	n.gone = slices.Clip(n.gone)
}

// find returns the number of a relay; −1: it is not on the map.
func (n *Snapshot) find(id identity.ShortID) int32 {
	i, ok := slices.BinarySearchFunc(n.items, id, func(h held, id identity.ShortID) int { return bytes.Compare(h.short[:], id[:]) })
	if !ok {
		return -1
	}
	return int32(i)
}

// relay returns what is held of a relay of the graph.
func (n *Snapshot) relay(v int32) *held { return &n.items[n.item[v]] }

// graph makes the graph.
func (n *Snapshot) graph() *Graph {
	b := NewBuilder(len(n.items))
	for i := range n.items {
		raw := n.items[i].raw
		b.Relay(n.items[i].short, raw.Flags()&announce.FlagRelay != 0)
		b.Price(raw.Price())
		links := raw.Links()
		for k := range links.Len() {
			l := links.At(k)
			b.Link(l.ID, uint32(min(announce.Cost(l, l).Nanoseconds()/1000, MostCost)))
			b.Rate(l.Capacity, l.Loss)
		}
	}
	return b.Graph()
}

// first are the landmarks that are not chosen by where they are: the servers named, and
// of those that say they are servers as many as do no harm.
func (n *Snapshot) first(g *Graph, servers []identity.ShortID) (list []int32) {
	for _, id := range servers {
		if i := g.Find(id); i >= 0 {
			list = append(list, i)
		}
	}
	say := landmarks / serverMarks
	for i := range n.items {
		if say == 0 {
			break
		}
		if n.items[i].raw.Flags()&announce.FlagServer != 0 && !slices.Contains(list, g.byID[i]) {
			list = append(list, g.byID[i])
			say--
		}
	}
	return list
}

// ID returns the snapshot's number, and how many relays it has.
func (n *Snapshot) ID() (id uint32, relays int) { return n.id, len(n.items) }

// Age is how long ago it was begun.
func (n *Snapshot) Age(now time.Time) time.Duration { return now.Sub(n.start) - n.made }

// age is what an answer says of an age: as it will be at the end of the minute, counted
// from when the snapshot was made. So an answer is the same for everybody within that
// minute, and nothing becomes younger by being asked for.
func (n *Snapshot) age(at time.Duration, h *held) time.Duration {
	end := n.made + ((at-n.made)/stampGap+1)*stampGap
	return min(end-h.born, maxAge)
}
