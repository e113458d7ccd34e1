package server

import (
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
)

// A source is a neighbour by which calls come in, or a server that we copy. What it has
// us do and hold is counted for it.
type source struct {
	key       identity.Key
	copied    bool
	questions step.Bucket
	newcomers step.Bucket
	asking    int     // answers being made
	gifts     []*gift // that wait for their signatures to be checked
	waiting   int     // bytes of them
}

// source returns the one of a neighbour; nil: there are too many that are busy.
func (s *Server) source(now time.Time, key identity.Key, copied bool) *source {
	for _, o := range s.sources {
		if o.key == key && o.copied == copied {
			return o
		}
	}
	o := &source{key: key, copied: copied}
	if len(s.sources) < mostSources {
		s.sources = append(s.sources, o)
		return o
	}
	for i, old := range s.sources {
		if s.idle(now, old) {
			s.sources[i] = o
			return o
		}
	}
	return nil
}

// idle says whether a source is as good as a new one.
func (s *Server) idle(now time.Time, o *source) bool {
	rate, burst := s.newcomerRate()
	return o.asking == 0 && len(o.gifts) == 0 && o.questions.Full(now, questionRate, questionBurst) && o.newcomers.Full(now, rate, burst)
}

// newcomerRate is how many relays that we did not know a neighbour may bring, a second
// and at once.
func (s *Server) newcomerRate() (rate, burst float64) {
	return max(1, float64(s.c.Relays)/newcomerTime.Seconds()), max(64, float64(s.c.Relays)/newcomerPart)
}
