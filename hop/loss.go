package hop

import (
	"encoding/binary"
	"math"
	"time"

	"hopwire/hop/onion"
	"hopwire/link/step"
)

// Unexplained loss (wire.md, "Loss"): while traffic flows on the circuit in use,
// its source asks all hops for their counters now and then, and compares them with
// its own. What neither arrived nor was dropped by a queue was lost on the way.
const (
	lossGap    = 4 * time.Second // between two rounds of questions at least,
	lossFrames = 25              // and so many frames, either way,
	lossPerHop = 8               // and so many for each hop
	lossLeast  = 50              // frames that a judgement needs
	lossShare  = 0.05            // that a leg may lose
	lossMost   = 400             // frames after which a window without loss begins anew,
	lossSpan   = 30 * time.Second
	lossPace   = 50 * time.Millisecond  // between two questions, of circuits of several set-ups: their answers share one answerRate
	lossSlack  = 100 * time.Millisecond // an answer later than the hop's quickest by more says nothing
)

// A LossMeter judges the legs of one circuit at its source: &LossMeter{Of: c}. Each count is
// compared with the source's own at the very frame that asked or answered, since
// frames of a circuit stay in order: a hop's statement bears on the two legs
// next to it and on no other.
type LossMeter struct {
	Of     *Circuit
	at     time.Time // of the next round
	frames uint64    // of the circuit at the last round
	own    uint32    // dropped by our own queues until then
	order  []int     // hops still to be asked in this round
	led    time.Time // the last one was asked
	hops   []hopTally
	legs   []leg // [i] leads to hop i
}

// A hopTally is what is known of one hop since the set-up.
type hopTally struct {
	_     [0]func() // not compared: saves the code
	id    uint32    // of the question; 0: none is open
	asked time.Time
	least time.Duration // quickest answer
	ok    bool          // answered in this round

	sent                 uint32 // by us to it or beyond, until the question
	forth, back          uint32 // lost between us and it, on the way there and back
	answered             uint32 // frames it has sent back, its own and others
	dropped, backDropped uint32
}

// A leg is the way between two hops that follow each other, in both directions.
type leg struct{ forth, back lossWindow }

// A lossWindow judges one direction of a leg from some round on. lost and of are the
// totals at that round, mod 2^32.
type lossWindow struct {
	lost, of uint32
	since    time.Time // zero: not begun
	suspect  bool      // the window before was bad
}

// Due says whether it is time for a round, and worth it: there was traffic.
func (m *LossMeter) Due(now time.Time) bool {
	s := m.Of.stats
	return !now.Before(m.at) && s.Out+s.In-m.frames >= uint64(max(lossFrames, lossPerHop*len(m.Of.keys)))
}

// Ask begins a round: every hop gets a question, in an order drawn by chance, so that
// a relay cannot tell whose question it delays.
func (m *LossMeter) Ask(now time.Time) {
	c := m.Of
	if len(m.hops) != len(c.keys) {
		m.hops, m.legs = make([]hopTally, len(c.keys)), make([]leg, len(c.keys))
	}
	for i := range m.hops {
		m.hops[i].ok, m.hops[i].id = false, 0
	}
	m.order = c.cs.c.Jitter.Perm(len(m.hops))
	m.at, m.own, m.frames = now.Add(lossGap), c.flow.Dropped, c.stats.Out+c.stats.In
}

// Lead asks one hop, directly ahead of a frame of the traffic; m may be nil. Questions
// sent together would wait together in a full queue, which drops what has waited too
// long, and most would be lost. Their ids have nothing in common, so that two relays
// cannot tell by them that they are on one circuit.
func (m *LossMeter) Lead(now time.Time) {
	if m == nil || len(m.order) == 0 || len(m.hops) > onion.MaxHops && now.Sub(m.led) < lossPace {
		return
	}
	m.led = now
	i := m.order[0]
	m.order = m.order[1:]
	if i >= len(m.hops) {
		return
	}
	var id [4]byte
	step.Draw(m.Of.cs.c.Rand, id[:])
	h := &m.hops[i]
	h.id, h.asked = max(1, binary.LittleEndian.Uint32(id[:])), now
	if !m.Of.Ping(now, i, h.id) {
		h.id = 0
	}
	h.sent = beyond(m.Of.addressed, i)
}

// beyond sums the counts of the hops from i on.
func beyond(counts []uint32, i int) (sum uint32) {
	for _, n := range counts[i:] {
		sum += n
	}
	return sum
}

// Answer notes a hop's answer; false: it is not to a question of ours.
func (m *LossMeter) Answer(now time.Time, hop int, p onion.Pong) bool {
	if hop >= len(m.hops) || m.hops[hop].id == 0 || m.hops[hop].id != p.ID {
		return false
	}
	h := &m.hops[hop]
	h.id = 0
	rtt := now.Sub(h.asked)
	if h.least == 0 || rtt < h.least {
		h.least = rtt
	}
	h.ok = rtt <= h.least+lossSlack
	h.forth = h.sent - p.In
	h.back = p.BackOut - beyond(m.Of.received, hop)
	h.answered, h.dropped, h.backDropped = p.BackOut, p.Dropped, p.BackDropped
	return true
}

// Judge looks at what the last round has told, and reports the hops to which a
// leg leads that loses too much.
func (m *LossMeter) Judge(now time.Time, bad func(hop int)) {
	before := hopTally{ok: true, dropped: m.own} // us
	for i, h := range m.hops {
		if s := &m.legs[i]; before.ok && h.ok {
			forth := s.forth.judge(now, h.forth-before.forth-before.dropped, h.sent-before.forth)
			back := s.back.judge(now, h.back-before.back-h.backDropped, h.answered)
			if forth || back {
				bad(i)
			}
		}
		before = h
	}
}

// Judge moves the window on to new totals and says whether it, and the one before,
// were bad: one alone may be chance.
func (w *lossWindow) judge(now time.Time, lost, of uint32) bool {
	begin := func(suspect bool) { *w = lossWindow{lost, of, now, suspect} }
	switch n := int32(of - w.of); {
	case w.since.IsZero():
		begin(false)
	case lossy(int32(lost-w.lost), n):
		again := w.suspect
		begin(!again)
		return again
	case n >= lossMost || n >= lossLeast && now.Sub(w.since) >= lossSpan:
		begin(false)
	}
	return false
}

// lossy says whether so many lost of n are more than the share that is let pass, by
// more than twice what chance makes of that share.
func lossy(lost, n int32) bool {
	if n < lossLeast {
		return false
	}
	chance := 2 * math.Sqrt(lossShare*(1-lossShare)*float64(n))
	return float64(lost) > lossShare*float64(n)+chance
}
