package route

import (
	"slices"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
)

// A Kept is what the store keeps of an answer: those nodes on its ways that nothing else
// keeps.
type Kept struct {
	Used time.Time // who has been used longest ago goes first; the caller's to set
	ids  []identity.ShortID
	gone bool

	refused []identity.ShortID
}

// keepAnswer stores what has been verified of an answer. When there is no room, what has
// not been used for longest goes.
func (m *Map) keepAnswer(now time.Time, ways []identity.ShortID, verified []*unverified) *Kept {
	k := &Kept{Used: now}
	m.kept = append(m.kept, k)
	for _, w := range verified {
		if !slices.Contains(ways, w.short) {
			continue
		}
		w.age, w.at = w.age+now.Sub(w.at), now
		for m.members[inAnswer] >= m.quota(inAnswer) && m.oldestKept(k) != nil {
			m.Release(m.oldestKept(k))
		}
		m.retain(w, inAnswer)
		m.expire.By(w.at.Add(maxAge - w.age))
	}
	m.next.By(m.expire.At())
	for _, id := range ways {
		if o := m.node(id); o != nil && o.class&inAnswer != 0 {
			k.ids = append(k.ids, id)
		}
	}
	return k
}

// oldestKept returns what has been used longest ago, of those beside k; nil: there is none.
func (m *Map) oldestKept(k *Kept) (oldest *Kept) {
	for _, o := range m.kept {
		if o != k && (oldest == nil || o.Used.Before(oldest.Used)) {
			oldest = o
		}
	}
	return oldest
}

// Release has the store keep it no longer; nil: nothing.
func (m *Map) Release(k *Kept) {
	if k == nil || k.gone {
		return
	}
	k.gone = true
	m.kept = step.Remove(m.kept, k)
	for _, id := range k.ids {
		if o := m.node(id); o != nil && !m.wanted(id) {
			m.release(o, inAnswer)
		}
	}
}

// wanted says whether a node is on the ways of an answer that is kept.
func (m *Map) wanted(id identity.ShortID) bool {
	for _, k := range m.kept {
		if slices.Contains(k.ids, id) {
			return true
		}
	}
	return false
}

// Len returns how many nodes it is.
func (k *Kept) Len() int { return len(k.ids) }

// Refused notes that one takes none of its onion keys. False: it is not among them, or that
// is known already.
func (k *Kept) Refused(id identity.ShortID) bool {
	if k == nil || !slices.Contains(k.ids, id) || slices.Contains(k.refused, id) {
		return false
	}
	k.refused = append(k.refused, id)
	return true
}
