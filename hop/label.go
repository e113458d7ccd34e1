package hop

import (
	"time"

	"hopwire/link"
)

// A label is direction 1 bit ‖ generation 15 ‖ index 16 (wire.md, "Labels"). The
// upstream side of a link picks the index from its own dense range, so that the
// downstream side finds the circuit by it; the generation tells a reused index
// from the circuit before, so that no label has to rest. No generation is 0:
// label 0 is link control.
const (
	backward    = 1 << 31
	indexMask   = 1<<16 - 1
	generation  = 1 << 16 // one step
	generations = backward - generation
)

// later says whether label a is of a later generation than b: serial numbers mod
// 2^15 (RFC 1982).
func later(a, b uint32) bool { return int32((a&generations)<<1-(b&generations)<<1) > 0 }

// succeed returns the label that takes an index over.
func succeed(label uint32) uint32 {
	label = (label + generation) &^ backward
	if label&generations == 0 {
		label += generation
	}
	return label
}

// A side is what the circuit layer keeps of one link.
type side struct {
	l       *link.Link
	cs      *Circuits
	in      []entry // circuits that come from the neighbour, by its index
	out     []slot  // circuits that go to it, by our index
	free    []uint16
	passing int // circuits with this upstream
	queue   []*pending
	waiting map[uint32]*pending // of queue, by label, unless gone
	account *account            // of the neighbour
	served  uint64              // turn in which the worker had a set-up of it last
	parked  []parkedFrame
	ended   []uint32 // labels of ours to say Gone for, as soon as can be
	unknown unknown  // labels of the neighbour's to say Gone for, once a second
	goneAt  time.Time
	down    bool
	outs    int // of out, and
	ins     int // of in: not ended yet, when it is down
}

// A ref names a circuit by its place, since pointers to thousands would cost the
// garbage collector time and memory: 1 + a place in Circuits.table for one that passes
// through or ends here, −1 − a place in Circuits.starts for our own; 0: none.
type ref int32

func (r *relay) ref() ref   { return ref(1 + r.id) }
func (c *Circuit) ref() ref { return ref(-1 - c.place) }

// relay and circuit return what a ref names; nil: it is not of that sort.
func (cs *Circuits) relay(r ref) *relay {
	if r <= 0 {
		return nil
	}
	return &cs.table.relays[r-1]
}

func (cs *Circuits) circuit(r ref) *Circuit {
	if r >= 0 {
		return nil
	}
	return cs.starts[-1-r]
}

// An entry is one index of the neighbour's.
type entry struct {
	of     ref    // a relay, or 0
	newest uint32 // latest label heard of, ended or not; 0: none
}

// A slot is one index of ours on a link: a relay's next hop or an own circuit.
type slot struct {
	label uint32 // of the circuit that has the slot, or else of the last that had it
	of    ref
	acked bool // the neighbour has the set-up
}

// nearer ranks two links to one neighbour; what is not measured yet comes last.
func (s *side) nearer(o *side) bool {
	a, b := s.l.Quality().RTT, o.l.Quality().RTT
	return a != 0 && (b == 0 || a < b)
}

// assign gives a circuit a label on the link; false: none is left.
func (s *side) assign(now time.Time, o slot, most int) (label uint32, ok bool) {
	var i int
	switch n := len(s.free); {
	case n > 0:
		i = int(s.free[n-1])
		s.free = s.free[:n-1]
		o.label = succeed(s.out[i].label)
	case len(s.out) < min(most, indexMask):
		i = len(s.out)
		s.out = append(s.out, slot{})
		o.label = uint32(i) | generation
	default:
		return 0, false
	}
	s.out[i] = o
	s.l.SetBusy(now, true)
	return o.label, true
}

// release takes a label back; the slot remembers its generation.
func (s *side) release(now time.Time, label uint32) {
	if o := s.slot(label); o != nil {
		*o = slot{label: label}
		s.free = append(s.free, uint16(label&indexMask))
		s.calm(now)
	}
}

// calm lets the link say hello less often when no circuit uses it any more.
func (s *side) calm(now time.Time) {
	if !s.down && s.passing == 0 && len(s.free) == len(s.out) {
		s.l.SetBusy(now, false)
	}
}

// slot returns the entry of a label of ours; nil: no circuit has it.
func (s *side) slot(label uint32) *slot {
	i := label & indexMask
	if int(i) >= len(s.out) || s.out[i].label != label&^backward || s.out[i].of == 0 {
		return nil
	}
	return &s.out[i]
}

// relay returns the circuit that a neighbour's label names; nil: none.
func (s *side) relay(label uint32) *relay {
	i := label & indexMask
	if int(i) >= len(s.in) {
		return nil
	}
	if r := s.cs.relay(s.in[i].of); r != nil && r.upLabel == label {
		return r
	}
	return nil
}

// entry returns the entry of a neighbour's label, made when needed; the caller has
// bounded the label's index.
func (s *side) entry(label uint32) *entry {
	i := int(label & indexMask)
	for len(s.in) <= i {
		s.in = append(s.in, entry{})
	}
	return &s.in[i]
}

// over says whether a neighbour's label was used and no circuit has it now, or a
// later one has taken its index. A set-up may come after its own Gone, since what was
// lost is sent again: it must not be opened then.
func (s *side) over(label uint32) bool {
	i := label & indexMask
	if int(i) >= len(s.in) || s.in[i].newest == 0 || later(label, s.in[i].newest) {
		return false
	}
	return s.relay(label) == nil && s.pending(label) == nil
}
