package route

import (
	"slices"
	"time"

	"hopwire/link/identity"
)

// A takeover is of a part of a server's map: what is news is verified, one
// signature a job, and kept as answers are, but until it is too old.
type takeover struct {
	m      *Map
	read   func() (Next, bool)
	began  time.Time
	list   []unverified // left to do
	stored int
	fault  Fault
	done   func(now time.Time, stored int, f Fault)
}

// Copy takes announcements over, as many as there is room for, and reports how many were
// new. The worker calls read, whose announcements stay as they are until then.
func (m *Map) Copy(now time.Time, read func() (Next, bool), done func(now time.Time, stored int, f Fault)) {
	c := &takeover{m: m, read: read, began: now, done: done}
	m.job(now, 1, c.parse, c.next)
}

func (c *takeover) parse() {
	next, ok := c.read()
	if !ok {
		c.fault = FaultFormat
		return
	}
	for len(c.list) < joinBeside {
		raw, age, ok := next()
		if !ok {
			return
		}
		c.list = append(c.list, unverified{raw, raw.Key().Short(), age, c.began})
	}
}

// next has the next verified that is news.
func (c *takeover) next(now time.Time) {
	for len(c.list) > 0 {
		w := c.list[0]
		c.list = c.list[1:]
		if !c.m.worthCopying(now, &w) {
			continue
		}
		w.a = slices.Clone(w.a)
		good := false
		c.m.job(now, 1, func() { good = w.a.Verify() }, func(now time.Time) {
			if !good {
				c.done(now, c.stored, FaultSignature)
				return
			}
			if c.m.keepVerified(now, &w) {
				c.stored++
			}
			c.next(now)
		})
		return
	}
	c.done(now, c.stored, c.fault)
}

func (m *Map) worthCopying(now time.Time, w *unverified) bool {
	if w.short == m.short || w.age+now.Sub(w.at) >= maxAge {
		return false
	}
	o := m.node(w.short)
	if o == nil {
		return m.members[inAnswer] < m.quota(inAnswer)
	}
	return o.raw.Before(w.a)
}

// Uncopy forgets nodes that were copied and that the server does not have any more.
func (m *Map) Uncopy(id identity.ShortID) {
	if o := m.node(id); o != nil {
		m.release(o, inAnswer)
	}
}
