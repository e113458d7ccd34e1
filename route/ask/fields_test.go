package ask

import (
	"bytes"
	"encoding/binary"
	mrand "math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"hopwire/link/identity"
)

// marks are what an asker could be known by: any eight bytes of its key, its short id or
// its mesh address, in both byte orders.
func marks(key identity.Key) (all [][]byte) {
	short, mesh := key.Short(), key.IPv6().As16()
	for _, whole := range [][]byte{key[:], short[:], mesh[8:]} {
		for i := 0; i+8 <= len(whole); i++ {
			all = append(all, slices.Clone(whole[i:i+8]), binary.BigEndian.AppendUint64(nil, binary.LittleEndian.Uint64(whole[i:])))
		}
	}
	return all
}

// named says whether a request holds a mark of somebody, wherever in it.
func named(request []byte, key identity.Key) bool {
	return slices.ContainsFunc(marks(key), func(mark []byte) bool { return bytes.Contains(request, mark) })
}

// TestNoFieldOfAsker: a question is its kind and the destination. So it is the same
// whoever asks, whatever else he has asked and drawn, and each of a kind is as long as
// the others; no field names the asker. One who asks for himself would be found.
func TestNoFieldOfAsker(t *testing.T) {
	r := mrand.New(mrand.NewPCG(7, 7))
	key := func() (k identity.Key) {
		for i := 0; i < len(k); i += 8 {
			binary.LittleEndian.PutUint64(k[i:], r.Uint64())
		}
		return k
	}
	ways, lookups := map[int]bool{}, map[int]bool{}
	for range 500 {
		asker, to := key(), key()
		way, lookup := (&question{to: to}).request(), (&question{ip: to.IPv6()}).request()
		ways[len(way)], lookups[len(lookup)] = true, true
		for _, other := range []question{{to: to, found: true, fails: 3, heard: 9}, {to: to, compare: true, asked: []*server{{}}}} {
			if again := other.request(); !bytes.Equal(again, way) {
				t.Fatalf("the same question is %x and %x", way, again)
			}
		}
		if named(way, asker) || named(lookup, asker) {
			t.Fatalf("%x or %x names the asker %v", way, lookup, asker)
		}
		if !named(way, to) || !named((&question{ip: netip.Addr(to.IPv6())}).request(), to) {
			t.Fatal("who asks for himself is not found")
		}
	}
	if len(ways) != 1 || len(lookups) != 1 {
		t.Errorf("questions of %v and %v lengths", ways, lookups)
	}
}
