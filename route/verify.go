package route

import (
	"encoding/binary"
	"slices"
	"time"

	"hopwire/link"
	"hopwire/link/step"
)

// To verify a signature takes 12 ms on a small router, and anybody can send one. So
// ports take turns, and on each port its neighbours; who sends a bad one, which no
// honest neighbour passes on, must wait.

// checks is the state of it: one signature is verified at a time.
type checks struct {
	busy bool
	turn int // of ports
	rate step.Bucket
}

// An unverified announcement waits for its turn.
type unverified struct {
	a   raw
	age time.Duration // at
	at  time.Time
}

// takeAnnouncement checks what is cheap to check and has the signature verified later.
func (m *Map) takeAnnouncement(now time.Time, n *near, data []byte) {
	m.N.Received++
	if len(data) < ageSize {
		m.N.BadFormat++
		return
	}
	a, err := parse(data[:len(data)-ageSize])
	age := time.Duration(binary.LittleEndian.Uint32(data[len(data)-ageSize:])) * time.Millisecond
	if err != nil || age > maxAge {
		m.N.BadFormat++
		return
	}
	if !m.news(now, n, a) {
		return
	}
	if m.full() && m.stranger(a) && m.tooFar(n, a) {
		m.spurn(n, a)
		return
	}
	if n.supersede(now, a, age) {
		return
	}
	if len(n.waiting) >= verifyQueue || n.port.waiting >= verifyPort {
		m.N.Limited++
		m.wish(n, a.key().Short(), a.sequence())
		return
	}
	n.waiting = append(n.waiting, unverified{slices.Clone(a), age, now})
	n.port.waiting++
	m.verifyNext(now)
}

// supersede puts an announcement in the place of one of the same node that waits: where
// all boot, most are old before their turn comes.
func (n *near) supersede(now time.Time, a raw, age time.Duration) bool {
	for i := range n.waiting {
		w := &n.waiting[i]
		if w.a.key() == a.key() {
			if int32(a.sequence()-w.a.sequence()) > 0 {
				w.a, w.age, w.at = append(w.a[:0], a...), age, now
			}
			return true
		}
	}
	return false
}

// news says whether an announcement tells what we do not know. If it is older than what
// we have, that is offered.
func (m *Map) news(now time.Time, n *near, a raw) bool {
	o := m.node(a.key().Short())
	switch {
	case a.key() == m.c.Identity.Key():
		return m.above(a)
	case o == nil || o.raw.key() == a.key() && o.before(a):
		return true
	case o.raw.key() != a.key(): // two of somebody's own: the first has the short id
		m.N.Unwanted++
	case a.sequence() == o.raw.sequence():
		m.N.Duplicate++
	default:
		m.N.Old++
		m.offer(now, n, o.vertex)
	}
	return false
}

// stranger says whether nothing is stored of who announces.
func (m *Map) stranger(a raw) bool { return m.node(a.key().Short()) == nil && !m.isOwn(a) }

// verifyNext has the next signature verified, elsewhere, within the rate.
func (m *Map) verifyNext(now time.Time) {
	for !m.checks.busy {
		n := m.nextWaiting(now)
		if n == nil {
			return
		}
		if has := m.checks.rate; !has.Take(now, verifyRate, verifyBurst) {
			m.next.By(now.Add(time.Second / verifyRate))
			return
		}
		if w := n.shift(); m.worth(now, n, w.a) {
			m.check(now, n, w)
		}
	}
}

// nextWaiting returns the neighbour whose turn it is; nil: nothing waits that may.
func (m *Map) nextWaiting(now time.Time) *near {
	for i := range m.ports {
		at := (m.checks.turn + i) % len(m.ports)
		p := m.ports[at]
		if p.waiting == 0 {
			continue
		}
		if n := p.next(now, &m.next); n != nil {
			m.checks.turn = at + 1
			return n
		}
	}
	return nil
}

func (p *port) next(now time.Time, wake *step.Timer) *near {
	for i := range p.near {
		at := (p.turn + i) % len(p.near)
		n := p.near[at]
		switch {
		case len(n.waiting) == 0:
		case now.Before(n.repute.paused):
			wake.By(n.repute.paused)
		default:
			p.turn = at + 1
			return n
		}
	}
	return nil
}

// shift takes the first that waits.
func (n *near) shift() unverified {
	w := n.waiting[0]
	last := len(n.waiting) - 1
	copy(n.waiting, n.waiting[1:])
	n.waiting[last] = unverified{}
	n.waiting = n.waiting[:last]
	n.port.waiting--
	return w
}

// worth says whether a signature is to be verified, now that its turn has come.
func (m *Map) worth(now time.Time, n *near, a raw) bool {
	if !m.news(now, n, a) {
		return false
	}
	if o := m.node(a.key().Short()); o != nil && !m.isOwn(a) {
		if has := o.spread; !has.Take(now, originRate, originBurst) {
			m.N.Limited++
			return false
		}
	} else if m.full() && m.stranger(a) && !m.keeps(now, n, a) {
		m.checks.rate.Take(now, verifyRate, verifyBurst) // for the look at it
		m.spurn(n, a)
		return false
	}
	return true
}

// check verifies a signature elsewhere.
func (m *Map) check(now time.Time, n *near, w unverified) {
	m.checks.rate.Take(now, verifyRate, verifyBurst)
	m.checks.busy = true
	ok := m.c.Env.Work(link.Cost{Class: link.ClassVerify, Sign: 1}, func() func(time.Time) {
		good := verify(w.a)
		return func(now time.Time) {
			m.checks.busy = false
			m.checked(now, n, w, good)
			m.verifyNext(now)
		}
	})
	if !ok {
		m.checks.busy = false
		m.N.Limited++
		m.wish(n, w.a.key().Short(), w.a.sequence())
	}
}

func (m *Map) checked(now time.Time, n *near, w unverified, good bool) {
	age := w.age + now.Sub(w.at)
	switch {
	case !good:
		m.N.BadSignature++
		n.repute.lied(now)
	case m.isOwn(w.a):
		m.sawOwn(now, n, w.a, age)
	case age <= maxAge:
		m.install(now, n, w.a, age)
	}
	m.pump(now, n) // more may be asked for
}

// lied has who sent a bad signature wait, twice as long as the last time. A minute
// without one takes one of them back.
func (r *repute) lied(now time.Time) {
	r.bad = max(0, r.bad-int(min(now.Sub(r.badAt), badMost*time.Minute)/time.Minute))
	r.bad = min(r.bad+1, badMost)
	r.badAt, r.paused = now, now.Add(badPause<<(r.bad-1))
}

// install stores a verified announcement and passes it on to the other neighbours.
func (m *Map) install(now time.Time, from *near, a raw, age time.Duration) {
	o := m.node(a.key().Short())
	switch {
	case o == nil:
		if o = m.admit(now, from, a, age); o == nil {
			return
		}
	case !m.news(now, from, a):
		return
	case !o.spread.Take(now, originRate, originBurst):
		m.N.Limited++
		return
	default:
		m.replace(o, a)
		o.age, o.at = age, now
	}
	m.N.Accepted++
	m.expire.By(now.Add(maxAge - age))
	m.next.By(m.expire.At())
	m.recall(from, o)
	for _, n := range m.near {
		if n != from && n.short != o.short {
			m.offer(now, n, o.vertex)
		}
	}
}
