package link

import (
	"encoding/binary"
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
	held            int    // bytes of its messages that nobody else holds
	seen            Window // numbers received
	high            uint32 // the highest of them,
	map64           uint64 // and which of the 64 before it were
	ack             bool
	ackAt           time.Time // not alone before
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

// flush sends what the turn collected; an acknowledgement rides along. Alone it waits
// until ackLeast after the last: it is urgent, and the neighbour sets how many are due.
func (l *Link) flush(now time.Time) {
	o := &l.control
	o.dirty = false
	switch {
	case o.ack && (len(o.body) > 0 || !now.Before(o.ackAt)):
		o.ack, o.ackAt = false, now.Add(ackLeast)
		l.acknowledge(now)
		o.dirty = false
	case o.ack:
		l.ls.next.By(o.ackAt)
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
