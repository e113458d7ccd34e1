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
	ids     []identity.ShortID
	refused []identity.ShortID // by those that take none of their onion keys
	gone    bool
}

// keepAnswer stores what has been verified of an answer. When there is no room, what has
// not been used for longest goes.
func (m *Map) keepAnswer(now time.Time, ways []identity.ShortID, verified []*unverified) *Kept {
	k := &Kept{}
	for _, w := range verified {
		if !slices.Contains(ways, w.short) {
			continue
		}
		for m.members[inAnswer] >= m.quota(inAnswer) && len(m.kept) > 0 {
			m.Release(m.kept[0])
		}
		m.keepVerified(now, w)
	}
	for _, id := range ways {
		if o := m.node(id); o != nil && o.class&inAnswer != 0 {
			k.ids = append(k.ids, id)
		}
	}
	m.kept = append(m.kept, k)
	return k
}

// keepVerified keeps what was verified just now, until it is too old. False: there is no
// room.
func (m *Map) keepVerified(now time.Time, w *unverified) bool {
	w.age, w.at = w.age+now.Sub(w.at), now
	if !m.retain(w, inAnswer) {
		return false
	}
	m.expire.By(now.Add(maxAge - w.age))
	m.next.By(m.expire.At())
	return true
}

// Use notes that something is used: what has been used longest ago goes first. nil: nothing.
func (m *Map) Use(k *Kept) {
	if k != nil && !k.gone {
		m.kept = append(step.Remove(m.kept, k), k)
	}
}

// Release has the store keep it no longer; nil: nothing.
func (m *Map) Release(k *Kept) {
	if k == nil || k.gone {
		return
	}
	k.gone = true
	m.kept = step.Remove(m.kept, k)
	for _, id := range k.ids {
		if o := m.node(id); o != nil && !m.onAnswer(id) {
			m.release(o, inAnswer)
		}
	}
}

// onAnswer says whether a node is on the ways of an answer that is kept.
func (m *Map) onAnswer(id identity.ShortID) bool {
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
