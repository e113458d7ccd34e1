package route

import (
	"testing"

	"hopwire/route/announce"
)

// TestTwoLinksToOne: of two links to a neighbour, by cable and by radio, the better one
// counts, whichever came up first.
func TestTwoLinksToOne(t *testing.T) {
	for _, mine := range [][]edge{{{1, 200}, {1, 100}}, {{1, 100}, {1, 200}}} {
		g := newGraph()
		g.mine = mine
		if w := g.weight(0, 1); w != announce.Step(100).Nanoseconds() {
			t.Errorf("%v: weighs %v, want %v", mine, w, announce.Step(100).Nanoseconds())
		}
	}
}
