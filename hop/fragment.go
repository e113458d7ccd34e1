package hop

import "time"

// A sender sends one message in fragments, each until it is acknowledged.
type sender struct {
	c      *Calls
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

func (c *Calls) sender(kind byte, id uint32, data []byte) *sender {
	n := max(1, (len(data)+callFragment-1)/callFragment)
	c.held += len(data)
	return &sender{c: c, kind: kind, id: id, data: append([]byte(nil), data...), state: make([]fragment, n), left: n, window: callWindow, buffer: make([]byte, 0, MTU)}
}

// advance sends what is due; ok is false when a fragment was tried too often.
func (s *sender) advance(now time.Time) (next time.Time, ok bool) {
	patience, full := s.c.patience(), false
	for i := range s.state {
		f := &s.state[i]
		if f.acked {
			continue
		}
		if !f.sent.IsZero() {
			due := f.sent.Add(patience)
			if now.Before(due) {
				next = earliest(next, due)
				continue
			}
			if f.tries >= callTries*2 {
				return next, false
			}
			f.sent = time.Time{}
			s.flying--
			s.shrink(now)
		}
		if full = full || s.flying >= s.window || !s.send(now, i); full {
			next = earliest(next, now.Add(10*time.Millisecond))
			continue // those behind may have timed out, and must leave the window
		}
		next = earliest(next, now.Add(patience))
	}
	return next, true
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

// acked takes an acknowledgement; the window grows with what it newly tells.
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

// take adds a fragment; message is not nil when it was the last one missing.
func (r *receiver) take(c *Calls, total uint32, index uint16, data []byte) (message []byte, ok bool) {
	n := max(1, (int(total)+callFragment-1)/callFragment)
	size := callFragment
	if int(index) == n-1 {
		size = int(total) - (n-1)*callFragment
	}
	if total > MaxCall || int(index) >= n || len(data) != size || r.total != 0 && r.total != total {
		return nil, false
	}
	if r.complete || r.parts[index] != nil {
		return nil, true
	}
	if c.held+size > callMemory {
		return nil, false
	}
	if r.parts == nil {
		r.parts = map[uint16][]byte{}
	}
	r.total = total
	r.parts[index] = append(make([]byte, 0, size), data...)
	r.held += size
	c.held += size
	if len(r.parts) < n {
		return nil, true
	}
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
