// Package ask asks route servers for ways that the vicinity does not have, without telling
// them who asks. wire.md says by which rules and why, and what they leave to be learnt.
//
//	c := ask.New(ask.Config{Map: m, Rand: rand, Jitter: jitter, Servers: servers})
//	n := node.New(now, config, func(*onion.Keys) node.Map { return c })
//	c.Attach(n)                          // by which it asks; from then on the node needs no more
//	c.Resolve(now, ip, done)             // the key of a mesh address to which a circuit is wanted
//	c.ServerList(now); c.N; c.Ways(...)  // for display
//
// A Client is a node's map: what it is asked for by Paths, it asks servers for, by
// errands, one for each. The rules are pure functions beside it: Draw (whom), Way (by which way), Pace
// (when frames leave), Gap, Retry, Compare, Renew (when questions leave). What a server
// sees is either drawn anew for each question, or the same for all askers behind the same
// last hop; a Draw decides only what does not show.
//
// Nothing here does I/O, reads a clock or draws from a generator but those passed in. It is
// not safe for concurrent use. What is answered is judged and joined by package route.
package ask
