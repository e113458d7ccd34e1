// Package server is what a route server knows and answers: the whole map, as far as it
// fits, and for each relay the ways that lead to it.
//
//	s := server.New(now, server.Config{Identity: id, Work: work, ...})
//	s.Load(now, file, clock)                    // what an earlier one saved
//	s.Serve(now, caller, request, reply)        // the calls of route/query
//	next := s.Advance(now)                      // at the end of each turn
//	s.Snapshot().Save(file, id, now, clock)
//
// Below that are the map as a graph and the ways in it:
//
//	b := server.NewBuilder(relays)
//	b.Relay(id, passes); b.Link(id, to, cost)   // as announced
//	g := b.Graph()                              // links that both ends state
//	l := server.Spread(g, servers, landmarks)
//	relays := l.Segments(to, most, size)        // the same for whoever asks
//	f := server.NewFinder(l)                    // one for each that asks at once
//	ways := f.Paths(query)                      // for a server's own people
//	gates, within := f.Gates(own, most, draw)   // who may be invented by whom
//
// An answer depends on the destination alone: the ways to it from landmarks that are the
// same for everybody. Whoever asks joins them to the ways that he knows himself, so the
// server learns nothing of where he is (as with the down segments of SCION, Perrig and
// others 2017, section 7).
//
// How answers are composed and what was measured: routes.md.
//
// Graphs and trees are never changed once they are made, so that many may read them at
// once while the next ones are being made. Nothing here does I/O but by the reader and the
// writer of a file, reads a clock or draws at random. What a server can and cannot do is
// in wire.md.
package server
