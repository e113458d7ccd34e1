package link

import (
	"encoding/binary"
	"slices"
	"time"
)

// Kinds of records in a link-control body (wire.md, "Link control"). Kinds from
// KindHop on are messages: numbered, acknowledged and resent.
const (
	recordPadding = 0
	recordHello   = 1
	recordAck     = 2
	recordRekey1  = 3
	recordRekey2  = 4
	recordBye     = 5

	KindHop   = 16 // 16..31 belong to package hop
	KindRoute = 32 // 32..63 to package route
)

// Record layout.
const (
	offRecordKind   = 0
	offRecordLength = offRecordKind + 1
	offRecordData   = offRecordLength + 2
	numberSize      = 4 // in front of a message's data

	// MaxMessage is the most data of one control message.
	MaxMessage = BodyLong - offRecordData - numberSize
)

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

// An outbox is the control side of one link: the records of the frame being
// filled, the messages not yet acknowledged, and what has been received.
type outbox struct {
	body  []byte // records collected in this turn
	dirty bool
	// What the frame being filled holds: messages of package route, and what must
	// not wait behind others (all but those and acknowledgements).
	routing, urgent bool
	last            uint32 // number of our newest message
	queue           []message
	seen            Window // numbers received
	high            uint32 // the highest of them,
	map64           uint64 // and which of the 64 before it were
	ack             bool
}

func (o *outbox) init() { o.body = make([]byte, 0, BodyLong) }

// record adds a record to the frame that Flush will send; a full frame goes first.
func (l *Link) record(now time.Time, kind byte, data []byte) {
	l.reserve(now, offRecordData+len(data))
	l.append(kind, data)
	l.control.urgent = l.control.urgent || kind != recordAck
}

func (l *Link) append(kind byte, data []byte) {
	o := &l.control
	o.body = append(o.body, kind)
	o.body = binary.LittleEndian.AppendUint16(o.body, uint16(len(data)))
	o.body = append(o.body, data...)
}

// reserve makes room for n bytes and has the link flushed.
func (l *Link) reserve(now time.Time, n int) {
	o := &l.control
	if len(o.body)+n > BodyLong {
		l.send(now)
	}
	if !o.dirty {
		o.dirty = true
		l.ls.dirty = append(l.ls.dirty, l)
	}
}

// flush sends what the turn collected; an acknowledgement rides along.
func (l *Link) flush(now time.Time) {
	l.control.dirty = false
	if l.control.ack {
		l.control.ack = false
		l.acknowledge(now)
		l.control.dirty = false
	}
	l.send(now)
}

// send seals the collected records into one frame.
func (l *Link) send(now time.Time) {
	o := &l.control
	if len(o.body) == 0 || l.gone {
		return
	}
	f := l.ls.c.Env.Alloc()
	if f == nil {
		l.ls.N.NoRoom++
		o.body, o.routing, o.urgent = o.body[:0], false, false
		return
	}
	f.N = FrameShort
	if len(o.body) > BodyShort {
		f.N = FrameLong
	}
	b := f.Bytes()[offBody:]
	clear(b[copy(b, o.body):])
	o.body = o.body[:0]
	f.header, f.flow, f.bulk = Header{}, nil, o.routing && !o.urgent
	o.routing, o.urgent = false, false
	l.out(f)
}

// acknowledge says which messages have come.
func (l *Link) acknowledge(now time.Time) {
	var a [12]byte
	binary.LittleEndian.PutUint32(a[:], l.control.high)
	binary.LittleEndian.PutUint64(a[4:], l.control.map64)
	l.record(now, recordAck, a[:])
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
	if !l.Up() || len(o.queue) >= maxQueued || m.size() > MaxMessage {
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
	return 2*rtt + resendBase
}

// resend repeats what was not acknowledged in time, gives up after three
// repetitions and sends what now fits into the window.
func (l *Link) resend(now time.Time) {
	o, after := &l.control, l.resendAfter()
	var lost []message
	for i := 0; i < len(o.queue); i++ {
		m := &o.queue[i]
		if m.number-o.queue[0].number >= maxOutstanding {
			break
		}
		if due := m.sent.Add(after); m.tries > 0 && now.Before(due) {
			l.ls.next.By(due)
		} else if m.tries >= resendTries {
			lost = append(lost, *m)
			o.queue = slices.Delete(o.queue, i, i+1)
			i--
		} else {
			l.transmit(now, m)
		}
	}
	l.ls.N.MessagesLost += uint64(len(lost))
	for _, m := range lost {
		m.finish(now, false)
	}
}

func (m *message) finish(now time.Time, ok bool) {
	if m.done != nil {
		m.done(now, ok)
	}
}

// fail ends every message of a link that went down.
func (o *outbox) fail(now time.Time) {
	queue := o.queue
	o.queue = nil
	for i := range queue {
		queue[i].finish(now, false)
	}
}

// acked takes an acknowledgement.
func (l *Link) acked(now time.Time, data []byte) bool {
	if len(data) != 12 {
		return false
	}
	high, bits := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint64(data[4:])
	done := l.ls.done[:0]
	l.ls.done = nil
	o := &l.control
	n := 0
	for _, m := range o.queue {
		back := high - m.number // 0: the highest itself
		if m.tries > 0 && (back == 0 || back <= 64 && bits>>(back-1)&1 == 1) {
			done = append(done, m)
		} else {
			o.queue[n] = m
			n++
		}
	}
	clear(o.queue[n:])
	o.queue = o.queue[:n]
	for _, m := range done {
		m.finish(now, true)
	}
	clear(done)
	l.ls.done = done[:0]
	l.resend(now)
	return true
}

// records takes the records of a control body in turn; the first that is
// malformed ends it.
func (l *Link) records(now time.Time, body []byte) {
	for len(body) >= offRecordData && !l.gone {
		kind, n := body[offRecordKind], int(binary.LittleEndian.Uint16(body[offRecordLength:]))
		if kind == recordPadding {
			return
		}
		if body = body[offRecordData:]; n > len(body) || !l.takeRecord(now, kind, body[:n]) {
			l.ls.N.BadRecord++
			return
		}
		body = body[n:]
	}
}

func (l *Link) takeRecord(now time.Time, kind byte, data []byte) bool {
	switch {
	case kind >= KindHop:
		return l.takeMessage(now, kind, data)
	case kind == recordHello:
		return l.takeHello(now, data)
	case kind == recordAck:
		return l.acked(now, data)
	case kind == recordRekey1:
		l.rekey1(now, data)
	case kind == recordRekey2:
		l.rekey2(now, data)
	case kind == recordBye:
		l.close(now)
	}
	return true // of a later version: skipped
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
