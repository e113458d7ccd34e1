// Package hop builds source-chosen circuits over links: set-up, the layer that
// every relay applies, relaying, end-to-end sessions, calls and IP. The wire
// formats are written in wire.md.
package hop
