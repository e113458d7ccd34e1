package server

import "hopwire/link/identity"

// crowds are relays of which too many stand behind few others.
type crowds struct {
	of   []int32 // the crowd of each relay, from 1; 0: none
	size []int   // of each, from 1
	most int     // that may stay
}

// evictions say who is next to go, of the current snapshot.
type evictions struct {
	next int32
	left []int
}

func findCrowds(l *Landmarks, own int32, most int) crowds { return crowds{} }

func (s *Server) mayReplace(id identity.ShortID) bool { return false }

func (s *Server) makeRoom(bytes int) bool { return s.room(bytes) }
