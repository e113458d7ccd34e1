package node

import "time"

const (
	flowSets = 256
	flowWays = 4
	flowFor  = 120 * time.Second
)

// flows remembers by which channel the last packet of each flow came: 1,024 of
// them, the oldest of a set giving way. It is not safe for concurrent use.
type flows struct {
	sets [flowSets][flowWays]flow
}

type flow struct {
	hash uint64
	ch   *channel // nil: free
	at   time.Time
}

// Sweep frees the flows of channels that are closed.
func (t *flows) Sweep() {
	for i := range t.sets {
		for j := range t.sets[i] {
			if e := &t.sets[i][j]; e.ch != nil && e.ch.closed {
				*e = flow{}
			}
		}
	}
}

// Put notes the channel of a flow.
func (t *flows) Put(now time.Time, hash uint64, ch *channel) {
	set := &t.sets[hash%flowSets]
	old := 0
	for i := range set {
		if set[i].ch != nil && set[i].hash == hash {
			old = i
			break
		}
		if set[i].at.Before(set[old].at) {
			old = i
		}
	}
	set[old] = flow{hash, ch, now}
}

// Get returns the channel of a flow, nil if none came lately.
func (t *flows) Get(now time.Time, hash uint64) *channel {
	set := &t.sets[hash%flowSets]
	for i := range set {
		if e := &set[i]; e.ch != nil && e.hash == hash {
			if now.Sub(e.at) > flowFor || e.ch.closed {
				*e = flow{} // free, and so the next to be taken
				return nil
			}
			return e.ch
		}
	}
	return nil
}
