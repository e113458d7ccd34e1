package onion

import (
	"time"

	"hopwire/hop/offheap"
)

// A Filter remembers the set-ups of the last 70 minutes by keyed fingerprints of
// 31 bits, in two generations (wire.md, "Replay filter"). It never holds more than its
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
	gen    uint32         // newest generation: lowest bit of its entries
	n      [2]int         // entries of each generation
	table  []uint32       // fingerprint 31 bits ‖ generation 1; fingerprint 0: free
	memory *offheap.Table // what table is a view of
}

const (
	filterBucket = 16
	filterParts  = 4
	filterFor    = onionHour + onionLate
)

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

// Add notes a fingerprint. fresh: it was not there; full: there is no room, and it
// was not noted. An entry stays for 70 to 140 minutes: longer than any onion key
// is accepted, less than for ever.
func (f *Filter) Add(now time.Time, fingerprint uint64) (fresh, full bool) {
	f.turn(now)
	// Top bits for the entry, low ones for the places; 0 would be free.
	entry := max(uint32(fingerprint>>33), 1) << 1
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
	*place = entry | f.gen
	f.n[f.gen]++
	return true, false
}

// Load returns how many fingerprints there are, and may be.
func (f *Filter) Load() (used, most int) { return f.n[0] + f.n[1], f.size }

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
		case e&^1 == entry:
			return -1, 0
		}
	}
	return place, free
}

// turn begins a new generation when it is time, in place of the one before the last.
func (f *Filter) turn(now time.Time) {
	if f.turned.IsZero() {
		f.turned = now
	}
	if now.Sub(f.turned) < filterFor {
		return
	}
	f.gen, f.turned = f.gen^1, now
	f.n[f.gen] = 0
	for i, e := range f.table[:f.used*len(f.table)/filterParts] {
		if e&1 == f.gen {
			f.table[i] = 0
		}
	}
}
