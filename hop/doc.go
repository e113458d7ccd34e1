// Package hop builds circuits over links. A source chooses all hops; each hop knows its
// two neighbours on the circuit and nothing else. The formats are written in wire.md.
//
// Circuits is the circuit layer of one node: circuits that start, end or pass through
// here. It stands between the links below and the sessions above, which it calls by
// Events:
//
//	cs := hop.NewCircuits(config, events)
//	cs.LinkUp(now, l)                         // by link.Upper, with Frame, Message, LinkDown
//	c, err := cs.Open(now, path, 1)           // Events.CircuitReady follows
//	c.Send(now, c.NextSeq(), frame)
//	next := cs.Advance(now)                   // at the end of each turn
//
// Frames come to it by a Lane. Those that only pass through are handled by several lanes
// side by side; what a lane leaves is done in its Finish, alone.
//
// The package also has the words that others need of a circuit: Path, Hop, Reason, Load,
// and Paths, which is what it needs of a map.
//
// It does no I/O, reads no clock and starts no goroutine, and keeps tables of the size
// that it was given at the start. It does not know who is at the other end of a circuit,
// what runs in it, how paths are found, or what they cost.
package hop
