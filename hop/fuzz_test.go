package hop

import (
	"encoding/binary"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

// check fails when what is counted in several places differs.
func (m *testNode) check(t *testing.T) {
	t.Helper()
	m.checkBounds(t)
	parked, passing, slots := 0, 0, 0
	for _, s := range append(m.Circuits.links[:len(m.Circuits.links):len(m.Circuits.links)], m.ending...) {
		if s == nil {
			continue
		}
		parked, passing = parked+len(s.parked), passing+s.passing
		for label, p := range s.waiting {
			if p.label != label || p.gone || p.side != s {
				t.Errorf("label %x waits as %+v", label, p)
			}
		}
		if len(s.waiting) > len(s.queue) {
			t.Errorf("%d labels wait, %d set-ups", len(s.waiting), len(s.queue))
		}
		for _, e := range s.in {
			if e.of != 0 {
				slots++
			}
		}
	}
	ports, neighbours := account{}, account{}
	for _, a := range m.accounts {
		sum := &ports
		if a.port != nil {
			sum = &neighbours
		}
		sum.parked += a.parked
		sum.passing += a.passing
		sum.links += a.links
	}
	if ports.parked != parked || neighbours.parked != parked || m.parked != parked {
		t.Errorf("%d frames are parked; ports have %d, neighbours %d, all %d", parked, ports.parked, neighbours.parked, m.parked)
	}
	if ports.passing != passing || neighbours.passing != passing || len(m.relays) != passing || slots != passing || len(m.relays)+len(m.vacant) != m.net.most {
		t.Errorf("%d circuits; ports have %d, neighbours %d, the table %d, labels %d; %d vacant", passing, ports.passing, neighbours.passing, len(m.relays), slots, len(m.vacant))
	}
}

// FuzzControl gives a relay control messages and frames of a neighbour's making, as of
// either of its two neighbours, beside circuits of theirs that stand. Nothing may break,
// and every count agrees afterwards. The input is a list of an op and its arguments.
func FuzzControl(f *testing.F) {
	n := line(f, 96, 3)
	m := n.nodes[1]
	packets := make([]*[onion.SetupSize]byte, 4)
	for i := range packets {
		way := [][]int{{1}, {1, 2}, {1, 0}, {1, 2, 1}}[i]
		packets[i], _, _ = onion.BuildSetup(reader{n}, setupHops(n.path(way...).Hops, byte(i%3)))
	}
	f.Add([]byte("\x00\x00\x00\x01\x00\x01\x00\x01\x00\x00\x00"))
	f.Add([]byte("\x02\x00\x00\x01\x00\x00\x00\x01\x80\x05"))
	f.Add([]byte("\x06\x01\x00\x02\x00\x00\x01\x01\x00\x02\x00\x01\x04\x20\x05\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, src := range []int{0, 2} {
			if len(n.nodes[src].own) == 0 {
				n.nodes[2-src].terminals = nil
				n.nodes[src].begin(n.path(1, 2-src))
				n.Run(20 * time.Millisecond)
			}
		}
		next := func(k int) []byte {
			b := make([]byte, k)
			data = data[copy(b, data):]
			return b
		}
		for len(data) > 0 {
			op := next(1)[0]
			l := m.to(int(op&1) * 2)
			m.host.Turn(func(now time.Time) { m.fuzz(now, l, op>>1%8, packets, next) })
			if op>>4 == 15 {
				n.Run(time.Duration(op>>1&7) * 10 * time.Millisecond)
			}
		}
		m.check(t)
	})
}

// fuzz does one thing that a neighbour can do.
func (m *testNode) fuzz(now time.Time, l *link.Link, what byte, packets []*[onion.SetupSize]byte, next func(int) []byte) {
	switch what {
	case 0, 1:
		var s setupMessage
		copy(s[:], next(5))
		p := *packets[next(1)[0]%4]
		if what == 1 { // not any of them
			copy(p[64:], next(4))
		}
		*s.packet() = p
		m.Message(now, l, kindSetup, s[:])
	case 2:
		m.Message(now, l, kindGone, next(int(next(1)[0])))
	case 3:
		m.Message(now, l, kindFailed, next(5))
	case 4:
		m.Message(now, l, next(1)[0], next(int(binary.LittleEndian.Uint16(next(2)))%link.MaxMessage))
	default:
		b := next(16)
		h := link.Header{Label: binary.LittleEndian.Uint32(b), Seq: binary.LittleEndian.Uint32(b[4:]), IV: binary.LittleEndian.Uint64(b[8:])}
		if h.Label != 0 {
			m.Circuits.Frame(now, l, h, m.fill(link.FrameShort, "made up"))
		}
	}
}
