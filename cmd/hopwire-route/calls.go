package main

import (
	"time"

	"hopwire/cmd/daemon"
	"hopwire/route/query"
)

// calls count what others asked, by kind. Who asked is kept nowhere.
type calls struct {
	questions, answers, refusals uint64 // about ways and addresses
	maps, offers                 uint64 // copies of the map, and gifts to it
}

// asked counts a call, and says whether it is a question, whose answer counts too.
func (c *calls) asked(request []byte) bool {
	op := query.Op(0)
	if len(request) > 0 {
		op = query.Op(request[0])
	}
	switch op {
	case query.OpMap:
		c.maps++
	case query.OpOffer, query.OpGive:
		c.offers++
	default:
		c.questions++
		return true
	}
	return false
}

// answered counts an answer: that nothing is known is one too.
func (c *calls) answered(response []byte) {
	switch query.Status(response[0]) {
	case query.StatusOK, query.StatusUnknown:
		c.answers++
	default:
		c.refusals++
	}
}

// status is the server's part of the command.
func (s *routeServer) status() (columns string, values []any) {
	s.Runner.Turn(func(now time.Time) {
		relays, bytes := s.server.Len()
		id, age := uint32(0), any("")
		if n := s.server.Snapshot(); n != nil {
			id, _ = n.ID()
			age = int(n.Age(now).Seconds())
		}
		written := any("")
		if at := s.save.at; !at.IsZero() {
			written = int(now.Sub(at).Seconds())
		}
		c := s.calls
		values = []any{relays, s.c.server(s.ID).Relays, bytes, id, age, written, c.questions, c.answers, c.refusals, c.maps, c.offers}
	})
	return " relays:n max_relays:n map_bytes:n snapshot:n snapshot_age_s:n written_s:n questions:n answers:n refusals:n maps:n offers:n", values
}

// findings is what the server knows of its own trouble.
func (s *routeServer) findings(f *daemon.Findings) {
	s.Runner.Turn(func(now time.Time) {
		relays, bytes := s.server.Len()
		f.OK("%d relays on the map, %d kB of announcements", relays, bytes>>10)
		if n := s.server.N; n.Full > 0 {
			f.Bad("raise HOPWIRE_ROUTE_MEMORY", "%d announcements found no room", n.Full)
		}
		if relays > 1 && s.server.Snapshot() == nil {
			f.Note("it is made within seconds", "there is no snapshot yet: questions are refused")
		}
		if what := s.save.what; what != "" {
			f.Bad("a restart begins with the map of before, or with none", "the map is not written: %s", what)
		}
		for _, c := range s.copies {
			c.findings(now, f)
		}
	})
}
