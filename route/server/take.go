package server

import (
	"slices"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/query"
)

// A gift is announcements of one call, that wait for their signatures to be checked.
type gift struct {
	from     *source
	list     []candidate
	bytes    int
	accepted int
	done     func(now time.Time, accepted int, refused bool)
}

// A candidate is an announcement that is not yet verified.
type candidate struct {
	raw   announce.Raw
	short identity.ShortID
	born  time.Duration // since the server's start; most are negative for the first hour
}

// offered says what we want of what somebody has: what is newer than ours, and of what
// we do not know as much as he may bring.
func (s *Server) offered(now time.Time, o *source, offers query.Offers, reply Reply) {
	rate, burst := s.newcomerRate()
	newcomers := o.newcomers // a copy: what is wanted is not there yet
	response := []byte{byte(query.StatusOK)}
	for i := range offers.Len() {
		id, sequence := offers.At(i)
		h := s.store.find(id)
		gone, was := s.store.gone.index[id]
		switch {
		case h != nil && int32(sequence-h.raw.Sequence()) <= 0:
		case h == nil && was && int32(sequence-gone) <= 0:
		case h == nil && (!s.room(announce.MinSize) && !s.victim() || !newcomers.Take(now, rate, burst)):
		default:
			response = query.AppendID(response, id)
		}
	}
	s.reply(now, reply, response)
}

// given takes announcements; the reply comes when they are checked.
func (s *Server) given(now time.Time, o *source, from *Caller, list query.Announcements, reply Reply) {
	s.take(now, o, from.Local, list, 0, func(now time.Time, accepted int, refused bool) {
		if refused {
			s.end(now, reply, query.StatusRefused)
			return
		}
		s.reply(now, reply, query.AppendAccepted([]byte{byte(query.StatusOK)}, accepted))
	})
}

// Copied takes announcements of a page that was copied from a server that the operator
// named, which were passed for that long since it wrote their ages. done is told how many
// were new; false: nothing was taken, because too much waits already, and the same page is
// to be given again later (a Copy asks for it once only), or the server is not named.
func (s *Server) Copied(now time.Time, server identity.Key, list query.Announcements, passed time.Duration, done func(now time.Time, accepted int, ok bool)) {
	o := s.source(now, server, true)
	if o == nil || !slices.Contains(s.c.Servers, server) {
		done(now, 0, false)
		return
	}
	s.take(now, o, true, list, passed, func(now time.Time, accepted int, refused bool) { done(now, accepted, !refused) })
}

// take checks what is cheap to check, and has the signatures of the rest checked later.
// Whom the operator trusts is not limited in new relays.
func (s *Server) take(now time.Time, o *source, trusted bool, list query.Announcements, passed time.Duration, done func(time.Time, int, bool)) {
	g := &gift{from: o, done: done}
	if o.waiting+len(list) > sourceWaiting || s.waiting+len(list) > totalWaiting {
		s.N.Limited++
		done(now, 0, true)
		return
	}
	for raw, age, ok := list.Next(); ok; raw, age, ok = list.Next() {
		s.N.Received++
		c := candidate{raw, raw.Key().Short(), now.Sub(s.start) - age - passed}
		if s.news(now, &c) && (trusted || s.mayBring(now, o, &c)) {
			c.raw = slices.Clone(raw)
			g.list = append(g.list, c)
			g.bytes += len(raw)
		}
	}
	if len(g.list) == 0 {
		done(now, 0, false)
		return
	}
	o.gifts = append(o.gifts, g)
	o.waiting += g.bytes
	s.waiting += g.bytes
	s.checkNext(now)
}

// news says whether an announcement tells what is not known, and would be kept.
func (s *Server) news(now time.Time, c *candidate) bool {
	at, h := now.Sub(s.start), s.store.find(c.short)
	switch {
	case at-c.born >= maxAge:
		s.N.Old++
	case h == nil && s.store.gone.expired(c.short, c.raw):
		s.N.Old++
	case h == nil && !s.room(len(c.raw)) && !s.mayReplace(c):
		s.N.Full++
	case h == nil:
		return true
	case !h.raw.SameKey(c.raw): // the first has the short id
		s.N.Unwanted++
	case h.raw.Sequence() == c.raw.Sequence():
		s.N.Duplicate++
	case c.raw.Before(h.raw):
		s.N.Old++
	case h.left(at) == 0:
		s.N.TooOften++
	case s.store.bytes+len(c.raw)-len(h.raw) > s.c.Bytes:
		s.N.Full++
	default:
		return true
	}
	return false
}

// mayBring says whether a source may bring one more relay that is not known.
func (s *Server) mayBring(now time.Time, o *source, c *candidate) bool {
	rate, burst := s.newcomerRate()
	if s.store.find(c.short) == nil && !o.newcomers.Take(now, rate, burst) {
		s.N.Limited++
		return false
	}
	return true
}

// room says whether one more relay fits.
func (s *Server) room(bytes int) bool {
	return len(s.store.held) < s.c.Relays && s.store.bytes+bytes <= s.c.Bytes
}
