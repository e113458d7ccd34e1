// Package query has the calls by which nodes and route servers ask each other for parts
// of the map: how a request and its response are written and read, for both ends.
//
//	request := query.AppendSegments(nil, destination) // a mesh IPv6 address
//	r, err := query.ParseResponse(query.OpSegments, response)
//	for a := r.Announcements; ; {
//		raw, age, ok := a.Next() // in order, of the right form; raw.Verify is the caller's
//		...
//	}
//
// A server reads with ParseRequest and writes with the Append functions of responses.
// The formats are in wire.md. There is one form of each; everything else is ErrFormat.
// What is parsed points into the bytes that were given: nothing is allocated by a length
// that somebody states. Nothing here keeps state, does I/O, reads a clock or draws at
// random.
package query
