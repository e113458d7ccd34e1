package link

import (
	"encoding/binary"
	"time"
)

// Messages: records that must arrive. They are numbered, acknowledged and sent again.

// A message is a control message that waits for its acknowledgement.
type message struct {
	number uint32
	kind   byte
	tailed bool
	tail   uint32 // behind data, if tailed
	data   []byte
	sent   time.Time // zero: not yet
	tries  int
	done   func(now time.Time, ok bool)
}

// Post sends a control message that must arrive; it keeps data, which must not change
// before done is called. done, if not nil, is called once: acknowledged, or given up or
// link down. False: the link is down or too much is outstanding, nothing is sent and
// done is not called.
func (l *Link) Post(now time.Time, kind byte, data []byte, done func(now time.Time, ok bool)) bool {
	return l.post(now, message{kind: kind, data: data, done: done})
}

// PostTail is Post of data ‖ tail u32: what goes to many links, each with a tail of
// its own, need not be copied for each.
func (l *Link) PostTail(now time.Time, kind byte, data []byte, tail uint32, done func(now time.Time, ok bool)) bool {
	return l.post(now, message{kind: kind, data: data, tailed: true, tail: tail, done: done})
}

func (m *message) size() int {
	if m.tailed {
		return len(m.data) + 4
	}
	return len(m.data)
}

func (l *Link) post(now time.Time, m message) bool {
	o := &l.control
	if !l.Up() || len(o.queue) >= maxQueued || m.size() > MaxMessage || !l.hold(&m) {
		return false
	}
	o.last++
	m.number = o.last
	o.queue = append(o.queue, m)
	if i := len(o.queue) - 1; o.queue[i].number-o.queue[0].number < maxOutstanding {
		l.transmit(now, &o.queue[i])
	}
	return true
}

// own is how many bytes live for this message alone: data with a tail goes to many links.
func (m *message) own() int {
	if m.tailed {
		return 0
	}
	return len(m.data)
}

// hold takes room for a message out of what the link has, and its port. A neighbour that
// acknowledges nothing holds no more. False: there is none.
func (l *Link) hold(m *message) bool {
	o, n := &l.control, m.own()
	if o.held+n > maxHeld || l.port.held+n > maxPortHeld {
		return false
	}
	o.held += n
	l.port.held += n
	return true
}

// transmit puts a message into the frame being filled and sets its resend time.
func (l *Link) transmit(now time.Time, m *message) {
	l.reserve(now, offRecordData+numberSize+m.size())
	o := &l.control
	o.body = append(o.body, m.kind)
	o.body = binary.LittleEndian.AppendUint16(o.body, uint16(numberSize+m.size()))
	o.body = binary.LittleEndian.AppendUint32(o.body, m.number)
	o.body = append(o.body, m.data...)
	if m.tailed {
		o.body = binary.LittleEndian.AppendUint32(o.body, m.tail)
	}
	if m.kind >= KindRoute {
		o.routing = true
	} else {
		o.urgent = true
	}
	m.sent, m.tries = now, m.tries+1
	l.ls.next.By(now.Add(l.resendAfter()))
}

func (l *Link) resendAfter() time.Duration {
	rtt := l.live.rtt
	if rtt == 0 {
		rtt = rttUnknown
	}
	return min(2*rtt+resendBase, resendMost)
}

// resend repeats what was not acknowledged in time, gives up after three
// repetitions and sends what now fits into the window.
func (l *Link) resend(now time.Time) {
	o, after := &l.control, l.resendAfter()
	var lost []message
	for i := range o.queue {
		m := &o.queue[i]
		if m.number-o.queue[0].number >= maxOutstanding {
			break
		}
		if due := m.sent.Add(after); m.tries > 0 && now.Before(due) {
			l.ls.next.By(due)
		} else if m.tries >= resendTries {
			lost = append(lost, *m)
		} else {
			l.transmit(now, m)
		}
	}
	if len(lost) == 0 {
		return
	}
	l.ls.N.MessagesLost += uint64(len(lost))
	l.drop(lost)
	l.finish(now, lost, false)
	l.resend(now) // what has come into the window
}

// drop takes messages, in the order of the queue, out of it.
func (l *Link) drop(some []message) {
	o := &l.control
	n := 0
	for i := range o.queue {
		if len(some) > 0 && o.queue[i].number == some[0].number {
			some = some[1:]
			continue
		}
		o.queue[n] = o.queue[i]
		n++
	}
	clear(o.queue[n:])
	o.queue = o.queue[:n]
}

// finish ends messages that are not in the queue any more.
func (l *Link) finish(now time.Time, some []message, ok bool) {
	for i := range some {
		n := some[i].own()
		l.control.held -= n
		l.port.held -= n
	}
	for i := range some {
		if done := some[i].done; done != nil {
			done(now, ok)
		}
	}
}

// fail ends every message of a link that went down.
func (l *Link) fail(now time.Time) {
	queue := l.control.queue
	l.control.queue = nil
	l.finish(now, queue, false)
}

// acked takes an acknowledgement. One that says nothing new costs a look at the window.
func (l *Link) acked(now time.Time, data []byte) bool {
	if len(data) != 12 {
		return false
	}
	high, bits := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint64(data[4:])
	done := l.ls.done[:0]
	l.ls.done = nil
	queue := l.control.queue
	for i := range queue[:min(len(queue), maxOutstanding)] {
		m := &queue[i]
		if back := high - m.number; m.tries > 0 && (back == 0 || back <= 64 && bits>>(back-1)&1 == 1) {
			done = append(done, *m)
		}
	}
	if len(done) > 0 {
		l.drop(done)
		l.finish(now, done, true)
		l.resend(now)
	}
	clear(done)
	l.ls.done = done[:0]
	return true
}

// takeMessage passes a message up once and acknowledges it each time.
func (l *Link) takeMessage(now time.Time, kind byte, data []byte) bool {
	if len(data) < numberSize {
		return false
	}
	n := binary.LittleEndian.Uint32(data)
	o := &l.control
	if n == 0 || !o.seen.Plausible(uint64(n)) {
		return false
	}
	fresh := o.seen.Check(uint64(n))
	o.note(n)
	l.reserve(now, 0)
	if fresh {
		o.seen.Accept(uint64(n))
		l.ls.up.Message(now, l, kind, data[numberSize:])
	}
	return true
}

// note enters a number into the acknowledgement. One that is too old for the map needs
// none: its sender has had it acknowledged, or it would not have sent later ones.
func (o *outbox) note(n uint32) {
	o.ack = true
	switch d := int32(n - o.high); {
	case o.high == 0:
		o.high, o.map64 = n, 0
	case d > 64:
		o.high, o.map64 = n, 0
	case d > 0:
		o.map64 = o.map64<<d | 1<<(d-1)
		o.high = n
	case d < 0 && d >= -64:
		o.map64 |= 1 << (-d - 1)
	}
}
