package asktest

import (
	"slices"
	"time"

	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/meshtest"
	"hopwire/route/query"
	"hopwire/route/server"
)

// A keeper is what runs a route server on a node: its map, with the server's work done
// beside (node.Map). It does what cmd/hopwire-route does, on virtual time.
type keeper struct {
	*server.Server
	n      *meshtest.Node
	feedAt time.Time
	copies []*copying
}

// What a server does now and then (cmd/hopwire-route).
const (
	feedGap   = 5 * time.Second  // between offers of its own vicinity to itself
	copyGap   = time.Minute      // between rounds of copying another server
	copyRetry = 30 * time.Second // after a failure
)

// costs is what work takes in virtual time on a small computer.
var costs = [...]time.Duration{
	server.Answering: time.Millisecond,
	server.Checking:  10 * time.Millisecond,
	server.Mapping:   200 * time.Millisecond,
}

func newKeeper(now time.Time, n *meshtest.Node, servers []identity.Key, relays int) *keeper {
	k := &keeper{n: n}
	others := slices.DeleteFunc(slices.Clone(servers), func(o identity.Key) bool { return o == n.ID.Key() })
	k.Server = server.New(now, server.Config{Identity: n.ID, Servers: others, Relays: relays, Bytes: relays * 1000, First: uint32(n.Index) << 8, Work: k.work})
	for _, o := range others {
		k.copies = append(k.copies, &copying{k: k, of: o, c: query.NewCopy(relays)})
	}
	return k
}

// work is done at once and reported later. The node may have restarted meanwhile.
func (k *keeper) work(kind server.Kind, job func() func(time.Time)) bool {
	done, s := job(), k.n.Host.Sim
	s.After(costs[kind], func() {
		if k.n.Host.Dead() {
			done(s.Now)
		} else {
			k.n.Host.Turn(done)
		}
	})
	return true
}

// serve answers what comes by calls.
func (k *keeper) serve(now time.Time, from node.Caller, request []byte, reply func(time.Time, []byte)) {
	c := server.Caller{Neighbour: from.Key, Key: from.Key}
	if from.Neighbour != (identity.ShortID{}) {
		c.Neighbour = identity.Key{}
		copy(c.Neighbour[:], from.Neighbour[:])
	}
	k.Serve(now, c, request, reply)
}

// A wholeMap is the node's map and the server's beside it.
type wholeMap struct {
	*route.Map
	k *keeper
}

// Advance does what is due, and returns when to come back.
func (m wholeMap) Advance(now time.Time) time.Time {
	next := step.Earliest(m.Map.Advance(now), m.k.Server.Advance(now), m.k.feed(now, m.Map))
	for _, c := range m.k.copies {
		next = step.Earliest(next, c.advance(now))
	}
	return next
}

// feed gives the server what its own node knows.
func (k *keeper) feed(now time.Time, m *route.Map) time.Time {
	if now.Before(k.feedAt) {
		return k.feedAt
	}
	k.feedAt = now.Add(feedGap)
	offer := []byte{byte(query.OpOffer)}
	m.Each(now, func(id identity.ShortID, raw announce.Raw, _ time.Duration) {
		offer = query.AppendOffer(offer, id, raw.Sequence())
	})
	k.local(now, offer, func(now time.Time, response []byte) {
		if r, err := query.ParseResponse(query.OpOffer, response); err == nil && r.Wanted.Len() > 0 {
			k.give(now, m, r.Wanted)
		}
	})
	return k.feedAt
}

func (k *keeper) give(now time.Time, m *route.Map, wanted query.IDs) {
	want := map[identity.ShortID]bool{}
	for i := range wanted.Len() {
		want[wanted.At(i)] = true
	}
	gift := []byte{byte(query.OpGive)}
	m.Each(now, func(id identity.ShortID, raw announce.Raw, age time.Duration) {
		if want[id] && len(gift)+query.AnnouncementSize(raw) <= query.MaxGive {
			gift = query.AppendAnnouncement(gift, raw, age)
		}
	})
	k.local(now, gift, func(time.Time, []byte) {})
}

func (k *keeper) local(now time.Time, request []byte, reply server.Reply) {
	k.Serve(now, server.Caller{Neighbour: k.n.ID.Key(), Key: k.n.ID.Key(), Local: true}, request, reply)
}

// A copying follows the map of another server, page by page.
type copying struct {
	k    *keeper
	of   identity.Key
	c    *query.Copy
	at   time.Time
	boot *node.Node // that has the call; another: the call is lost
}

func (c *copying) advance(now time.Time) time.Time {
	n := c.k.n.Node
	if n == nil || c.boot == n || now.Before(c.at) {
		return c.at
	}
	c.boot, c.at = n, now.Add(copyRetry)
	err := n.Call(now, c.of, c.c.Request(nil), func(then time.Time, response []byte, err error) {
		if c.boot = nil; err != nil {
			return
		}
		if p, more, err := c.c.Response(response); err == nil {
			c.take(then, p.Announcements, then.Sub(now), more)
		}
	})
	if err != nil {
		c.boot = nil
	}
	return c.at
}

// take gives a page to the server, again a little later when it is busy.
func (c *copying) take(now time.Time, list query.Announcements, passed time.Duration, more bool) {
	c.at = now.Add(copyGap)
	if more {
		c.at = now
	}
	c.k.Copied(now, c.of, list, passed, func(then time.Time, _ int, ok bool) {
		if !ok {
			const wait = 100 * time.Millisecond
			s := c.k.n.Host.Sim
			s.After(wait, func() { c.take(s.Now, list, passed+wait, more) })
		}
	})
}
