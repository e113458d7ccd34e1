// Package run runs one node on a machine: it has the clock, the ports, the TUN and all
// goroutines, and nothing else in hop has any of these. queues.md says what waits where.
//
//	r, err := run.New(frames)            // it is the node's link.Env
//	n := node.New(time.Now(), config, newMap)
//	r.Errors = func(id int, name string, err error) { ... } // a port has ended
//	r.Start(n)
//	id := r.AddPort(port, info)
//	r.AttachTUN(tun)
//	r.Turn(func(now time.Time) { ... })  // the only place where others may use the node
//	r.Close()                            // returns when all goroutines have ended
//
// A lane is a thread that serves one receive queue of each port. Frames that only pass
// through are handled by all lanes side by side; everything else is a turn, of which
// there is one at a time: timers, handshakes, sessions, the control socket. Public-key
// work is done by the Worker, on a thread of the lowest priority.
//
// It never decides about a frame's meaning, and holds no more frames than it was given.
package run
