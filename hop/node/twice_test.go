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

// TestSecondWarmCircuit: the circuit in use was failing when another was begun, and is well
// again when that is ready. No circuit stays open that has no role.
func TestSecondWarmCircuit(t *testing.T) {
	for cut := time.Second; cut < 3*time.Second; cut += 50 * time.Millisecond {
		w := diamond(t, 402)
		src, dst := w.ends()
		w.connect(src, dst)
		w.stream(src, dst, 20*time.Millisecond, time.Second, true)
		seen := map[*channel]bool{}
		look := func() {
			for _, ch := range src.mate(dst).channels() {
				seen[ch] = true
			}
		}
		w.lane(0, 1).Cut, w.lane(0, 2).Cut = silent, silent
		for range cut / (20 * time.Millisecond) {
			w.stream(src, dst, 20*time.Millisecond, 20*time.Millisecond, false)
			look()
		}
		w.lane(0, 1).Cut, w.lane(0, 2).Cut = nil, nil
		for range 100 {
			w.stream(src, dst, 20*time.Millisecond, 20*time.Millisecond, false)
			look()
		}
		w.stream(src, dst, 20*time.Millisecond, 8*time.Second, false)
		for _, ch := range src.mate(dst).channels() {
			delete(seen, ch)
		}
		for ch := range seen {
			if !ch.closed {
				t.Errorf("cut for %v: a circuit is open that has no role", cut)
			}
		}
	}
}
