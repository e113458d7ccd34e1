package route

import (
	"encoding/binary"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
)

// A way to a route server travels the mesh as a path vector, from neighbour to neighbour,
// so that everybody has one without asking (wire.md, "Ways").

// A way is what a neighbour told. It never changes but for when it was told.
type way struct {
	ids      []identity.ShortID // the server first, the neighbour last
	from     *near
	sequence uint32 // of the server, when it was told first
	since    tick   // it is told like this
	told     tick   // the last time
	gone     bool   // it is not told any more
}

func (w *way) hops() int { return len(w.ids) }

// has says whether a node is on a way; no way has any.
func (w *way) has(id identity.ShortID) bool {
	if w == nil {
		return false
	}
	for i := range w.ids {
		if w.ids[i] == id {
			return true
		}
	}
	return false
}

// takeWay takes a path vector. One that is refused is as good as a withdrawal: what the
// neighbour told before does not hold any more.
func (m *Map) takeWay(now time.Time, n *near, data []byte) {
	hops := len(data) / len(m.short)
	if hops == 0 || hops > maxWay || len(data) != waySize+hops*len(m.short) {
		m.N.BadFormat++
		return
	}
	t := m.ways.tick(now)
	w := &way{from: n, sequence: binary.LittleEndian.Uint32(data), since: t, told: t}
	good := w.read(data[waySize:], m.short, n.short)
	old := n.wayTo(w.ids[0])
	again := good && old != nil && old.same(w)
	if !n.news.Take(now, wayRate, wayBurst) || !n.port.news.Take(now, portWayRate, portWayBurst) {
		m.N.Limited++
		good = again
	} else if again {
		old.sequence, old.told = w.sequence, t
		m.freshen(n, w)
	}
	m.rankSoon(now)
	if again {
		m.N.WaysTaken++
		return
	}
	m.forgetWay(n, old)
	if !good || len(n.ways) >= maxTold || n.port.ways >= maxPortWays {
		m.N.WaysRefused++
		return
	}
	m.N.WaysTaken++
	n.ways = append(n.ways, w)
	n.port.ways++
}

// read reads the ids: each once, we not among them, the neighbour last.
func (w *way) read(data []byte, self, last identity.ShortID) (ok bool) {
	ok = true
	w.ids = make([]identity.ShortID, 0, len(data)/len(self))
	for ; len(data) > 0; data = data[len(self):] {
		id := identity.ShortID(data)
		ok = ok && id != self && !w.has(id)
		w.ids = append(w.ids, id)
	}
	return ok && w.ids[len(w.ids)-1] == last
}

func (w *way) same(o *way) bool {
	if len(w.ids) != len(o.ids) {
		return false
	}
	for i := range w.ids {
		if w.ids[i] != o.ids[i] {
			return false
		}
	}
	return true
}

// wayTo is what a neighbour tells of a server; nil: nothing.
func (n *near) wayTo(server identity.ShortID) *way {
	for _, w := range n.ways {
		if w.ids[0] == server {
			return w
		}
	}
	return nil
}

// takeNoWay: a neighbour has no way to these servers any more.
func (m *Map) takeNoWay(now time.Time, n *near, data []byte) {
	for ; len(data) >= len(m.short); data = data[len(m.short):] {
		if w := n.wayTo(identity.ShortID(data)); w != nil {
			m.forgetWay(n, w)
			m.rankSoon(now)
		}
	}
}

func (m *Map) forgetWay(n *near, w *way) {
	if w != nil {
		w.gone = true
		n.ways = step.Remove(n.ways, w)
		n.port.ways--
		m.ways.stale = true
	}
}

// forgetWays forgets all that a neighbour has told, as its link is lost.
func (m *Map) forgetWays(now time.Time, n *near) {
	n.gone = true
	for len(n.ways) > 0 {
		m.forgetWay(n, n.ways[0])
	}
	m.rankSoon(now)
}

// stands says whether a way is told and complete: the announcements of all on it are
// here, each link is stated by both its ends, and all are what they are on it for.
func (m *Map) stands(w *way) bool {
	if w == nil || w.gone {
		return false
	}
	var before *node
	for i := range w.ids {
		o := m.open(w.ids[i])
		flag := byte(announce.FlagRelay)
		if i == 0 {
			flag = announce.FlagServer
		}
		if o == nil || o.raw.Flags()&flag == 0 || before != nil && before.edge(o.vertex) < 0 {
			return false
		}
		before = o
	}
	return true
}

// gather asks the neighbour that told a way for the announcements that it lacks, or that
// do not state a link of it.
func (m *Map) gather(now time.Time, w *way) {
	var before *node
	asked := true
	for i := range w.ids {
		o := m.open(w.ids[i])
		unlinked := before != nil && o != nil && before.edge(o.vertex) < 0
		if unlinked && !asked {
			m.wish(w.from, before.short)
		}
		if asked = o == nil || unlinked; asked {
			m.wish(w.from, w.ids[i])
		}
		before = o
	}
	m.pump(now, w.from)
}

// freshen asks for the server's announcement if the neighbour has a newer one.
func (m *Map) freshen(n *near, w *way) {
	if o := m.open(w.ids[0]); o != nil && o.class&onWay != 0 && int32(w.sequence-o.raw.Sequence()) > 0 {
		m.wish(n, w.ids[0])
	}
}

// mend asks a neighbour for what is missing of the ways that are held by it, or should
// have been announced anew, and forgets what it has not told for long.
func (m *Map) mend(now time.Time, n *near) {
	for i := len(n.ways) - 1; i >= 0; i-- {
		if w := n.ways[i]; m.ways.tick(now)-w.told > tick(maxAge) {
			m.forgetWay(n, w)
		}
	}
	for _, s := range m.ways.slots {
		w := s.held
		if w == nil || w.from != n {
			continue
		}
		for j := range w.ids {
			if o := m.open(w.ids[j]); o == nil || o.class&inVicinity == 0 && o.ageAt(now) > refreshAfter+digestGap {
				m.wish(n, w.ids[j])
			}
		}
	}
}
