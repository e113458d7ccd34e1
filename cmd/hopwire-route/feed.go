package main

import (
	"bytes"
	"slices"
	"sort"
	"time"

	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/query"
	"hopwire/route/server"
)

// feedGap is between two looks at what the node's own vicinity has: what changes near the
// server is on its map within that time, and what is as before costs an offer only.
const feedGap = 5 * time.Second

// feed gives the server what its own node knows, as other nodes do by calls.
func (s *routeServer) feed(now time.Time, m *route.Map) (next time.Time) {
	if now.Before(s.feedAt) {
		return s.feedAt
	}
	s.feedAt = now.Add(feedGap)
	offer := []byte{byte(query.OpOffer)}
	m.Each(now, func(id identity.ShortID, raw announce.Raw, _ time.Duration) {
		offer = query.AppendOffer(offer, id, raw.Sequence())
	})
	s.local(now, offer, func(now time.Time, response []byte) {
		if r, err := query.ParseResponse(query.OpOffer, response); err == nil && r.Wanted.Len() > 0 {
			s.give(now, m, slices.Clone(r.Wanted))
		}
	})
	return s.feedAt
}

// give is what the server has asked for.
func (s *routeServer) give(now time.Time, m *route.Map, wanted query.IDs) {
	gift := []byte{byte(query.OpGive)}
	m.Each(now, func(id identity.ShortID, raw announce.Raw, age time.Duration) {
		if has(wanted, id) && len(gift)+query.AnnouncementSize(raw) <= query.MaxGive {
			gift = query.AppendAnnouncement(gift, raw, age)
		}
	})
	s.local(now, gift, func(time.Time, []byte) {})
}

func (s *routeServer) local(now time.Time, request []byte, reply server.Reply) {
	s.server.Serve(now, server.Caller{Neighbour: s.ID.Key(), Key: s.ID.Key(), Local: true}, request, reply)
}

// has says whether an id is in a list, which is in order.
func has(list query.IDs, id identity.ShortID) bool {
	_, ok := sort.Find(list.Len(), func(i int) int {
		at := list.At(i)
		return bytes.Compare(id[:], at[:])
	})
	return ok
}
