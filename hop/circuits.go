package hop

import (
	"encoding/binary"
	"io"
	mrand "math/rand/v2"
	"time"

	"hopwire/link"
)

// Config says what the circuit layer of a node is made of.
type Config struct {
	Env         link.Env
	Rand        io.Reader
	Jitter      *mrand.Rand
	Onion       *OnionKeys
	Key         link.Key
	MaxCircuits int // relays and last hops; 0: 2048
}

// Events is the session layer as the circuits see it. Bodies are valid during the
// call and may be changed in place.
type Events interface {
	// Accept: a circuit ends here.
	Accept(now time.Time, t *Terminal)
	// TerminalFrame: a session frame for the last hop; seq is its number.
	TerminalFrame(now time.Time, t *Terminal, seq uint32, body []byte)
	TerminalClosed(now time.Time, t *Terminal)
	// CircuitReady: the set-up is on its way, frames may follow.
	CircuitReady(now time.Time, c *Circuit)
	// CircuitFrame: a session frame from the last hop.
	CircuitFrame(now time.Time, c *Circuit, seq uint32, body []byte)
	// CircuitAnswer: a control cell of a hop.
	CircuitAnswer(now time.Time, c *Circuit, hop int, cell Cell)
	// CircuitBroken: the circuit has ended; hop reported why.
	CircuitBroken(now time.Time, c *Circuit, hop int, why Reason)
}

// CircuitCounters count since the start.
type CircuitCounters struct {
	Relayed, RelayedBack                      uint64 // frames passed on
	UnknownLabel, BadSeq, BadAnswer, Spoiled  uint64 // frames dropped
	Parked, ParkExpired                       uint64
	Setups, SetupsRefused, SetupsReplayed     uint64
	SetupsLimited, SetupsFull, Evicted, Tombs uint64
	GoneSent, GoneHeard, BadMessage           uint64
}

// Circuits is the circuit layer of one node: circuits that pass through, end
// here, or start here. It does no I/O and reads no clock; it is not safe for
// concurrent use. Its tables are bounded by Config.MaxCircuits and const.go.
type Circuits struct {
	N CircuitCounters

	c      Config
	ev     Events
	links  []*side // by link.Link.Index
	relays []*relay
	own    []*Circuit
	filter *SetupFilter
	fpKey  [16]byte
	parked int
	jobs   int
	turn   int // whose set-up is next
	next   time.Time
	sweep  time.Time
}

// New returns an empty circuit layer.
func New(c Config, ev Events) *Circuits {
	if c.MaxCircuits == 0 {
		c.MaxCircuits = maxCircuits
	}
	cs := &Circuits{c: c, ev: ev, filter: NewSetupFilter(min(setupCopies, 128*c.MaxCircuits))}
	if _, err := io.ReadFull(c.Rand, cs.fpKey[:]); err != nil {
		panic("hop: internal error: no randomness: " + err.Error())
	}
	return cs
}

// A side is what the circuit layer keeps of one link.
type side struct {
	l       *link.Link
	in      []*relay // circuits that come from the neighbour, by its index
	out     []slot   // circuits that go to it, by our index
	free    []uint16
	passing int // circuits with this upstream
	queue   []*pending
	bucket  rate
	parked  []parkedFrame
	unknown []uint32 // labels to say Gone for
	goneAt  time.Time
	down    bool
}

// A slot is one index of ours on a link: a relay's next hop or an own circuit.
type slot struct {
	label   uint32
	relay   *relay
	circuit *Circuit
	acked   bool
}

// LinkUp enters a link.
func (cs *Circuits) LinkUp(now time.Time, l *link.Link) {
	for len(cs.links) <= l.Index {
		cs.links = append(cs.links, nil)
	}
	cs.links[l.Index] = &side{l: l}
}

// LinkDown ends every circuit over the link: those that came from it are gone,
// those that went to it are broken.
func (cs *Circuits) LinkDown(now time.Time, l *link.Link) {
	s := cs.side(l)
	if s == nil {
		return
	}
	cs.links[l.Index] = nil
	s.down = true
	cs.unpark(s)
	for _, r := range s.in {
		if r != nil {
			r.free(now)
		}
	}
	for i := range s.out {
		cs.breakSlot(now, &s.out[i], ReasonLinkDown)
	}
}

// breakSlot ends the circuit whose next hop was lost.
func (cs *Circuits) breakSlot(now time.Time, o *slot, why Reason) {
	switch r, c := o.relay, o.circuit; {
	case r != nil:
		r.lose(now, why)
	case c != nil:
		c.end(now)
		cs.ev.CircuitBroken(now, c, 0, why)
	}
}

func (cs *Circuits) side(l *link.Link) *side {
	if l.Index >= len(cs.links) || cs.links[l.Index] == nil || cs.links[l.Index].l != l {
		return nil
	}
	return cs.links[l.Index]
}

// toward returns the best link to the neighbour with a short id.
func (cs *Circuits) toward(id link.ShortID) (best *side) {
	for _, s := range cs.links {
		if s == nil || s.l.Short() != id {
			continue
		}
		if best == nil || s.l.Quality().RTT < best.l.Quality().RTT {
			best = s
		}
	}
	return best
}

// assign gives a circuit a label on the link; false: none is left.
func (s *side) assign(o slot, most int) (label uint32, ok bool) {
	var i int
	switch n := len(s.free); {
	case n > 0:
		i = int(s.free[n-1])
		s.free = s.free[:n-1]
		o.label = (s.out[i].label + generation) &^ backward
	case len(s.out) < min(most, indexMask):
		i = len(s.out)
		s.out = append(s.out, slot{})
		o.label = uint32(i) | generation
	default:
		return 0, false
	}
	s.out[i] = o
	return o.label, true
}

// release takes a label back; the slot remembers its generation.
func (s *side) release(label uint32) {
	i := label & indexMask
	if int(i) < len(s.out) && s.out[i].label == label && (s.out[i].relay != nil || s.out[i].circuit != nil) {
		s.out[i] = slot{label: label}
		s.free = append(s.free, uint16(i))
	}
}

// slot returns the entry of a label of ours; nil: no circuit has it.
func (s *side) slot(label uint32) *slot {
	i := label & indexMask
	if int(i) >= len(s.out) || s.out[i].label != label&^backward || s.out[i].relay == nil && s.out[i].circuit == nil {
		return nil
	}
	return &s.out[i]
}

// Frame takes a data frame from a link; it owns f from now on. Forward frames
// count only from a circuit's own upstream link and backward ones only from its
// downstream link, since labels are looked up in that link's table.
func (cs *Circuits) Frame(now time.Time, l *link.Link, h link.Header, f *link.Frame) {
	s := cs.side(l)
	if s == nil {
		cs.c.Env.Free(f)
		return
	}
	if h.Label&backward == 0 {
		if r := s.relay(h.Label); r != nil {
			r.forward(now, h, f)
		} else {
			cs.park(now, s, h, f)
		}
		return
	}
	switch o := s.slot(h.Label); {
	case o == nil:
		cs.N.UnknownLabel++
		cs.c.Env.Free(f)
	case o.relay != nil:
		o.acked = true
		o.relay.backward(now, h, f)
	default:
		o.acked = true
		o.circuit.receive(now, h, f)
	}
}

// relay returns the circuit that a neighbour's label names; nil: none.
func (s *side) relay(label uint32) *relay {
	i := label & indexMask
	if int(i) >= len(s.in) || s.in[i] == nil || s.in[i].upLabel != label {
		return nil
	}
	return s.in[i]
}

// Message takes a control message from a link.
func (cs *Circuits) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	s := cs.side(l)
	switch {
	case s == nil:
	case kind == kindSetup && len(data) == 4+SetupSize:
		cs.takeSetup(now, s, binary.LittleEndian.Uint32(data), (*[SetupSize]byte)(data[4:]))
	case kind == kindGone && len(data)%4 == 0:
		for ; len(data) > 0; data = data[4:] {
			cs.takeGone(now, s, binary.LittleEndian.Uint32(data))
		}
	case kind == kindFailed && len(data) == 5:
		if o := s.slot(binary.LittleEndian.Uint32(data)); o != nil {
			cs.breakSlot(now, o, Reason(data[4]))
		}
	default:
		cs.N.BadMessage++
	}
}

// takeGone: forward, the upstream side has ended the circuit; backward, the
// downstream side does not know it.
func (cs *Circuits) takeGone(now time.Time, s *side, label uint32) {
	cs.N.GoneHeard++
	if label&backward == 0 {
		if r := s.relay(label); r != nil {
			r.free(now)
		} else {
			cs.dropPending(s, label)
		}
		return
	}
	if o := s.slot(label); o != nil && o.acked {
		cs.breakSlot(now, o, ReasonLinkDown)
	}
}

// gone tells the neighbour that a circuit has ended.
func (cs *Circuits) gone(now time.Time, s *side, labels ...uint32) {
	if s.down {
		return
	}
	var b []byte
	for _, l := range labels {
		b = binary.LittleEndian.AppendUint32(b, l)
	}
	cs.N.GoneSent++
	s.l.Post(now, kindGone, b, nil)
}

func (cs *Circuits) wake(t time.Time) { cs.next = earliest(cs.next, t) }

// Advance does what is due and returns when to come back; zero: nothing pending.
func (cs *Circuits) Advance(now time.Time) time.Time {
	if cs.next.IsZero() || now.Before(cs.next) {
		return cs.next
	}
	cs.next = time.Time{}
	for _, s := range cs.links {
		if s != nil {
			cs.advanceSide(now, s)
		}
	}
	if len(cs.relays) > 0 {
		if !now.Before(cs.sweep) {
			cs.expire(now)
			cs.sweep = now.Add(time.Second)
		}
		cs.wake(cs.sweep)
	}
	return cs.next
}

func (cs *Circuits) advanceSide(now time.Time, s *side) {
	cs.expireParked(now, s)
	if len(s.unknown) == 0 {
		return
	}
	if now.Before(s.goneAt) {
		cs.wake(s.goneAt)
		return
	}
	cs.gone(now, s, s.unknown...)
	s.unknown, s.goneAt = s.unknown[:0], now.Add(goneGap)
}

// expire frees circuits that have rested or lived too long.
func (cs *Circuits) expire(now time.Time) {
	for i := len(cs.relays) - 1; i >= 0; i-- {
		if i < len(cs.relays) && cs.relays[i].over(now) {
			cs.relays[i].free(now)
		}
	}
}

// Load returns how many circuits pass through or end here, and how many may.
func (cs *Circuits) Load() (used, most int) { return len(cs.relays), cs.c.MaxCircuits }

// A rate is a token bucket.
type rate struct {
	tokens float64
	last   time.Time
}

func (r *rate) take(now time.Time, perSecond, burst float64) bool {
	if r.last.IsZero() {
		r.tokens = burst
	}
	r.tokens = min(burst, r.tokens+max(0, now.Sub(r.last).Seconds())*perSecond)
	r.last = now
	if r.tokens < 1 {
		return false
	}
	r.tokens--
	return true
}
