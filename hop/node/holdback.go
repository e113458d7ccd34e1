package node

import (
	"time"
)

// Records of an errand are held back one by one, and sealed when they leave: held frames
// would be missing elsewhere. They are not put together: who may send when it likes would
// see by what one frame answers how long the answer took.
type holdback struct {
	rtt   time.Duration // measured
	rule  func(rtt, late time.Duration) time.Duration
	queue []heldRecord // the first to leave first
	size  int          // of their data
}

type heldRecord struct {
	at   time.Time
	kind byte
	data []byte
}

const (
	heldMost  = 256      // acknowledgements of a window of calls
	heldBytes = 64 << 10 // of an errand
	holdMost  = time.Second
)

func within(d time.Duration) time.Duration { return min(max(d, 0), holdMost) }

// put copies a record, which leaves when the rule says. False: there is no room, or no rule
// yet: the other end is to see nothing of us before.
func (b *holdback) put(now time.Time, ch *channel, kind byte, data [][]byte) bool {
	var record []byte
	for _, d := range data {
		record = append(record, d...)
	}
	if b.rule == nil {
		return false
	}
	if len(b.queue) >= heldMost || b.size+len(record) > heldBytes {
		ch.n.N.NoRoom++
		return false
	}
	at := now.Add(within(b.rule(b.rtt, now.Sub(ch.heard))))
	if last := b.last(now); at.Before(last) {
		at = last
	}
	b.queue, b.size = append(b.queue, heldRecord{at, kind, record}), b.size+len(record)
	ch.n.next.By(at)
	return true
}

// last is when the last record leaves, now if there is none.
func (b *holdback) last(now time.Time) time.Time {
	if n := len(b.queue); n > 0 {
		return b.queue[n-1].at
	}
	return now
}

// leave puts the records that are due into a frame, and returns when the next is; zero: there is none.
func (b *holdback) leave(now time.Time, ch *channel) (next time.Time) {
	for len(b.queue) > 0 {
		r := b.queue[0]
		if now.Before(r.at) {
			return r.at
		}
		b.queue[0] = heldRecord{}
		b.queue, b.size = b.queue[1:], b.size-len(r.data)
		if ch.ready() {
			ch.fillIn(now, r.kind, [][]byte{r.data})
		}
	}
	b.queue = nil
	return next
}
