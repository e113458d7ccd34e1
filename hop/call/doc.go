// Package call has reliable requests and responses of up to 1 MiB over a session that
// loses, repeats and reorders: fragments, acknowledgements by bitmap, resending by
// measured round-trip time, and one bound on the memory of all. The wire format and
// its rules are in wire.md.
package call
