package route

import (
	"encoding/binary"
	"slices"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
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
	a     announce.Raw
	short identity.ShortID // of who announces
	age   time.Duration    // at
	at    time.Time
}

// takeAnnouncement checks what is cheap to check and has the signature verified later.
func (m *Map) takeAnnouncement(now time.Time, n *near, data []byte) {
	m.N.Received++
	if len(data) < announce.AgeSize {
		m.N.BadFormat++
		return
	}
	a, err := announce.Parse(data[:len(data)-announce.AgeSize])
	age := time.Duration(binary.LittleEndian.Uint32(data[len(data)-announce.AgeSize:])) * time.Millisecond
	if err != nil || age > maxAge {
		m.N.BadFormat++
		return
	}
	w := unverified{a, a.Key().Short(), age, now}
	if m.news(now, n, &w) && (m.open(w.short) != nil || m.wanted(w.short) || !m.tooFar(n, &w)) && !n.supersede(&w) {
		m.wait(n, w)
		m.verifyNext(now)
	}
}

// wait has an announcement wait, if there is room for it; else it is asked for later.
func (m *Map) wait(n *near, w unverified) {
	if len(n.waiting) >= verifyQueue || n.port.waiting >= verifyPort {
		m.N.Limited++
		m.wish(n, w.short)
		return
	}
	w.a = slices.Clone(w.a)
	n.waiting = append(n.waiting, w)
	n.port.waiting++
}

// supersede puts an announcement in the place of one of the same node that waits: where
// all boot, most are old before their turn comes.
func (n *near) supersede(w *unverified) bool {
	for i := range n.waiting {
		if old := &n.waiting[i]; old.short == w.short {
			if old.a.Before(w.a) {
				old.a, old.age, old.at = append(old.a[:0], w.a...), w.age, w.at
			}
			return true
		}
	}
	return false
}

// news says whether an announcement tells what we do not know. If it is older than what
// we have, that is offered.
func (m *Map) news(now time.Time, n *near, w *unverified) bool {
	if w.short == m.short {
		return w.a.Key() == m.c.Identity.Key() && m.above(w.a)
	}
	o := m.open(w.short)
	switch {
	case o == nil:
		return true
	case !o.raw.SameKey(w.a): // two of somebody's own: the first has the short id
		m.N.Unwanted++
	case o.raw.Before(w.a):
		return true
	case w.a.Sequence() == o.raw.Sequence():
		m.N.Duplicate++
	default:
		m.N.Old++
		m.offer(now, n, o.vertex)
	}
	return false
}

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
		if w := n.shift(); m.worth(now, n, &w) {
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
		case now.Before(n.repute.lies.earliest(now, now)):
			wake.By(n.repute.lies.earliest(now, now))
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
func (m *Map) worth(now time.Time, n *near, w *unverified) bool {
	if !m.news(now, n, w) {
		return false
	}
	o := m.open(w.short)
	if o == nil && !m.wanted(w.short) {
		stays := m.keeps(n, w)
		if !stays { // to find that out costs as much as a signature
			m.checks.rate.Take(now, verifyRate, verifyBurst)
		}
		return stays
	}
	if o == nil {
		return true
	}
	if has := o.spread; !has.Take(now, originRate, originBurst) {
		m.N.Limited++
		return false
	}
	return true
}

// check verifies a signature elsewhere.
func (m *Map) check(now time.Time, n *near, w unverified) {
	m.checks.rate.Take(now, verifyRate, verifyBurst)
	m.checks.busy = true
	ok := m.c.Env.Work(link.Cost{Class: link.ClassVerify, Sign: 1}, func() func(time.Time) {
		good := false
		if m.c.Verify == nil {
			good = w.a.Verify()
		} else {
			w.a, good = m.c.Verify(w.a)
		}
		return func(now time.Time) {
			m.checks.busy = false
			m.checked(now, n, w, good)
			m.verifyNext(now)
		}
	})
	if !ok {
		m.checks.busy = false
		m.N.Limited++
		m.wish(n, w.short)
	}
}

func (m *Map) checked(now time.Time, n *near, w unverified, good bool) {
	w.age += now.Sub(w.at)
	w.at = now
	switch {
	case !good:
		m.N.BadSignature++
		n.repute.lies.used(now, lastGap)
	case w.short == m.short:
		m.sawOwn(n, &w)
	case w.age <= maxAge:
		m.install(n, &w)
	}
	m.pump(now, n) // more may be asked for
}

// install stores a verified announcement and passes it on to the other neighbours.
func (m *Map) install(from *near, w *unverified) {
	if !m.news(w.at, from, w) {
		return
	}
	o, relinked := m.open(w.short), true
	if o != nil && !o.spread.Take(w.at, originRate, originBurst) {
		m.N.Limited++
		return
	}
	if o != nil {
		relinked = !o.raw.Links().Same(w.a.Links()) || (o.raw.Flags()^w.a.Flags())&(announce.FlagRelay|announce.FlagServer) != 0
	}
	if o = m.store(w); o == nil || !m.place(from, w, o) {
		return
	}
	m.N.Accepted++
	m.expire.By(w.at.Add(maxAge - w.age))
	m.next.By(m.expire.At())
	m.spreadOn(from, w, o, relinked)
}

// spreadOn tells the other neighbours of an accepted announcement, and sees to the ways
// that it may have made or broken.
func (m *Map) spreadOn(from *near, w *unverified, o *node, relinked bool) {
	if o.class&onWay != 0 {
		at := w.at
		if relinked {
			m.rankSoon(at)
		} else {
			at = at.Add(newerGap)
		}
		if o.class&inVicinity == 0 {
			m.notify(from, o, at)
			return
		}
	}
	for _, n := range m.near {
		if n != from && n.short != o.short {
			m.offer(w.at, n, o.vertex)
		}
	}
}

// place has a stored node in the classes that it belongs to; false: in none of which
// others may know.
func (m *Map) place(from *near, w *unverified, o *node) bool {
	if o.class&onWay == 0 && m.wanted(o.short) && m.members[onWay] < maxOnWay {
		m.enlist(o, onWay)
	}
	if o.class&inVicinity == 0 && (o.class == 0 || !m.tooFar(from, w)) {
		m.admit(from, w, o)
	}
	return o.class&open != 0
}
