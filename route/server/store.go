package server

import (
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
)

// A store has the newest announcement of each relay, as its bytes. Announcements are
// never changed, so that snapshots share them. Times are durations since the server's
// start: 8 bytes, not 24.
type store struct {
	held  []held
	index map[identity.ShortID]int32
	bytes int
	next  uint32 // number of the snapshot that will be the first to have a change of now
	dirty bool   // something changed since the last one was begun
	gone  departures
}

// A held relay takes 64 bytes, without its announcement.
type held struct {
	raw     announce.Raw
	short   identity.ShortID
	born    time.Duration // when it was issued, as far as is known
	put     time.Duration // when it came
	changed uint32        // the first snapshot that has it
	tokens  byte          // announcements that the relay may make at once
}

func (s *store) find(id identity.ShortID) *held {
	if i, ok := s.index[id]; ok {
		return &s.held[i]
	}
	return nil
}

// put stores an announcement in place of an older one, if there is one.
func (s *store) put(now time.Duration, c *candidate) {
	s.dirty = true
	o := s.find(c.short)
	if o == nil {
		s.index[c.short] = int32(len(s.held))
		s.held = append(s.held, held{short: c.short, tokens: originBurst, put: now})
		o = &s.held[len(s.held)-1]
	}
	o.tokens = o.left(now) - 1
	s.bytes += len(c.raw) - len(o.raw)
	o.raw, o.born, o.put, o.changed = c.raw, c.born, now, s.next
}

// left is how many announcements the relay may make now: one more every originGap.
func (o *held) left(now time.Duration) byte {
	return byte(min(int64(o.tokens)+int64((now-o.put)/originGap), originBurst))
}

// remove takes a relay out. One that expired does not come back by the same
// announcement.
func (s *store) remove(id identity.ShortID, expired bool) {
	i, ok := s.index[id]
	if !ok {
		return
	}
	o, last := s.held[i], len(s.held)-1
	s.bytes -= len(o.raw)
	s.gone.add(departure{id, o.raw.Sequence(), s.next, expired})
	s.held[i] = s.held[last]
	s.index[s.held[i].short] = i
	s.held[last] = held{}
	s.held = s.held[:last]
	delete(s.index, id)
	s.dirty = true
}

// forget removes what is an hour old and returns how many that were.
func (s *store) forget(now time.Duration) (n int) {
	for i := len(s.held) - 1; i >= 0; i-- {
		if now-s.held[i].born >= maxAge {
			s.remove(s.held[i].short, true)
			n++
		}
	}
	return n
}

// A departure is a relay that is not on the map any more.
type departure struct {
	id       identity.ShortID
	sequence uint32
	changed  uint32 // the first snapshot without it
	expired  bool
}

// departures are the last mostGone of them.
type departures struct {
	list  []departure // a ring, once it is full
	at    int         // the oldest
	index map[identity.ShortID]uint32
	floor uint32 // what is gone since this snapshot is known
}

func (d *departures) add(x departure) {
	if x.expired {
		d.index[x.id] = x.sequence
	}
	if len(d.list) < mostGone {
		d.list = append(d.list, x)
		return
	}
	old := &d.list[d.at]
	if s, ok := d.index[old.id]; ok && s == old.sequence && old.id != x.id {
		delete(d.index, old.id)
	}
	d.floor = max(d.floor, old.changed)
	*old = x
	d.at = (d.at + 1) % mostGone
}

// expired says whether a relay's announcement was forgotten for its age: whoever has
// kept it could else pass it off as new for ever.
func (d *departures) expired(id identity.ShortID, a announce.Raw) bool {
	s, ok := d.index[id]
	return ok && int32(a.Sequence()-s) <= 0
}
