package route

import (
	"testing"
	"time"

	"hopwire/link/identity"
)

// TestTwoLinksToOne: of two links to a neighbour, by cable and by radio, the better one
// counts, whichever came up first, and is stated.
func TestTwoLinksToOne(t *testing.T) {
	for _, mine := range [][]edge{{{1, 200}, {1, 100}}, {{1, 100}, {1, 200}}} {
		g := newGraph()
		g.mine = mine
		if w := g.weight(0, 1); w != steps[100] {
			t.Errorf("%v: weighs %v, want %v", mine, w, steps[100])
		}
	}
	var links []statement
	for i := range byte(24) {
		for _, rtt := range []time.Duration{time.Second, time.Millisecond} {
			links = append(links, statement{id: identity.ShortID{i * 101}, rtt: rtt})
		}
	}
	for _, s := range sortStatements(links) {
		if s.rtt != time.Millisecond {
			t.Errorf("link to %v is stated with %v", s.id, s.rtt)
		}
	}
}
