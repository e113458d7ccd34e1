package daemon

import (
	"time"

	"hopwire/link/identity"
	"hopwire/route"
)

// An identity that runs on two nodes (a copied folder or image) takes callers from both:
// each of the two sees the other's announcements, and so each says it.

// elsewhereFor is how long one announcement of somebody with our identity is told of: the
// other announces itself anew every quarter of an hour.
const elsewhereFor = time.Hour

const elsewhereHint = "give one of the two nodes an identity of its own: stop it, remove its identity file, and let the command init make one"

// elsewhere is the neighbour by which the announcements come of another node that runs
// with our identity; false: none did of late.
func elsewhere(now time.Time, m *route.Map) (from identity.Key, ok bool) {
	from, at := m.Elsewhere()
	return from, !at.IsZero() && now.Sub(at) < elsewhereFor
}

// Advance also says once an hour that the identity is in use elsewhere.
func (w *watchedMap) Advance(now time.Time) time.Time {
	next := w.Map.Advance(now)
	if from, ok := elsewhere(now, w.routes); ok && now.Sub(w.said) >= elsewhereFor {
		w.said = now
		w.log.Error("this identity is in use elsewhere", "by", from, "hint", elsewhereHint)
	}
	return next
}
