package ask

import (
	mrand "math/rand/v2"
	"slices"
	"testing"
)

// known is a map from pairs of relays that have a link.
func known(relays int, links ...[2]uint16) Known {
	k := make(Known, relays)
	for _, l := range links {
		k[l[0]] = append(k[l[0]], l[1])
		k[l[1]] = append(k[l[1]], l[0])
	}
	return k
}

func plain(v uint16) uint64 { return mix(uint64(v) + 1) }

// TestWay: at least two relays are between asker and server wherever the map has them;
// the link to the server itself carries nothing then. 0 asks, 1 is the server.
func TestWay(t *testing.T) {
	for _, c := range []struct {
		name     string
		known    Known
		gradient []uint16
		want     []uint16
		ok       bool
	}{
		{"far: the gradient's", known(4, [2]uint16{0, 2}, [2]uint16{2, 3}, [2]uint16{3, 1}), []uint16{2, 3}, []uint16{2, 3}, true},
		{"beside: around", known(4, [2]uint16{0, 1}, [2]uint16{0, 2}, [2]uint16{2, 3}, [2]uint16{3, 1}), nil, []uint16{2, 3}, true},
		{"one last hop, which is a neighbour", known(4, [2]uint16{0, 2}, [2]uint16{0, 3}, [2]uint16{2, 3}, [2]uint16{2, 1}), []uint16{2}, []uint16{3, 2}, true},
		{"only one relay", known(3, [2]uint16{0, 1}, [2]uint16{0, 2}, [2]uint16{2, 1}), nil, []uint16{2}, false},
		{"only the own link", known(4, [2]uint16{0, 1}, [2]uint16{1, 2}, [2]uint16{2, 3}), nil, nil, false},
		{"no way", known(3, [2]uint16{0, 2}), nil, nil, false},
		{"a liar's: by the server", known(5, [2]uint16{0, 1}, [2]uint16{0, 2}, [2]uint16{2, 3}, [2]uint16{3, 1}), []uint16{1, 3}, []uint16{2, 3}, true},
		{"a liar's: in a loop", known(4, [2]uint16{0, 2}, [2]uint16{2, 3}, [2]uint16{3, 1}), []uint16{2, 3, 2, 3}, []uint16{2, 3}, true},
		{"a liar's: by none", known(4, [2]uint16{0, 2}, [2]uint16{2, 3}, [2]uint16{3, 1}), []uint16{2, 9}, []uint16{2, 3}, true},
	} {
		if way, ok := Way(c.known, 1, c.gradient, plain); !slices.Equal(way, c.want) || ok != c.ok {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, way, ok, c.want, c.ok)
		}
	}
}

// slowWay says whether there is a path from one to the server by so many relays or more.
func slowWay(k Known, from, server uint16, least int, passed []uint16) bool {
	if k.linked(from, server) && least <= 0 {
		return true
	}
	for _, v := range k[from] {
		if v != server && !slices.Contains(passed, v) && slowWay(k, v, server, least-1, append(passed[:len(passed):len(passed)], v)) {
			return true
		}
	}
	return false
}

// TestWayTwin: on small maps drawn at random there is a way exactly when trying all
// paths finds one, whatever is drawn, and it is a path.
func TestWayTwin(t *testing.T) {
	r, found := mrand.New(mrand.NewPCG(1, 1)), 0
	for range 3000 {
		k := make(Known, 3+r.IntN(5))
		for range len(k) + r.IntN(3) {
			if a, b := r.IntN(len(k)), r.IntN(len(k)); a != b && !k.linked(uint16(a), uint16(b)) {
				k[a], k[b] = append(k[a], uint16(b)), append(k[b], uint16(a))
			}
		}
		seed := Draw(r.Uint64())
		way, ok := Way(k, 1, nil, func(v uint16) uint64 { return seed.Rank([8]byte{byte(v)}) })
		if want := slowWay(k, 0, 1, Least, []uint16{0}); ok != want {
			t.Fatalf("%v: %v, %v; want %v", k, way, ok, want)
		}
		if len(way) > 0 && !k.leads(way, 1) {
			t.Fatalf("%v: %v is no path", k, way)
		}
		if !ok && len(way) == 0 && slowWay(k, 0, 1, 1, []uint16{0}) {
			t.Fatalf("%v: there is a way by one relay", k)
		}
		if ok {
			found++
		}
	}
	if found < 500 {
		t.Errorf("%d maps with a way: too few to tell", found)
	}
}
