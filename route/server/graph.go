package server

import (
	"bytes"
	"math/bits"
	"slices"

	"hopwire/link/identity"
)

// A Graph is a map as arrays: relays are numbers, such that those near each other have
// near ones, and each has the links that both of its ends state, at the worse
// of what they state. It takes 10 bytes for each direction of a link, and 21 for each
// relay.
type Graph struct {
	ids    []identity.ShortID
	byID   []int32  // relays by rising short ids
	passes []bool   // relays that pass circuits of others on
	prices []uint32 // as announced
	first  []int32  // of the links of each, in links, by rising ends; one more than there are relays
	links  []edge
	rates  []rate // of each link
	most   uint32 // dearest of them
}

// An edge leads to a relay, at a cost in µs.
type edge struct {
	to   int32
	cost uint32
}

// A rate is the capacity and the loss of a link.
type rate struct {
	bits byte // of the capacity in kbit/s, a power of two: 2^(bits−1)
	loss byte // in 1/256
}

// unknownKbits is what a link counts for that states no capacity (route/announce/wire.md, "Cost").
const unknownKbits = 100_000

func rateOf(kbits uint32, loss byte) rate {
	if kbits == 0 {
		kbits = unknownKbits
	}
	return rate{byte(bits.Len32(kbits)), loss}
}

// worse is what counts when the ends differ.
func (r rate) worse(o rate) rate { return rate{min(r.bits, o.bits), max(r.loss, o.loss)} }

// MostCost is what a link costs at most, in µs: dearer ones are cut to it, since the
// memory for trees grows with the dearest.
const MostCost = 1 << 20

// Len returns how many relays there are.
func (g *Graph) Len() int { return len(g.ids) }

// ID returns the short id of a relay.
func (g *Graph) ID(relay int32) identity.ShortID { return g.ids[relay] }

// Find returns the number of a relay; −1: it is not on the map.
func (g *Graph) Find(id identity.ShortID) int32 {
	i, ok := slices.BinarySearchFunc(g.byID, id, func(r int32, id identity.ShortID) int { return compareIDs(g.ids[r], id) })
	if !ok {
		return -1
	}
	return g.byID[i]
}

func (g *Graph) from(relay int32) []edge { return g.links[g.first[relay]:g.first[relay+1]] }

func compareIDs(a, b identity.ShortID) int { return bytes.Compare(a[:], b[:]) }
