package hop

import (
	"encoding/binary"
	"io"
	mrand "math/rand/v2"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// CircuitsConfig says what the circuit layer of a node is made of.
type CircuitsConfig struct {
	_           [0]func() // not compared: saves the code
	Env         link.Env
	Rand        io.Reader
	Jitter      *mrand.Rand
	Onion       *onion.Keys
	Key         identity.Key
	MaxCircuits int // relays and last hops; 0: 2048
	SetupRate   int // set-ups a second that are taken of all that come by one port; 0: 50
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
	CircuitAnswer(now time.Time, c *Circuit, hop int, cell onion.Cell)
	// CircuitBroken: the circuit has ended, or is to be closed (Circuit.Stays); hop reported why.
	CircuitBroken(now time.Time, c *Circuit, hop int, why Reason)
}

// CircuitCounters count since the start.
type CircuitCounters struct {
	Relayed, RelayedBack                      uint64 // frames passed on
	UnknownLabel, BadSeq, BadAnswer, Spoiled  uint64 // frames dropped
	Ticks, AnswersLimited                     uint64 // frames dropped
	Parked, ParkExpired                       uint64
	Setups, SetupsRefused, SetupsReplayed     uint64
	SetupsRepeated, SetupsStale               uint64 // the same again; of a label that is over
	SetupsLimited, SetupsFull, Evicted, Tombs uint64
	GoneSent, GoneHeard, BadMessage           uint64 // labels, labels, messages
}

// Circuits is the circuit layer of one node: circuits that pass through, end
// here, or start here. It does no I/O and reads no clock; it is not safe for
// concurrent use. Its tables are bounded by CircuitsConfig.MaxCircuits and const.go.
type Circuits struct {
	N CircuitCounters

	c         CircuitsConfig
	ev        Events
	links     []*side // by link.Link.Index
	epoch     time.Time
	table     *relayTable
	vacant    []int32 // places in it that are free
	relays    []*relay
	own       []*Circuit
	starts    []*Circuit // the same by their place; nil: it is free
	growing   []*Circuit // are being extended
	ending    []*side    // went down, and circuits are left
	behind    []follower // their set-ups leave at the end of this turn,
	follow    []follower // or have left with the one before: served at the next Advance
	filter    *onion.Filter
	accounts  []*account
	ports     int // with links
	fpKey     [16]byte
	parked    int
	jobs      int
	idle      []*setupJob     // to be used again,
	spare     []*setupMessage // as these
	turn      uint64          // set-ups given to the worker
	noneRests time.Time       // until then no circuit has been idle for long
	retry     time.Time
	next      step.Timer
	sweep     time.Time
}

// NewCircuits returns an empty circuit layer.
func NewCircuits(c CircuitsConfig, ev Events) *Circuits {
	if c.MaxCircuits == 0 {
		c.MaxCircuits = maxCircuits
	}
	if c.SetupRate == 0 {
		c.SetupRate = portRate
	}
	cs := &Circuits{c: c, ev: ev, filter: onion.NewFilter(min(setupCopies, 128*c.MaxCircuits))}
	cs.table, cs.relays, cs.vacant = newRelayTable(c.MaxCircuits), make([]*relay, 0, c.MaxCircuits), make([]int32, c.MaxCircuits)
	for i := range cs.vacant {
		cs.vacant[i] = int32(c.MaxCircuits - 1 - i)
	}
	step.Draw(cs.c.Rand, cs.fpKey[:])
	cs.next.By(time.Unix(0, 0)) // the first Advance asks the onion keys when theirs is due
	return cs
}

// LinkUp enters a link.
func (cs *Circuits) LinkUp(now time.Time, l *link.Link) {
	for len(cs.links) <= l.Index {
		cs.links = append(cs.links, nil)
	}
	cs.links[l.Index] = &side{l: l, cs: cs, account: cs.account(now, l)}
}

func (cs *Circuits) side(l *link.Link) *side {
	if l.Index >= len(cs.links) || cs.links[l.Index] == nil || cs.links[l.Index].l != l {
		return nil
	}
	return cs.links[l.Index]
}

// toward returns the best link to the neighbour with a short id.
func (cs *Circuits) toward(id identity.ShortID) (best *side) {
	for _, s := range cs.links {
		if s == nil || s.l.Short() != id {
			continue
		}
		if best == nil || s.nearer(best) {
			best = s
		}
	}
	return best
}

// Frame takes a data frame from a link; it owns f from now on. Forward frames
// count only from a circuit's own upstream link and backward ones only from its
// downstream link, since labels are looked up in that link's table.
func (cs *Circuits) Frame(now time.Time, l *link.Link, h link.Header, f *link.Frame) {
	var p passage
	switch cs.pass(now, l, h, f, &p); {
	case p.done && p.back:
		cs.N.RelayedBack++
		f.Depart()
	case p.done:
		cs.N.Relayed++
		f.Depart()
		if p.waits(now) {
			p.r.saySlow(now, p.seq)
		}
	case p.taken:
		cs.proceed(now, &p, f)
	default:
		cs.local(now, cs.side(l), h, f)
	}
}

// local takes a frame that does not simply pass through, and owns it: its circuit
// begins, ends or is broken here, or is not known, or it is an answer.
func (cs *Circuits) local(now time.Time, s *side, h link.Header, f *link.Frame) {
	switch {
	case s == nil:
		cs.c.Env.Free(f)
	case h.Label&backward != 0:
		cs.takeBack(now, s.slot(h.Label), h, f)
	default:
		if r := s.relay(h.Label); r != nil {
			r.forward(now, h, f)
		} else {
			cs.park(now, s, h, f)
		}
	}
}

func (cs *Circuits) takeBack(now time.Time, o *slot, h link.Header, f *link.Frame) {
	switch {
	case o == nil:
		cs.N.UnknownLabel++
		cs.c.Env.Free(f)
	case o.of > 0:
		o.acked = true
		cs.relay(o.of).takeAnswer(now, h, f)
	default:
		o.acked = true
		cs.circuit(o.of).receive(now, h, f)
	}
}

// Message takes a control message from a link.
func (cs *Circuits) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	s := cs.side(l)
	switch {
	case s == nil:
	case kind == kindSetup && len(data) == len(setupMessage{}) && data[offExtension] <= extensionsMost:
		cs.takeSetup(now, s, binary.LittleEndian.Uint32(data), (*setupMessage)(data))
	case kind == kindGone && len(data)%4 == 0 && len(data) <= 4*goneMost:
		for ; len(data) > 0; data = data[4:] {
			cs.takeGone(now, s, binary.LittleEndian.Uint32(data))
		}
	case kind == kindFailed && len(data) == 5:
		if o := s.slot(binary.LittleEndian.Uint32(data)); o != nil {
			cs.breakSlot(now, o, ofNext(Reason(data[4])))
		}
	default:
		cs.N.BadMessage++
	}
}

// Advance does what is due and returns when to come back; zero: nothing pending.
func (cs *Circuits) Advance(now time.Time) time.Time {
	if !cs.next.Due(now) {
		return cs.next.At()
	}
	cs.next.By(cs.c.Onion.Advance(now)) // or a node that nobody calls would keep old keys
	cs.endSome(now)
	cs.followSetups(now)
	cs.pumpAgain(now)
	cs.growAgain(now)
	for _, s := range cs.links {
		if s != nil {
			cs.expireParked(now, s)
			cs.sayUnknown(now, s)
		}
	}
	if len(cs.relays) > 0 {
		if !now.Before(cs.sweep) {
			cs.expire(now)
			cs.sweep = now.Add(time.Second)
		}
		cs.next.By(cs.sweep)
	}
	cs.tell(now)
	return cs.next.At()
}

// expire ends circuits that have rested or lived too long, and has tombstones
// say again what they are there to say.
func (cs *Circuits) expire(now time.Time) {
	for i := len(cs.relays) - 1; i >= 0; i-- {
		if i >= len(cs.relays) {
			continue // ending one may have ended others
		}
		switch r := cs.relays[i]; {
		case cs.at(now).since(r.end) >= 0:
			r.part(now, ReasonExpired)
		case r.over(now):
			r.free(now)
		case r.broken != 0:
			r.repeat(now)
		}
	}
}

// Load returns how many circuits pass through or end here, and how many may.
func (cs *Circuits) Load() (used, most int) { return len(cs.relays), cs.c.MaxCircuits }
