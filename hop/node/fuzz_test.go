package node

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"hopwire/hop/ip"
	"hopwire/link"
)

// records strings together kinds and their data.
func records(parts ...any) (b []byte) {
	for i := 0; i < len(parts); i += 2 {
		data := parts[i+1].([]byte)
		b = append(b, byte(parts[i].(int)))
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(data))), data...)
	}
	return b
}

// FuzzRecords gives both ends of a session what an authentic peer may send: any records in
// a short or a long frame. Nothing panics, no packet of a foreign address is delivered, no
// frame is lost, and the session goes on.
func FuzzRecords(f *testing.F) {
	w := diamond(f, 98)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	packet := datagram(src.IP(), dst.IP(), 1, 1, 100)
	call := []byte{1, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 'a', 'b', 'c'}
	for _, long := range []bool{false, true} {
		f.Add(long, records(recordAsk, []byte{1, 2, 3, 4}, recordIP, packet, recordAlive, []byte{}))
		f.Add(long, records(recordCall, call, recordEcho, []byte{1, 0, 0, 0}, recordPadding, []byte{9}))
		f.Add(long, records(recordIP, packet[:60], 200, []byte{1}))
		f.Add(long, []byte{recordIP, 0xff, 0xff})
	}
	for _, m := range []*member{src, dst} {
		m.c.Deliver = func(p []byte) {
			if to, ok := ip.Destination(p); !ok || to != m.IP() {
				f.Errorf("node %d was delivered a packet to %v", m.index, to)
			}
		}
	}
	f.Fuzz(func(t *testing.T, long bool, text []byte) {
		size, body := plainShort, link.BodyShort
		if long {
			size, body = plainLong, link.BodyLong
		}
		alive(src, dst)
		for _, m := range []*member{src, dst} {
			other := map[*member]*member{src: dst, dst: src}[m]
			ch := m.mate(other).active
			if m == dst {
				ch = m.mate(other).terminals[0]
			}
			plain := make([]byte, size, body)
			copy(plain, text)
			m.host.Turn(func(now time.Time) {
				live := m.host.Live
				sealed := ch.recv.Seal(plain[:0], ch.number(7), plain, nil)
				bad := m.N.BadFrame
				ch.receive(now, 7, sealed)
				n := len(m.filled)
				m.Node.emit(now)
				if m.N.BadFrame != bad || ch.closed || m.host.Live > live+n {
					t.Errorf("node %d: closed %v, %d frames held for %d begun, was %d", m.index, ch.closed, m.host.Live, n, live)
				}
			})
			w.Run(10 * time.Millisecond)
		}
	})
}

// FuzzFirstFrame gives an end first frames: any bytes, behind the token of a join or not.
// Nothing but a frame that a source has made opens a session.
func FuzzFirstFrame(f *testing.F) {
	w := diamond(f, 99)
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	good := w.first(dst, 1, true)
	f.Add(false, good[:len(good)-1])
	f.Add(true, bytes.Repeat([]byte{1}, link.BodyLong))
	f.Add(false, make([]byte, link.BodyShort))
	f.Fuzz(func(t *testing.T, token bool, body []byte) {
		alive(src, dst)
		b := make([]byte, link.BodyLong)
		copy(b, body)
		if token {
			copy(b, dst.mate(src).tokens.steps[0].token[:])
		}
		if bytes.Equal(b, good) {
			return
		}
		dst.host.Turn(func(now time.Time) {
			ch := &channel{n: dst.Node, t: dst.mate(src).terminals[0].t, born: now, heard: now}
			before := dst.N.Joins + dst.N.Handshakes
			if dst.firstFrame(now, ch, 1, b); dst.N.Joins+dst.N.Handshakes != before || ch.ready() {
				t.Error("a session of bytes that nobody has made")
			}
		})
	})
}

// alive keeps a session in use, or opens it anew.
func alive(src, dst *member) {
	if p, q := src.mate(dst), dst.mate(src); p == nil || p.active == nil || q == nil || len(q.terminals) == 0 {
		src.w.connect(src, dst)
	}
	src.mate(dst).used, src.mate(dst).active.renewAt = src.w.Now, src.w.Now.Add(time.Minute)
}
