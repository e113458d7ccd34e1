package server

// evictions say who is next to go for others to come: those of crowds. They are for one
// snapshot; a relay that it does not have is in no crowd yet.
type evictions struct {
	at   int   // the crowd whose turn it is, from 1
	gone []int // how many of each went
}

// victim says whether a crowd is larger than it may be, and turns to the next that is.
func (s *Server) victim() bool {
	n := s.snap
	if n == nil || len(n.crowd.members) < 2 {
		return false
	}
	if s.crowd.gone == nil {
		s.crowd = evictions{1, make([]int, len(n.crowd.members))}
	}
	for ; s.crowd.at < len(n.crowd.members); s.crowd.at++ {
		if len(n.crowd.members[s.crowd.at])-s.crowd.gone[s.crowd.at] > s.c.Relays/crowdPart {
			return true
		}
	}
	return false
}

// makeRoom has relays of crowds go until so many bytes of a further one fit.
func (s *Server) makeRoom(bytes int) bool {
	for !s.room(bytes) {
		if !s.victim() {
			return false
		}
		k := s.crowd.at
		v := s.snap.crowd.members[k][s.crowd.gone[k]]
		s.crowd.gone[k]++
		if h := s.store.find(s.snap.relay(v).short); h != nil && h.raw.SameKey(s.snap.relay(v).raw) {
			s.store.remove(h.short, false)
			s.N.Evicted++
		}
	}
	return true
}

// mayReplace says whether a relay may take the place of one of a crowd: someone who is in
// none states a link with it, and it with him.
func (s *Server) mayReplace(c *candidate) bool {
	if !s.victim() {
		return false
	}
	links := c.raw.Links()
	for i := range links.Len() {
		id := links.ID(i)
		v := s.snap.marks.g.Find(id)
		if v < 0 || s.snap.crowd.has(v) {
			continue
		}
		if h := s.store.find(id); h != nil {
			if _, ok := h.raw.Links().Find(c.short); ok {
				return true
			}
		}
	}
	return false
}
