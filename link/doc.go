// Package link is what stands between a node and its physical neighbours: frames,
// discovery, sessions with each neighbour and their keys, liveness, messages that
// arrive, and the queue of each port. The formats are written in wire.md; how two nodes
// get keys stands in link/handshake, who they are in link/identity.
//
// Links is the core. Its owner gives it every frame that a port has read, and calls
// Advance when it said, and at the end of each turn Flush:
//
//	ls := link.New(link.Config{Identity: id, NetworkKeys: keys, Env: env, Rand: rand, Jitter: jitter}, upper)
//	ls.AddPort(now, 0, info)
//	ls.Receive(now, 0, frame)   // upper hears of links, frames of circuits and messages
//	next := ls.Advance(now)     // zero: nothing pending
//	ls.Flush(now)
//
// What goes out comes by Env.Send, and waits in a Queue, which seals it when it leaves.
//
// The core does no I/O, makes no system call, reads no clock, starts no goroutine and
// draws from the readers that it is given, so that a simulator can run it
// (link/linktest). The sockets are in link/nic. It knows nothing of circuits: a frame
// whose label is not 0 is passed up as it is.
package link
