package server

import "time"

// checkNext has the next signatures checked, elsewhere, one job at a time: sources take
// turns, so that who sends much waits for himself.
func (s *Server) checkNext(now time.Time) {
	for !s.check {
		g := s.nextGift()
		if g == nil {
			return
		}
		list := s.batch(now, g)
		if len(list) == 0 {
			s.finish(now, g, false)
			continue
		}
		s.check = true
		ok := s.c.Work(Checking, func() func(time.Time) {
			good := verified(list)
			return func(now time.Time) {
				s.check = false
				s.checked(now, g, list, good)
				s.checkNext(now)
			}
		})
		if !ok {
			s.check = false
			s.finish(now, g, true)
		}
	}
}

// verified is how many of the first are signed by those who they say they are of.
func verified(list []candidate) int {
	for i := range list {
		if !list[i].raw.Verify() {
			return i
		}
	}
	return len(list)
}

// nextGift returns the oldest gift of the source whose turn it is; nil: none waits.
func (s *Server) nextGift() *gift {
	for i := range s.sources {
		at := (s.turn + i) % len(s.sources)
		if o := s.sources[at]; len(o.gifts) > 0 {
			s.turn = at + 1
			return o.gifts[0]
		}
	}
	return nil
}

// batch takes the next announcements of a gift that are still news; none: it is at its
// end.
func (s *Server) batch(now time.Time, g *gift) (list []candidate) {
	for len(g.list) > 0 && len(list) < checkBatch {
		if s.news(now, &g.list[0]) {
			list = append(list, g.list[0])
		}
		g.list = g.list[1:]
	}
	return list
}

// checked stores what is signed. No honest node passes on what is not, so what came with
// it is not looked at.
func (s *Server) checked(now time.Time, g *gift, list []candidate, good int) {
	for i := range list[:good] {
		if s.install(now, &list[i]) {
			g.accepted++
		}
	}
	if good < len(list) {
		s.N.BadSignature++
		g.list = nil
	}
	if len(g.list) == 0 {
		s.finish(now, g, false)
	}
}

// finish takes a gift out, which is the first of its source.
func (s *Server) finish(now time.Time, g *gift, refused bool) {
	o := g.from
	o.gifts[0] = nil
	o.gifts = o.gifts[1:]
	o.waiting -= g.bytes
	s.waiting -= g.bytes
	g.done(now, g.accepted, refused)
}

// install stores a verified announcement, in the place of another relay when there is no
// room.
func (s *Server) install(now time.Time, c *candidate) bool {
	if !s.news(now, c) {
		return false
	}
	if s.store.find(c.short) == nil && !s.makeRoom(len(c.raw)) {
		s.N.Full++
		return false
	}
	s.store.put(now.Sub(s.start), c)
	s.N.Accepted++
	return true
}
