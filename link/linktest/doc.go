// Package linktest runs cores of the link layer and above on virtual time: hosts, cables
// and their faults, all under one seed. The same seed gives the same run.
//
//	s := linktest.New(seed)
//	h := s.Host()                             // it is a link.Env
//	h.Core = link.New(config, upper)
//	cable := s.Segment(200 * time.Microsecond)
//	end := cable.Attach(h)                    // then give the core a port for it
//	s.Run(10 * time.Second)                   // takes as long as the work in it
//
// A segment may lose, repeat and delay frames and be cut in one direction; public-key
// work may take as long as on a small router (Costs).
//
// It is for tests alone. It reads no clock, sleeps never and starts no goroutine.
package linktest
