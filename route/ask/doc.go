// Package ask asks route servers for ways without telling them who asks. These are the
// rules that every question obeys; wire.md says why, and what they leave to be learnt.
//
//	servers := draw.Order(servers)               // who is asked first, who next
//	way, ok := Way(known, server, gradient, via) // relays between the asker and a server
//	pace.Hold(rtt, late)                         // how long a frame of an errand is held
//	Shuffle(r, destinations); Gap(r); Retry(r); Compare(r); Renew(r) // in what order, and when
//
// They do no I/O, read no clock and draw from no generator but the one passed in. What a
// server sees is either drawn anew for each question, or the same for all askers behind
// the same last hop; a Draw decides only what does not show.
package ask
