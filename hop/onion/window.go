package onion

// A SeqWindow is the sliding replay window over the numbers of one circuit and
// direction: 1,024 wide, serial numbers mod 2^31 (RFC 1982), at most 2^20 ahead.
// The first frame sets it. It is checked before the layer, so that no key and
// nonce are ever used twice whatever a neighbour repeats.
type SeqWindow struct {
	_       [0]func() // not compared: saves the code
	highest uint32
	started bool
	words   [seqWords]uint64
}

const (
	seqWindow = 1024
	seqAhead  = 1 << 20
	seqWords  = seqWindow / 64
)

// serial returns a − b as a signed distance mod 2^31.
func serial(a, b uint32) int32 { return int32((a-b)<<1) >> 1 }

// Check says whether a number is new and near enough; it changes nothing.
func (w *SeqWindow) Check(seq uint32) bool {
	if !w.started {
		return true
	}
	d := serial(seq, w.highest)
	if d > 0 {
		return d <= seqAhead
	}
	return -d < seqWindow && w.words[seq/64%seqWords]>>(seq%64)&1 == 0
}

// Accept notes a number that Check has passed.
func (w *SeqWindow) Accept(seq uint32) {
	seq &= SeqMask
	d := serial(seq, w.highest)
	switch {
	case !w.started:
		w.started, w.highest = true, seq
	case d >= seqWindow:
		clear(w.words[:])
		w.highest = seq
	case d > 0:
		for s := w.highest + 1; ; s++ {
			w.words[s/64%seqWords] &^= 1 << (s % 64)
			if s&SeqMask == seq {
				break
			}
		}
		w.highest = seq
	}
	w.words[seq/64%seqWords] |= 1 << (seq % 64)
}

// Highest returns the highest number accepted; ok is false before the first.
func (w *SeqWindow) Highest() (seq uint32, ok bool) { return w.highest, w.started }

// Answers checks the answers of relays (wire.md, "Windows"). They bear the number of the
// forward frame that they answer, and several hops may answer one frame, so a window
// over numbers would drop them. Instead it is a ring of the newest pairs of a number and
// the low 32 bits of the layer's hash of the body. The lowest number is evicted and
// becomes a floor: at or below it, all are refused.
//
// The hash is noted and not the iv, or a bad relay could reach another through this
// one: two frames with one number and one body leave with iv that differ in the very
// bits in which they differed when they came.
type Answers struct {
	_       [0]func() // not compared: saves the code
	floor   uint32
	floored bool
	n       int
	ring    [answersSize]struct{ seq, hash uint32 }
}

const answersSize = 16

// Empty says that none was accepted yet: it is as new.
func (a *Answers) Empty() bool { return a.n == 0 }

// Check says whether an answer may bear a number; it changes nothing. newest is the
// highest forward number that the relay has passed on: an answer to a later frame
// is refused, so nobody can push the floor ahead.
func (a *Answers) Check(seq, newest uint32) bool {
	return serial(seq, newest) <= 0 && !(a.floored && serial(seq, a.floor) <= 0)
}

// Accept says whether an answer of a number that Check has passed is new, and
// notes it.
func (a *Answers) Accept(seq uint32, hash uint64) bool {
	low := 0
	for i := range a.ring[:a.n] {
		if a.ring[i].seq == seq && a.ring[i].hash == uint32(hash) {
			return false
		}
		if serial(a.ring[i].seq, a.ring[low].seq) < 0 {
			low = i
		}
	}
	if a.n < answersSize {
		low = a.n
		a.n++
	} else {
		if serial(seq, a.ring[low].seq) < 0 {
			return false // it would be the lowest itself
		}
		a.floor, a.floored = a.ring[low].seq, true
	}
	a.ring[low].seq, a.ring[low].hash = seq, uint32(hash)
	return true
}
