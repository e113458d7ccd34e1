package linktest

import (
	mrand "math/rand/v2"
	"sync"
	"time"
)

// A world may be split into parts, each with hosts of its own, that run side by side on
// as many processors. What a host sends reaches another part no sooner than the shortest
// cable between parts is long. So for as long parts need not look at one another: they
// run to the end of such a window, exchange what is under way, and go on. A run depends
// on the seed and on how many parts there are, and not on which part is faster.
//
// Functions of At and After run between windows, when no part does, and so may touch
// every host. What a host calls back runs on its part's thread.

// parts is how a world is split.
type parts struct {
	all   []*Sim
	least time.Duration // window
}

// Split splits a world that has no hosts yet. Cables between hosts of different parts
// must have a delay of least or more. A split world has no Trace.
func (s *Sim) Split(n int, least time.Duration) {
	for range n {
		s.parts.all = append(s.parts.all, &Sim{Now: s.Now, start: s.start, Costs: s.Costs,
			Rand: mrand.New(mrand.NewPCG(s.Rand.Uint64(), 2)), mail: make(map[*Sim][]event, n)})
	}
	s.parts.least = least
}

// Part returns a part, whose Host makes hosts of it; of a world that is not split, the
// world.
func (s *Sim) Part(i int) *Sim {
	if len(s.parts.all) == 0 {
		return s
	}
	return s.parts.all[i%len(s.parts.all)]
}

// runParts is RunUntil for a split world; done is asked between windows.
func (s *Sim) runParts(end time.Time, done func() bool) bool {
	windows := make([]chan time.Duration, len(s.parts.all))
	var running sync.WaitGroup
	for i, p := range s.parts.all[1:] {
		w := make(chan time.Duration)
		windows[i+1] = w
		go func() {
			for until := range w {
				p.runBefore(until)
				running.Done()
			}
		}()
		defer close(w)
	}
	last := end.Sub(s.start)
	for !done() {
		own, others := s.events.first(), s.firstOfParts()
		switch {
		case min(own, others) > last:
			s.now(last)
			return done()
		case own <= others:
			s.now(own)
			s.step()
		default:
			until := min(others+s.parts.least, own, last+1)
			for i, p := range s.parts.all[1:] {
				if p.events.first() < until {
					running.Add(1)
					windows[i+1] <- until
				}
			}
			s.parts.all[0].runBefore(until)
			running.Wait()
		}
		s.deliver()
	}
	return true
}

// runBefore has happen what is due before a time.
func (s *Sim) runBefore(until time.Duration) {
	for s.events.first() < until {
		s.step()
	}
}

func (s *Sim) firstOfParts() time.Duration {
	at := never
	for _, p := range s.parts.all {
		at = min(at, p.events.first())
	}
	return at
}

// now sets all clocks.
func (s *Sim) now(at time.Duration) {
	s.Now = s.start.Add(at)
	for _, p := range s.parts.all {
		p.Now = s.Now
	}
}

// deliver moves what is under way between parts, in the order in which it was sent, and
// counts.
func (s *Sim) deliver() {
	for _, from := range s.parts.all {
		for _, to := range s.parts.all {
			for i, e := range from.mail[to] {
				to.schedule(to.start.Add(e.at), e)
				from.mail[to][i] = event{}
			}
			from.mail[to] = from.mail[to][:0]
		}
		s.Frames, s.Bytes = s.Frames+from.Frames, s.Bytes+from.Bytes
		from.Frames, from.Bytes = 0, 0
	}
}

// send has an event of another part's host happen at t.
func (s *Sim) send(to *Sim, t time.Time, e event) {
	e.at = t.Sub(s.start)
	s.mail[to] = append(s.mail[to], e)
}
