package server

import (
	"net/netip"
	"slices"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
	"hopwire/route/query"
)

// A Server has the map and answers questions about it. It does no I/O, reads no clock,
// starts no goroutine and is not safe for concurrent use; what takes long is given to
// Config.Work.
type Server struct {
	N Counters

	c       Config
	own     identity.ShortID
	start   time.Time
	store   store
	sources []*source
	turn    int // of sources, whose gift is checked next
	waiting int // bytes of all gifts
	asking  int // answers being made
	check   bool
	build   building
	snap    *Snapshot // the current one; nil: none yet
	crowd   evictions
	ways    time.Time // when ways were last asked for
	forget  step.Timer
}

// New returns a server that knows nobody.
func New(now time.Time, c Config) *Server {
	first := max(1, c.First/2)
	s := &Server{c: c, start: now, own: c.Identity.Key().Short()}
	s.store = store{index: map[identity.ShortID]int32{}, next: first, gone: departures{index: map[identity.ShortID]uint32{}, floor: first}}
	s.forget.By(now.Add(forgetGap))
	return s
}

// Len returns how many relays are known, and how many bytes their announcements take.
func (s *Server) Len() (relays, bytes int) { return len(s.store.held), s.store.bytes }

// Each calls do for each relay that is known, with the age of what it announced, which is
// never changed; do calls nothing of the server.
func (s *Server) Each(now time.Time, do func(raw announce.Raw, age time.Duration)) {
	for i := range s.store.held {
		h := &s.store.held[i]
		do(h.raw, now.Sub(s.start)-h.born)
	}
}

// Lookup finds the key of a mesh address, for the server's own machine: whoever asks over
// the mesh gets it with the way.
func (s *Server) Lookup(ip netip.Addr) (identity.Key, bool) {
	b := ip.As16()
	if o := s.store.find(identity.ShortID(b[4:])); o != nil && o.raw.Key().IPv6() == ip {
		return o.raw.Key(), true
	}
	return identity.Key{}, false
}

// Snapshot returns the map that is answered from; nil: there is none yet.
func (s *Server) Snapshot() *Snapshot { return s.snap }

// Serve answers a request.
func (s *Server) Serve(now time.Time, from Caller, request []byte, reply Reply) {
	o := s.source(now, from.Neighbour, false)
	if o == nil || !from.Local && !o.questions.Take(now, questionRate, questionBurst) {
		s.end(now, reply, query.StatusRefused)
		return
	}
	r, err := query.ParseRequest(request)
	if err != nil {
		s.end(now, reply, query.StatusBad)
		return
	}
	s.N.Asked[r.Op]++
	switch r.Op {
	case query.OpOffer:
		s.offered(now, o, r.Offers, reply)
	case query.OpGive:
		s.given(now, o, &from, r.Announcements, reply)
	default:
		s.answer(now, o, &from, r, reply)
	}
}

// end replies with a status alone.
func (s *Server) end(now time.Time, reply Reply, status query.Status) {
	s.reply(now, reply, []byte{byte(status)})
}

func (s *Server) reply(now time.Time, reply Reply, response []byte) {
	s.N.Answered[response[0]]++
	reply(now, response)
}

// answer has an answer made from the current snapshot, elsewhere.
func (s *Server) answer(now time.Time, o *source, from *Caller, r query.Request, reply Reply) {
	switch {
	case r.Op == query.OpPaths && !from.Local && !slices.Contains(s.c.Allowed, from.Key):
		s.end(now, reply, query.StatusNotAllowed)
		return
	case s.snap == nil || o.asking >= mostAsking || s.asking >= mostAsking*8:
		s.end(now, reply, query.StatusRefused)
		return
	}
	if r.Op == query.OpPaths {
		s.ways = now
	}
	snap, at := s.snap, now.Sub(s.start)
	r.Paths.Avoid = slices.Clone(r.Paths.Avoid) // the request is valid during the call only
	o.asking++
	s.asking++
	ended := func(now time.Time, response []byte) {
		o.asking--
		s.asking--
		s.reply(now, reply, response)
	}
	ok := s.c.Work(Answering, func() func(time.Time) {
		response := snap.answer(at, &r)
		return func(now time.Time) { ended(now, response) }
	})
	if !ok {
		ended(now, []byte{byte(query.StatusRefused)})
	}
}

// Advance does what is due and returns when to come back; zero: nothing pending.
func (s *Server) Advance(now time.Time) time.Time {
	if s.forget.Due(now) {
		s.N.Expired += uint64(s.store.forget(now.Sub(s.start)))
		s.forget.By(now.Add(forgetGap))
	}
	s.checkNext(now)
	s.mapNext(now)
	return step.Earliest(s.forget.At(), s.build.due(s))
}
