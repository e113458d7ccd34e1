package route

import (
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route/announce"
)

// What whoever asks route servers needs to know of the store.

// Relays returns the relays that the store has for all, and whom each has a link to, as
// numbers; number 0 is this node, and some numbers are nobody's. Links that failed of late
// are left out.
func (m *Map) Relays(now time.Time) (ids []identity.ShortID, links [][]uint16) {
	g := m.look()
	ids, links = make([]identity.ShortID, len(g.nodes)), make([][]uint16, len(g.nodes))
	ids[0] = m.short
	for v, o := range g.nodes {
		if v > 0 && !o.relays() {
			continue
		}
		if v > 0 {
			ids[v] = o.short
		}
		for _, e := range g.edges(v) {
			if p := g.nodes[e.to]; p.relays() && !m.avoids(now, pair{ids[v], p.short}, 1) {
				links[v] = append(links[v], e.to)
			}
		}
	}
	return ids, links
}

// Short is this node's short id.
func (m *Map) Short() identity.ShortID { return m.short }

// relays says whether a node passes circuits on, and others may know that we have it.
func (o *node) relays() bool {
	return o != nil && o.class&open != 0 && o.passes()
}

func (o *node) passes() bool { return o.raw.Flags()&announce.FlagRelay != 0 }

// avoids says whether a link costs more than a factor of what it states, since it failed.
func (m *Map) avoids(now time.Time, k pair, factor float64) bool {
	a := m.avoid[k]
	return a != nil && now.Before(a.until) && a.factor > factor
}

// Along returns the path over nodes, of which the first is a neighbour, with the onion keys
// of now. False: a link is not there any more, or was broken of late, or a key has run out.
func (m *Map) Along(now time.Time, ids []identity.ShortID) (hop.Path, bool) {
	g := m.look()
	way := make([]int, 0, len(ids))
	from, last := 0, m.short
	for _, id := range ids {
		o := m.node(id)
		if o == nil || !g.linked(from, o.vertex) || m.avoids(now, pair{last, id}, penaltyMild) {
			return hop.Path{}, false
		}
		way = append(way, o.vertex)
		from, last = o.vertex, id
	}
	return m.path(now, g, way)
}

func (g *graph) linked(from, to int) bool {
	for _, e := range g.edges(from) {
		if int(e.to) == to {
			return true
		}
	}
	return false
}

// Stands says that no link of a path was broken of late.
func (m *Map) Stands(now time.Time, p hop.Path) bool {
	for i := range p.Hops {
		if m.avoids(now, m.linkTo(p, i), penaltyMild) {
			return false
		}
	}
	return true
}

// Settled says whether a node has been known here for so long that a server knows it too.
func (m *Map) Settled(now time.Time, key identity.Key) bool {
	o := m.known(key)
	return o != nil && o.class&open != 0 && now.Sub(o.since) >= settledAfter
}

// Each calls do with our own announcement and all that the store has for others, in order
// of short ids.
func (m *Map) Each(now time.Time, do func(id identity.ShortID, raw announce.Raw, age time.Duration)) {
	own := m.own == nil
	for _, o := range m.order {
		if !own && byShort(o, m.short) > 0 {
			own = true
			do(m.short, m.own, now.Sub(m.ownAt))
		}
		if o.class&open != 0 {
			do(o.short, o.raw, o.ageAt(now))
		}
	}
	if !own {
		do(m.short, m.own, now.Sub(m.ownAt))
	}
}
