package node

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/link"
)

// An arrival is a packet at the TUN.
type arrival struct {
	at     time.Time
	flow   uint16
	number int
}

// datagram is a UDP packet of a flow that bears a number; the same flow the other
// way has the same ports.
func datagram(src, dst netip.Addr, flow uint16, number, size int) []byte {
	p := make([]byte, 40, size)
	p[0], p[6], p[7] = 6<<4, 17, 64
	binary.BigEndian.PutUint16(p[4:], uint16(size-len(p)))
	s, d := src.As16(), dst.As16()
	copy(p[8:], s[:])
	copy(p[24:], d[:])
	p = binary.BigEndian.AppendUint16(p, flow)
	p = binary.BigEndian.AppendUint16(p, flow)
	p = append(p, 0, 0, 0, 0)
	p = binary.BigEndian.AppendUint32(p, uint32(number))
	return p[:size]
}

// deliver notes what a node's TUN is given.
func (m *member) deliver(p []byte) {
	if p[6] != 17 {
		m.refused++
		return
	}
	m.got = append(m.got, arrival{m.w.Now, binary.BigEndian.Uint16(p[40:]), int(binary.BigEndian.Uint32(p[48:]))})
}

// send sends one packet of a flow, the next in number; it fills half a long frame.
func (m *member) send(to *member, flow uint16) {
	p := datagram(m.id.Key().IPv6(), to.id.Key().IPv6(), flow, m.sent, 400)
	m.sent++
	m.host.Turn(func(now time.Time) { m.Packet(now, p, nil) })
}

// stream sends a packet every gap for a while. When both do, as many come back, each
// at a time of its own within the gap.
func (w *world) stream(from, to *member, gap, length time.Duration, both bool) {
	for end := w.Now.Add(length); w.Now.Before(end); w.Run(gap) {
		from.send(to, 1)
		if both {
			w.After(time.Duration(w.Rand.Int64N(int64(gap))), func() { to.send(from, 1) })
		}
	}
}

// connect sends packets until one arrives.
func (w *world) connect(from, to *member) {
	w.t.Helper()
	before := len(to.got)
	from.send(to, 1)
	if !w.RunUntil(3*time.Second, func() bool { return len(to.got) > before }) {
		w.t.Fatalf("no session from %d to %d: %+v", from.index, to.index, from.N)
	}
}

// wantAll fails when a packet sent has not arrived, or has twice.
func (w *world) wantAll(from, to *member) {
	w.t.Helper()
	w.Run(time.Second)
	var got, want []int
	for _, a := range to.got {
		got = append(got, a.number)
	}
	for i := range from.sent {
		want = append(want, i)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		w.t.Errorf("%d packets arrived, want each of %d once", len(got), len(want))
	}
}

// frames are what came to the ends of circuits at a node.
type frames struct {
	circuits []*hop.Terminal
	begun    []time.Time // the first frame of each circuit
	first    [][]byte
	at       []time.Time
	bodies   [][]byte
}

// listen notes the frames that come to the ends of circuits at a node, and keeps
// them when it shall be silent; its relaying is as before.
func (m *member) listen(keep bool) *frames {
	s := new(frames)
	m.atEnd = func(now time.Time, t *hop.Terminal, body []byte) bool {
		b := bytes.Clone(body)
		if !slices.Contains(s.circuits, t) {
			s.circuits, s.begun, s.first = append(s.circuits, t), append(s.begun, now), append(s.first, b)
		}
		s.at, s.bodies = append(s.at, now), append(s.bodies, b)
		return keep
	}
	return s
}

// stranger sends a body as the first frame of a new circuit, whoever made it.
func (m *member) stranger(body []byte, way ...int) {
	w := m.w
	var c *hop.Circuit
	m.host.Turn(func(now time.Time) {
		var err error
		if c, err = m.Circuits.Open(now, w.path(now, way...), 1); err != nil {
			w.t.Fatal(err)
		}
	})
	if !w.RunUntil(time.Second, c.Ready) {
		w.t.Fatal("the set-up was not made")
	}
	m.host.Turn(func(now time.Time) {
		f, seq := m.host.Alloc(), c.NextSeq()
		f.N = link.FrameLong
		copy(f.Body(), body)
		c.Send(now, seq, f)
	})
	w.Run(100 * time.Millisecond)
}
