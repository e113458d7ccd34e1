package server

import (
	"net/netip"
	"sort"
	"time"

	"hopwire/link/identity"
	"hopwire/route/query"
)

// answer makes the response to a request, at a time since the server's start.
func (n *Snapshot) answer(at time.Duration, r *query.Request) []byte {
	switch r.Op {
	case query.OpSegments:
		return n.segments(at, r.To)
	case query.OpPaths:
		return n.paths(at, &r.Paths)
	case query.OpMap:
		return n.page(at, r.From, r.Since)
	}
	return []byte{byte(query.StatusUnknown)}
}

// segments are the ways to a relay: its own announcement first, then those of the relays
// on the ways from landmarks, nearest first. Short ids may be made alike; all 96 bits of an
// address that come from the key must agree.
func (n *Snapshot) segments(at time.Duration, to netip.Addr) []byte {
	ip := to.As16()
	i := n.find(identity.ShortID(ip[4:]))
	if i < 0 || n.items[i].raw.Key().IPv6() != to {
		return []byte{byte(query.StatusUnknown)}
	}
	v := n.marks.g.byID[i]
	size := func(relay int32) int { return query.AnnouncementSize(n.relay(relay).raw) }
	relays := n.marks.Segments(v, answerBytes(len(n.items)), size)
	if len(relays) == 0 {
		relays = append(relays, v)
	}
	return n.list(at, []byte{byte(query.StatusOK)}, relays)
}

// list appends the announcements of relays.
func (n *Snapshot) list(at time.Duration, b []byte, relays []int32) []byte {
	size := len(b)
	for _, v := range relays {
		size += query.AnnouncementSize(n.relay(v).raw)
	}
	b = append(make([]byte, 0, size), b...)
	for _, v := range relays {
		b = query.AppendAnnouncement(b, n.relay(v).raw, n.age(at, n.relay(v)))
	}
	return b
}

// answerBytes is how large an answer is: in a larger map ways are longer, and there are
// more of them.
func answerBytes(relays int) int {
	part := float64(max(0, min(relays, largeMap)-smallMap)) / (largeMap - smallMap)
	return answerSmall + int(part*(answerLarge-answerSmall))
}

// page is the map from a prefix on. Relays of one prefix are on one page; what is too
// much for that is left out: somebody made them so.
func (n *Snapshot) page(at time.Duration, from, since uint32) []byte {
	p := query.Page{Snapshot: n.id, Delta: since != 0 && since <= n.id && since >= n.floor}
	if !p.Delta {
		since = 0
	}
	i := sort.Search(len(n.items), func(i int) bool { return query.Prefix(n.items[i].short) >= from })
	k := sort.Search(len(n.gone), func(k int) bool { return query.Prefix(n.gone[k].id) >= from })
	w := pageWriter{page: &p, last: from}
	for i < len(n.items) || k < len(n.gone) && p.Delta {
		if k < len(n.gone) && p.Delta && (i == len(n.items) || compareIDs(n.gone[k].id, n.items[i].short) < 0) {
			if d := &n.gone[k]; d.changed > since && !w.goes(d.id) {
				break
			}
			k++
			continue
		}
		if h := &n.items[i]; h.changed > since && !w.item(h, n.age(at, h)) {
			break
		}
		i++
	}
	return p.Append([]byte{byte(query.StatusOK)})
}

// A pageWriter fills a page.
type pageWriter struct {
	page *query.Page
	last uint32 // prefix of what was written last
}

// full says whether the page ends before a relay, and where the next begins.
func (w *pageWriter) full(id identity.ShortID) bool {
	if len(w.page.Gone)+len(w.page.Announcements) < pageBytes || query.Prefix(id) == w.last {
		return false
	}
	w.page.Next = query.Prefix(id)
	return true
}

// item writes a relay; false: it is for the next page.
func (w *pageWriter) item(h *held, age time.Duration) bool {
	if w.full(h.short) {
		return false
	}
	w.last = query.Prefix(h.short)
	if w.fits(query.AnnouncementSize(h.raw)) {
		w.page.Announcements = query.AppendAnnouncement(w.page.Announcements, h.raw, age)
	}
	return true
}

// goes writes a relay that is gone; false: it is for the next page.
func (w *pageWriter) goes(id identity.ShortID) bool {
	if w.full(id) {
		return false
	}
	w.last = query.Prefix(id)
	if w.fits(len(id)) {
		w.page.Gone = query.AppendID(w.page.Gone, id)
	}
	return true
}

func (w *pageWriter) fits(size int) bool {
	return len(w.page.Gone)+len(w.page.Announcements)+size <= query.MaxPage-64
}
