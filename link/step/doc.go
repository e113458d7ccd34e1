// Package step has the small parts of a core that is stepped from outside: when to be
// called again (Timer, Earliest), how often something may be done (Bucket), and what is
// drawn at random (Draw, Stream, Jitter).
//
//	t.By(now.Add(gap))                          // be called by then
//	if t.Due(now) { ... }                       // it is time; the Timer is empty again
//	if !b.Take(now, perSecond, burst) { drop }
//	at := now.Add(step.Jitter(r, gap, 20))      // ± 20 %
//
// Such a core is link, hop or route: its owner calls it with the time and with what came
// in, and it says when it wants to be called again. So nothing here reads a clock or has
// randomness of its own: the same calls give the same results, and a simulator can run
// two hundred nodes on one thread. Nothing here starts a goroutine or is safe for
// concurrent use. It imports nothing of ours.
package step
