package ask

import (
	"bytes"
	"encoding/binary"
	mrand "math/rand/v2"
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

// TestNoFieldOfAsker: a question is the destination's mesh address, whether its key is
// known here or not, and for the core that of the server. So it is the same whoever asks,
// whatever else he has asked and drawn, and each is as long as the others; no field names
// the asker. One who asks for himself would be found.
func TestNoFieldOfAsker(t *testing.T) {
	r := mrand.New(mrand.NewPCG(7, 7))
	key := func() (k identity.Key) {
		for i := 0; i < len(k); i += 8 {
			binary.LittleEndian.PutUint64(k[i:], r.Uint64())
		}
		return k
	}
	lengths := map[int]bool{}
	for range 500 {
		asker, to := key(), key()
		s := &server{ServerStatus: ServerStatus{Key: to}}
		request := (&question{ip: to.IPv6()}).request(s)
		lengths[len(request)] = true
		for _, other := range []question{{ip: to.IPv6(), to: to, found: true, fails: 3}, {ip: to.IPv6(), compare: true, asked: []*server{{}}}, {core: true}} {
			if again := other.request(s); !bytes.Equal(again, request) {
				t.Fatalf("the same question is %x and %x", request, again)
			}
		}
		if named(request, asker) {
			t.Fatalf("%x names the asker %v", request, asker)
		}
		if !named(request, to) {
			t.Fatal("who asks for himself is not found")
		}
	}
	if len(lengths) != 1 {
		t.Errorf("questions of %v lengths", lengths)
	}
}
