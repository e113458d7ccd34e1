package route

import (
	"encoding/binary"
	"math/bits"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
)

// What neighbours are told and asked. Only their acknowledgements drain it, so all of
// it is bounded: a mark for each announcement that is stored, a list of ids.

// marks has a bit for each vertex.
type marks []uint64

func (b marks) set(v int, on bool) {
	b[v>>6] &^= 1 << (uint(v) & 63)
	if on {
		b[v>>6] |= 1 << (uint(v) & 63)
	}
}

// marks returns as many as there can be vertices: one node more than all classes have room
// for, and ours.
func (m *Map) marks() marks { return make(marks, (m.c.MaxNodes+maxOnWay+m.c.MaxAnswers+2+63)/64) }

// from returns the first mark at v or after it; −1: there is none.
func (b marks) from(v int) int {
	for w := v >> 6; w < len(b); w++ {
		if x := b[w] >> (uint(v) & 63) << (uint(v) & 63); x != 0 {
			return w<<6 + bits.TrailingZeros64(x)
		}
		v = 0
	}
	return -1
}

// offer marks an announcement to be sent to a neighbour: vertex 0 is our own.
func (m *Map) offer(now time.Time, n *near, vertex int) {
	n.queued.set(vertex, true)
	m.pump(now, n)
}

// dequeue returns the next announcement for a neighbour, in turns; nil: none is left.
func (m *Map) dequeue(now time.Time, n *near) (announce.Raw, time.Duration) {
	for {
		v := n.queued.from(n.cursor)
		if v < 0 {
			v = n.queued.from(0)
		}
		if v < 0 {
			return nil, 0
		}
		n.queued.set(v, false)
		n.cursor = v + 1
		a, age := m.own, now.Sub(m.ownAt)
		if v > 0 {
			o := m.graph.nodes[v]
			a, age = o.raw, o.ageAt(now)
		}
		if a != nil && age < maxAge && !m.withheld(n.short, a) {
			return a, age
		}
	}
}

// post sends a small message now, or when the link takes it.
func (m *Map) post(now time.Time, n *near, kind byte, data []byte) {
	n.control = append(n.control, [2][]byte{{kind}, data})
	if len(n.control) > maxControl {
		n.control = n.control[1:]
	}
	m.pump(now, n)
}

// pump sends what is queued for a neighbour, a few messages at once.
func (m *Map) pump(now time.Time, n *near) {
	for n.flying < sendWindow {
		ok := false
		if kind, data := m.say(now, n); data != nil || kind != 0 {
			ok = n.l.Post(now, kind, data, n.done)
			n.lossy = n.lossy || !ok
		} else if a, age := m.dequeue(now, n); a != nil {
			m.N.Sent++
			ok = n.l.PostTail(now, kindAnnouncement, a, uint32(age.Milliseconds()), n.done)
		}
		if !ok {
			return // nothing is left; or the digest of later repairs it
		}
		n.flying++
	}
}

// say returns the next message to a neighbour that is no announcement; kind 0: none.
func (m *Map) say(now time.Time, n *near) (kind byte, data []byte) {
	if kind, data = m.sayWay(now, n); kind != 0 {
		return kind, data
	}
	if len(n.control) > 0 {
		c := n.control[0]
		n.control = n.control[1:]
		return c[0][0], c[1]
	}
	if data := m.ask(now, n); len(data) > 0 {
		return kindWant, data
	}
	if data := m.sayNewer(now, n); len(data) > 0 {
		return kindNewer, data
	}
	return 0, nil
}

// ask returns the ids that are asked of a neighbour next: no more at once than can wait
// to be verified.
func (m *Map) ask(now time.Time, n *near) (ids []byte) {
	if len(n.wants) == 0 {
		return nil
	}
	m.next.By(now.Add(wantGap))
	if now.Before(n.wantAt) || len(n.waiting) > verifyQueue/2 {
		return nil
	}
	n.wantAt = now.Add(wantGap)
	ids = n.wants[:min(len(n.wants), verifyQueue/2*len(m.short))]
	n.wants = n.wants[len(ids):]
	return ids
}

// wish notes an announcement to be asked for, if there is room for it.
func (m *Map) wish(n *near, id identity.ShortID) {
	if len(n.wants) < (m.c.MaxNodes+maxOnWay)*len(id) {
		n.wants = append(n.wants, id[:]...)
	}
}

// takeWant marks what a neighbour asks for, if we have it.
func (m *Map) takeWant(now time.Time, n *near, data []byte) {
	for ; len(data) >= len(m.short); data = data[len(m.short):] {
		if o := m.open(identity.ShortID(data)); o != nil {
			n.queued.set(o.vertex, true)
		} else if identity.ShortID(data) == m.short {
			n.queued.set(0, true)
		}
	}
	m.pump(now, n)
}

// sendDigest tells a neighbour what we have of the vicinity.
func (m *Map) sendDigest(now time.Time, n *near) {
	n.digest = now.Add(step.Jitter(m.c.Jitter, digestGap, 20))
	m.next.By(n.digest)
	m.mend(now, n)
	if n.lossy {
		n.lossy, n.tell = false, 1<<(ownWay+1)-1
	}
	var b []byte
	add := func(id identity.ShortID, sequence uint32) {
		if len(b)+digestSize > link.MaxMessage {
			m.post(now, n, kindDigest, b)
			b = nil
		}
		b = binary.LittleEndian.AppendUint32(append(b, id[:]...), sequence)
	}
	if m.own != nil && !m.withheld(n.short, m.own) {
		add(m.short, m.state.sequence)
	}
	for _, o := range m.order {
		if o.class&inVicinity != 0 && !m.withheld(n.short, o.raw) {
			add(o.short, o.raw.Sequence())
		}
	}
	if len(b) > 0 {
		m.post(now, n, kindDigest, b)
	}
}

// takeDigest asks for what is newer there, and offers what is newer here.
func (m *Map) takeDigest(now time.Time, n *near, data []byte) {
	for ; len(data) >= digestSize; data = data[digestSize:] {
		id, sequence := identity.ShortID(data), binary.LittleEndian.Uint32(data[len(m.short):])
		o := m.open(id)
		switch {
		case id == m.short:
			m.takeSequence(now, n, sequence)
		case o == nil && !m.wanted(id) && m.spurned(n, id, sequence):
		case o == nil || int32(sequence-o.raw.Sequence()) > 0:
			m.wish(n, id)
		case sequence != o.raw.Sequence():
			n.queued.set(o.vertex, true)
		}
	}
	m.pump(now, n)
}
