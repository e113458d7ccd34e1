package link

// A seenCache remembers the last few thousand first messages in two generations.
type seenCache struct{ now, before map[uint64]struct{} }

// add says whether h is new and remembers it.
func (s *seenCache) add(h uint64) bool {
	if s.has(h) {
		return false
	}
	if s.now == nil || len(s.now) >= seenSize/2 {
		s.before, s.now = s.now, map[uint64]struct{}{}
	}
	s.now[h] = struct{}{}
	return true
}

func (s *seenCache) has(h uint64) bool {
	_, a := s.now[h]
	_, b := s.before[h]
	return a || b
}

// A recent remembers beacons by their check, which is another for each: the newest of
// those that share a place. It is a table of fixed size, since honest beacons fill it.
type recent [recentSize]uint32

// add says whether check is not remembered, and remembers it.
func (r *recent) add(check uint64) bool {
	place := &r[check%recentSize]
	if *place == uint32(check>>32) {
		return false
	}
	*place = uint32(check >> 32)
	return true
}
