// Package announce has what a relay says of itself and of its links, signed: the one
// format in which the map travels, among neighbours and to and from route servers.
//
//	a := announce.Announcement{Key: id.Key(), Sequence: 7, Links: links}
//	raw := announce.Raw(a.Signed(id))
//	raw, err := announce.Parse(b)        // its form; raw.Verify() checks the signature
//	s, ok := raw.Links().Find(neighbour) // read when it is needed
//	c := announce.Cost(s, back).Time()   // of a link, as both its ends state it
//
// The format is written in wire.md. Nothing here does I/O, reads a clock or draws at
// random; a Raw is never changed, so many may read it at once.
package announce
