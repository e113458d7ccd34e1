// Package onion has what a circuit is made of, without any state of a node: the set-up
// packet that gives each hop its keys, the layer that every hop applies to a frame,
// control cells, the windows that let a number pass once, a node's onion keys and the
// filter of set-ups that came before. The formats are in wire.md. It does no I/O, reads
// no clock and knows neither links nor neighbours.
package onion
