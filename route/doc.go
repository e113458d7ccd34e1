// Package route knows the way: signed announcements of links, the bounded store of those
// near by, and the paths that follow from them. The formats are written in wire.md.
//
//	m := route.New(route.Config{Identity: id, Env: env, Jitter: jitter, Boot: boot, Onion: keys.Public})
//	m.LinkUp(now, l)                     // with LinkDown and Message: by the node
//	paths, err := m.Paths(now, to, 3)    // the cheapest first, the others as disjoint as can be had
//	m.Failed(now, path, i, reason)       // hop i, or the link to it, is avoided for a while
//	next := m.Advance(now)
//
// A Map is one node's knowledge: it believes a link only when both ends state it, and
// nobody but a node itself can say anything in its name.
//
// It does no I/O, reads no clock, starts no goroutine and is not safe for concurrent
// use. It opens no circuits, and does not know who has any.
package route
