// Package node is one whole node without sockets: links, circuits, the map and sessions,
// wired together. It has the ends of circuits: who is there, packets and calls, and how a
// source keeps a circuit to a peer (opening, joining, renewing, moving, loss). The
// formats are in wire.md.
//
//	n := node.New(now, config, func(keys *onion.Keys) node.Map { return route.New(...) })
//	n.Receive(now, port, frame)           // a frame that a port has read
//	n.Packet(now, head, rest)             // a packet of the TUN; what comes back goes to Config.Deliver
//	n.Call(now, to, request, done)
//	n.Errand(now, node.Errand{Path: path, Request: request, Done: done}) // who is asked does not know by whom
//	next := n.Advance(now)                // at the end of each turn; zero: nothing pending
//
// A test can run it as it is, on virtual time (route/meshtest); package hop/run gives it
// a clock, threads and sockets.
//
// It does no I/O, reads no clock, starts no goroutine and is not safe for concurrent
// use. It finds no paths itself (Map does), and knows no money.
package node
