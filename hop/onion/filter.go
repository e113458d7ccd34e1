package onion

import (
	"time"

	"hopwire/hop/offheap"
)

// A Filter remembers the set-ups of the last 75 minutes by keyed fingerprints of
// 30 bits, in four generations (wire.md, "Replay filter"). It never holds more than its
// size.
//
// Its table is flat and outside the Go heap, since a map of as many entries costs five
// times the memory. It consists of buckets of 16 entries, one cache line each. Its four
// quarters are used one after another, so that a relay that is not flooded never
// touches most of it.
//
// An entry may lie in either of two buckets of a quarter. A new one takes the emptier,
// in the first quarter that has room, so buckets fill evenly: until 97 % of the size is
// used, every set-up finds a place. One that finds none is refused, and its source
// tries again.
//
// Not safe for concurrent use.
type Filter struct {
	size   int
	used   int // quarters
	turned time.Time
	turns  uint32         // generations begun
	n      Tally          // of all entries
	table  []uint32       // fingerprint 30 bits ‖ generation 2; fingerprint 0: free
	memory *offheap.Table // what table is a view of
}

const (
	filterBucket = 16
	filterParts  = 4

	// A set-up is taken while its key is, and it may have waited for its Diffie-Hellman
	// meanwhile: filterMargin. So long it must be known.
	filterMargin = 3 * time.Minute
	filterFor    = onionEarly + onionHour + onionLate + filterMargin

	filterGens = 4
	filterTurn = filterFor / (filterGens - 1) // an entry stays for three or four of them
)

// A Tally counts the entries of one neighbour, or port, by generation. The zero Tally
// has none.
type Tally struct {
	turns uint32 // of the filter when it was used last
	n     [filterGens]uint32
}

// count forgets the generations that have ended since the last use, and returns how many
// entries there are.
//
//go:noinline
func (t *Tally) count(turns uint32) (n int) {
	for ; t.turns != turns; t.turns++ {
		if turns-t.turns > filterGens {
			t.turns = turns - filterGens
		}
		t.n[(t.turns+1)%filterGens] = 0
	}
	for _, g := range t.n {
		n += int(g)
	}
	return n
}

// NewFilter returns a filter for at most size set-ups.
func NewFilter(size int) *Filter {
	buckets := filterParts
	for buckets*filterBucket < size {
		buckets *= 2
	}
	f := &Filter{size: size, used: 1, memory: offheap.New(4 * buckets * filterBucket)}
	f.table = f.memory.Words()
	return f
}

// Beyond says whether a port, or a neighbour on it, has more than its share: more
// entries than there is room left, or more than its port has left of that. So a neighbour
// that floods the filter gets a third of it, and k ports that do leave a (k+1)th to those
// who have few.
func (f *Filter) Beyond(now time.Time, port, neighbour *Tally) bool {
	f.turn(now)
	used, most := f.Load()
	room := most - used - port.count(f.turns)
	return room <= 0 || room <= neighbour.count(f.turns)
}

// Add notes a fingerprint, and counts it in the tallies. fresh: it was not there; full:
// there is no room, and it was not noted. An entry stays for 75 to 100 minutes: longer
// than any onion key is accepted, less than for ever.
func (f *Filter) Add(now time.Time, fingerprint uint64, tallies ...*Tally) (fresh, full bool) {
	f.turn(now)
	// Top bits for the entry, low ones for the places; 0 would be free.
	entry := max(uint32(fingerprint>>34), 1) << 2
	var place *uint32
	for part := range f.used {
		at, known := f.look(part, fingerprint, entry)
		if known {
			return false, false
		}
		if place == nil {
			place = at
		}
	}
	if used, most := f.Load(); used >= most {
		return true, true
	}
	if place == nil && f.used < filterParts {
		place, _ = f.look(f.used, fingerprint, entry)
		f.used++
	}
	if place == nil {
		return true, true
	}
	*place = entry | f.turns%filterGens
	f.Note(&f.n)
	for _, t := range tallies {
		f.Note(t)
	}
	return true, false
}

// Note counts one more entry in a tally. It may be of another filter that is like this one.
func (f *Filter) Note(t *Tally) {
	t.count(f.turns)
	t.n[f.turns%filterGens]++
}

// Noted returns how many entries a tally counts.
func (f *Filter) Noted(t *Tally) int { return t.count(f.turns) }

// Load returns how many fingerprints there are, and may be.
func (f *Filter) Load() (used, most int) { return f.n.count(f.turns), f.size }

// look finds the place for an entry in one part, nil: there is none; known: the entry
// is there.
func (f *Filter) look(part int, fingerprint uint64, entry uint32) (place *uint32, known bool) {
	a, b := f.bucket(part, uint32(fingerprint)), f.bucket(part, uint32(fingerprint>>16)*0x9e3779b1)
	i, freeA := find(a, entry)
	j, freeB := find(b, entry)
	switch {
	case i < 0 || j < 0:
		return nil, true
	case freeA+freeB == 0:
		return nil, false
	case freeA >= freeB:
		return &a[i], false
	}
	return &b[j], false
}

func (f *Filter) bucket(part int, hash uint32) []uint32 {
	size := len(f.table) / filterParts
	i := part*size + int(hash)&(size/filterBucket-1)*filterBucket
	return f.table[i : i+filterBucket]
}

// find returns a free place in a bucket and how many there are; −1: entry is in it.
func find(bucket []uint32, entry uint32) (place, free int) {
	for i, e := range bucket {
		switch {
		case e == 0:
			place = i
			free++
		case e&^(filterGens-1) == entry:
			return -1, 0
		}
	}
	return place, free
}

// turn begins the generations whose time has come, each in place of the oldest.
func (f *Filter) turn(now time.Time) {
	if f.turned.IsZero() {
		f.turned = now
	}
	n := min(int(now.Sub(f.turned)/filterTurn), filterGens)
	if n <= 0 {
		return
	}
	f.turned = now
	old := [filterGens]bool{}
	for range n {
		f.turns++
		old[f.turns%filterGens] = true
	}
	for i, e := range f.table[:f.used*len(f.table)/filterParts] {
		if old[e%filterGens] {
			f.table[i] = 0
		}
	}
}
