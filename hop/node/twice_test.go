package node

import (
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link/linktest"
)

// TestJoinDuringHandshake: while the worker has message 1 of a circuit, a join on the same
// circuit is not looked at. The circuit has one session, and its peers are forgotten.
func TestJoinDuringHandshake(t *testing.T) {
	w := newDiamond(t, 401)
	w.Costs = linktest.MIPS
	w.start()
	src, dst := w.ends()
	src.way.ways[3] = [][]int{{1, 3}}
	w.connect(src, dst)
	w.Run(time.Second)
	join := src.mate(dst).resume.next(src.Node).body
	c := src.circuit(2, 3)
	src.say(c, w.firstOf(src.id, dst, mrand.NewChaCha8([32]byte{5}), true))
	src.say(c, join)
	w.Run(time.Second)
	seen := map[*channel]bool{}
	for _, ch := range dst.mate(src).terminals {
		if seen[ch] {
			t.Error("a circuit has been entered twice")
		}
		seen[ch] = true
	}
	w.Run(10 * time.Minute)
	if dst.mate(src) != nil {
		t.Errorf("the peer has not been forgotten: %d circuits end here", len(dst.mate(src).terminals))
	}
}
