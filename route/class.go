package route

import "hopwire/link/identity"

// There is one store, and one copy of each announcement in it. Why it is kept is its
// class, or several; each class has a quota, so that none pushes out what another needs.

type class byte

// Classes of the store.
const (
	inVicinity class = 1 << iota // near us: MaxNodes
	onWay                        // on the way to a route server
	inAnswer                     // on a path chosen from a route server's answer

	// open are the classes of which others may know that we have it. What is of an answer
	// alone says whom we talk to: no neighbour is told, asked or answered by it.
	open = inVicinity | onWay
)

// quota is how many nodes a class has room for.
func (m *Map) quota(c class) int {
	switch c {
	case onWay:
		return maxOnWay
	case inAnswer:
		return m.c.MaxAnswers
	}
	return m.c.MaxNodes
}

// Full says whether there is no more room in the vicinity: there may be more nodes than
// are known.
func (m *Map) Full() bool { return m.full() }

func (m *Map) full() bool { return m.members[inVicinity] >= m.c.MaxNodes }

// retain stores a verified announcement in a class (not the vicinity), or adds the class to
// one that is stored; of two announcements the newer stays. False: the class has no room
// (nothing is changed), or another key has the short id.
func (m *Map) retain(w *unverified, c class) bool {
	if o := m.node(w.short); o == nil || o.class&c == 0 {
		if m.members[c] >= m.quota(c) {
			return false
		}
	}
	o := m.store(w)
	if o == nil {
		return false
	}
	m.enlist(o, c)
	return true
}

// enlist adds a class to a node.
func (m *Map) enlist(o *node, c class) {
	if o.class&c == 0 {
		o.class |= c
		m.members[c]++
	}
}

// settle has a node in the vicinity, as first heard on a port.
func (m *Map) settle(o *node, from *port) {
	m.enlist(o, inVicinity)
	o.from = from
	from.heard++
	m.graph.near[o.vertex], m.graph.stale = true, true
}

// release takes classes away from a node. One of no class leaves the store.
func (m *Map) release(o *node, classes class) {
	had := o.class
	o.class &^= classes
	for c := inVicinity; c <= inAnswer; c <<= 1 {
		if had&c > o.class&c {
			m.members[c]--
		}
	}
	if had&inVicinity > o.class&inVicinity {
		o.from.heard--
		o.from, o.distance = nil, -1
		m.graph.near[o.vertex], m.graph.stale = false, true
	}
	if o.class&open == 0 {
		m.unqueue(o)
	}
	if o.class == 0 {
		m.drop(o)
	}
}

// remove takes a node out of the store.
func (m *Map) remove(o *node) { m.release(o, o.class) }

// open finds one of which others may know by its short id; nil: there is none.
func (m *Map) open(id identity.ShortID) *node {
	if o := m.node(id); o != nil && o.class&open != 0 {
		return o
	}
	return nil
}

// store enters a verified announcement, of no class yet if the node is new; of two the
// newer stays. Nil: another key has the short id.
func (m *Map) store(w *unverified) *node {
	o := m.node(w.short)
	switch {
	case o == nil:
		return m.insert(w)
	case !o.raw.SameKey(w.a):
		m.N.Unwanted++
		return nil
	case o.raw.Before(w.a):
		if !o.raw.Links().Same(w.a.Links()) {
			o.since = w.at
		}
		m.replace(o, w.a)
		o.age, o.at = w.age, w.at
	}
	return o
}

// unqueue forgets to whom a node's announcement is to be sent.
func (m *Map) unqueue(o *node) {
	for _, n := range m.near {
		n.queued.set(o.vertex, false)
		n.newer.set(o.vertex, false)
	}
}
