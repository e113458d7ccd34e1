package route_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/route/announce"
	"hopwire/route/meshtest"
)

// A liar is a relay that takes each announcement for older than it was told, and passes
// it on as that.
type liar struct {
	node.Map
	lie time.Duration
}

func (l liar) Message(now time.Time, on *link.Link, kind byte, data []byte) {
	const kindAnnounce = link.KindRoute
	if kind == kindAnnounce && len(data) > announce.AgeSize {
		data = slices.Clone(data)
		at := data[len(data)-announce.AgeSize:]
		age := min(time.Duration(binary.LittleEndian.Uint32(at))*time.Millisecond+l.lie, time.Hour)
		binary.LittleEndian.PutUint32(at, uint32(age.Milliseconds()))
	}
	l.Map.Message(now, on, kind, data)
}

// TestAttackAge: a relay lies about the age of announcements, which nobody signs. By it a
// source chooses the onion key of the hour: it takes the next one too soon. Every honest
// pair that has a way without the liar still talks at its first try.
func TestAttackAge(t *testing.T) {
	meshes, nodes := 1, 10
	if meshtest.ShortSpan().Leaves > 8 {
		meshes, nodes = 6, 20
	}
	lost, pairs := 0, 0
	for k := range meshes {
		m := meshtest.Random(meshtest.Options{Seed: uint64(950 + k), Wrap: func(i int, m node.Map) node.Map {
			if i == 0 {
				return liar{m, 50 * time.Minute}
			}
			return m
		}}, nodes, 4)
		m.BootAll()
		m.Run(19 * time.Minute) // announced anew, with three quarters of the hour left
		a, b := agePairs(m)
		lost, pairs = lost+a, pairs+b
	}
	fmt.Printf("attack: | a lie about age | | %d of %d honest pairs lost | |\n", lost, pairs)
	if lost > 0 || pairs == 0 {
		t.Errorf("%d of %d honest pairs do not talk, want none", lost, pairs)
	}
}

// agePairs pings all pairs that do not need node 0.
func agePairs(m *meshtest.Mesh) (lost, pairs int) {
	for i := 1; i < len(m.Nodes); i++ {
		reached := apart(m, i)
		for j := 1; j < len(m.Nodes); j++ {
			if i == j || !reached[j] {
				continue
			}
			pairs++
			if _, ok := m.MustPing(i, j, 3*time.Second); !ok {
				lost++
			}
		}
	}
	return lost, pairs
}

// apart says which nodes can be reached without node 0.
func apart(m *meshtest.Mesh, from int) map[int]bool {
	seen, next := map[int]bool{from: true}, []int{from}
	for len(next) > 0 {
		i := next[0]
		next = next[1:]
		for k := range m.Cables {
			for a, b := range map[int]int{k[0]: k[1], k[1]: k[0]} {
				if a == i && b != 0 && !seen[b] {
					seen[b] = true
					next = append(next, b)
				}
			}
		}
	}
	return seen
}
