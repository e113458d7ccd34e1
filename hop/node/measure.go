package node

import (
	"time"

	"hopwire/link/step"
)

// A measure is what an errand knows of its round trip, by which its frames are held back.
// From message 1 to message 2 goes more than a round trip: each relay works the set-up out
// first, and message 1 waits for that. How long it takes tells how many relays there are,
// so it must not show. So the last relay before who is asked gets a Ping right behind
// message 1, which waits as long, and some more later, which do not: the difference is what
// the set-up has taken. What is left in the round trip beside the way is the work of the one
// who is asked. That one sees none of these; their times say nothing of when an answer came.
type measure struct {
	sent  int // pings
	at    time.Time
	ids   [measurePings]uint32
	first time.Duration // round trip of the one right behind message 1
	came  time.Time     // and when its answer did; zero: not yet
	least time.Duration // of those that did not wait; 0: none yet
}

const (
	measurePings = 8
	measureGap   = 20 * time.Millisecond  // ± 50 %, between the first two; each next is as much longer
	measureFor   = 300 * time.Millisecond // after message 2, what has not been measured is not waited for
	measureApart = 2 * time.Millisecond   // two answers that come closer have waited together
)

// begun sends the first ping.
func (e *errand) begun(now time.Time, _ *channel) {
	e.m = measure{at: now}
	if e.c.Hold != nil {
		e.ping(now)
	}
}

// ping sends the pings that are due.
func (e *errand) ping(now time.Time) {
	m := &e.m
	if m.at.IsZero() || m.sent == measurePings || e.c.Hold == nil {
		return
	}
	if now.Before(m.at) {
		e.n.next.By(m.at)
		return
	}
	i, ch := m.sent, e.ch
	m.sent++
	m.at = now.Add(step.Jitter(e.n.jitter, measureGap*time.Duration(m.sent), 50))
	e.n.next.By(m.at)
	id, err := e.n.question(now, func(now time.Time, rtt time.Duration, ok bool) {
		if ok && ch == e.ch {
			m.answer(now, i, rtt)
			e.n.next.By(now)
		}
	})
	if err == nil {
		m.ids[i] = id
		ch.c.Ping(now, len(ch.path.Hops)-2, id)
	}
}

// answer takes that to a ping.
func (m *measure) answer(now time.Time, i int, rtt time.Duration) {
	switch {
	case i == 0:
		m.first, m.came = rtt, now
	case !m.came.IsZero() && now.Sub(m.came) >= measureApart && (m.least == 0 || rtt < m.least):
		m.least = rtt
	}
}

// done says whether the set-up's part is known.
func (m *measure) done() bool { return m.least != 0 }

// without takes the set-up's part out of a round trip.
func (m *measure) without(rtt time.Duration) time.Duration {
	if !m.done() {
		return rtt
	}
	return max(rtt-max(m.first-m.least, 0), m.least)
}

// forget drops the questions that are open.
func (m *measure) forget(n *Node) {
	for _, id := range m.ids {
		delete(n.waits, id)
	}
}
