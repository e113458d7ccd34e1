package call

import (
	"time"

	"hopwire/link/step"
)

// A sender sends one message in fragments, each until it is acknowledged.
type sender struct {
	c      *Endpoint
	kind   byte
	id     uint32
	data   []byte
	state  []fragment
	left   int // not acknowledged
	flying int
	window int
	shrunk time.Time
	buffer []byte
}

type fragment struct {
	sent  time.Time // zero: not under way
	tries int
	acked bool
}

func (c *Endpoint) sender(kind byte, id uint32, data []byte) *sender {
	n := fragments(len(data))
	c.hold(len(data))
	return &sender{c: c, kind: kind, id: id, data: append([]byte(nil), data...), state: make([]fragment, n), left: n, window: callWindow, buffer: make([]byte, 0, MaxRecord)}
}

// advance sends what is due; ok is false when a fragment was tried too often.
func (s *sender) advance(now time.Time) (next time.Time, ok bool) {
	patience, full := s.c.patience(), false
	for i := range s.state {
		f := &s.state[i]
		if f.acked {
			continue
		}
		if due := f.due(patience); now.Before(due) {
			next = step.Earliest(next, due)
			continue
		}
		if f.tries >= callTries {
			return next, false
		}
		if !f.sent.IsZero() { // lost: it leaves the window, though there may be no room to send it
			f.sent = time.Time{}
			s.flying--
			s.shrink(now)
		}
		if full || s.flying >= s.window {
			continue // an acknowledgement or the next loss makes room
		}
		if full = !s.send(now, i); full {
			next = step.Earliest(next, now.Add(callRoom))
			continue
		}
		next = step.Earliest(next, f.due(patience))
	}
	return next, true
}

// due is when a fragment counts as lost: the wait doubles from the third try on, so
// that one loss costs one round trip and all tries outlive a link that is replaced.
func (f *fragment) due(patience time.Duration) time.Time {
	if f.sent.IsZero() {
		return time.Time{}
	}
	return f.sent.Add(min(patience<<max(0, f.tries-2), callMax))
}

// shrink halves the window, once a round trip.
func (s *sender) shrink(now time.Time) {
	if now.Sub(s.shrunk) >= s.c.patience() {
		s.window, s.shrunk = max(s.window/2, 8), now
	}
}

func (s *sender) send(now time.Time, i int) bool {
	part := s.data[min(i*callFragment, len(s.data)):min((i+1)*callFragment, len(s.data))]
	b := s.buffer[:offCallData]
	putCall(b, s.kind, s.id, uint32(len(s.data)), uint16(i))
	if !s.c.c.Send(now, append(b, part...)) {
		return false
	}
	s.state[i].sent = now
	s.state[i].tries++
	s.flying++
	return true
}

// acked takes an acknowledgement. The window grows by one for each fragment that it
// acknowledges for the first time.
func (s *sender) acked(now time.Time, base uint16, bits []byte) {
	for j := range callMap {
		i := int(base) + j
		if i >= len(s.state) {
			break
		}
		f := &s.state[i]
		if bits[j/8]>>(j%8)&1 == 0 || f.acked {
			continue
		}
		if !f.sent.IsZero() {
			if f.tries == 1 {
				s.c.sample(now.Sub(f.sent))
			}
			s.flying--
		}
		f.acked = true
		s.left--
		s.window = min(s.window+1, callWindowMax)
	}
	s.advance(now)
}

func (s *sender) drop() int {
	n := len(s.data)
	s.data, s.state = nil, nil
	return n
}

// A receiver gathers one message. Memory is taken as fragments come, never by what
// the first one announces.
type receiver struct {
	total    uint32
	parts    map[uint16][]byte
	held     int
	complete bool
}

// fits says whether a fragment has the size that its place asks for.
func (r *receiver) fits(total uint32, index uint16, data []byte) bool {
	if total > Max || r.total != 0 && r.total != total {
		return false
	}
	n, size := fragments(int(total)), callFragment
	if int(index) == n-1 {
		size = int(total) - (n-1)*callFragment
	}
	return int(index) < n && len(data) == size
}

// fragments is into how many a message of size bytes is cut; an empty one is one.
func fragments(size int) int { return max(1, (size+callFragment-1)/callFragment) }

// gather adds a fragment; message is not nil when it was the last one missing. It is
// not ok, and changes nothing, if it does not fit or there is no memory for it.
func (r *receiver) gather(now time.Time, c *Endpoint, total uint32, index uint16, data []byte) (message []byte, ok bool) {
	if !r.fits(total, index, data) {
		return nil, false
	}
	n, size := fragments(int(total)), len(data)
	if r.complete || r.parts[index] != nil {
		return nil, true
	}
	if !c.room(now, r, size, int(total)) {
		return nil, false
	}
	if r.parts == nil {
		r.parts = map[uint16][]byte{}
	}
	r.total = total
	r.parts[index] = append(make([]byte, 0, size), data...)
	r.held += size
	c.hold(size)
	if len(r.parts) < n {
		c.c.Pool.await(r)
		return nil, true
	}
	c.c.Pool.leave(r)
	message = make([]byte, 0, total)
	for i := range n {
		message = append(message, r.parts[uint16(i)]...)
	}
	r.complete, r.parts = true, nil
	return message, true
}

func (r *receiver) has(i int) bool {
	return r.complete || i <= 0xffff && r.parts[uint16(i)] != nil
}

func (r *receiver) drop() int {
	n := r.held
	r.held, r.parts = 0, nil
	return n
}
