// Package route knows the way: signed announcements of links, the bounded store
// of those near by, and the paths that follow from them. The wire formats are
// written in wire.md.
package route
