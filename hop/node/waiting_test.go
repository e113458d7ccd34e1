package node

import (
	"testing"
	"time"
)

// TestSilentNodesShareTheRoom: packets to forty nodes that never answer wait in what all
// may have together. Those to one that does answer are not kept out by them, and when
// all has been tried no packet is left.
func TestSilentNodesShareTheRoom(t *testing.T) {
	w := newDiamond(t, 95)
	w.change = func(_ int, c *Config) { c.MaxCircuits = 128 }
	w.start()
	src, dst := w.ends()
	src.way.ways[-1] = [][]int{{1, 3}} // the path of strangers: their sessions never open
	for i := range 40 {
		key := taughtKey(i + 1)
		src.Teach(key)
		src.host.Turn(func(now time.Time) {
			for range maxQueue {
				src.Packet(now, datagram(src.IP(), key.IPv6(), 1, 0, 1380), nil)
			}
		})
		w.Run(time.Millisecond)
	}
	if src.queued > queueMemory || src.queued < queueMemory*9/10 {
		t.Errorf("%d bytes wait, want nearly %d", src.queued, queueMemory)
	}
	for range 10 {
		src.send(dst, 1)
	}
	sum := 0
	for _, p := range src.order {
		sum += p.queue.held
	}
	if sum != src.queued || sum > queueMemory {
		t.Errorf("%d bytes wait by the peers, %d by the node, want at most %d", sum, src.queued, queueMemory)
	}
	if w.Run(2 * time.Second); len(dst.got) != 10 {
		t.Errorf("%d of 10 packets to a node that answers arrived", len(dst.got))
	}
	w.Run(20 * time.Second)
	if src.queued != 0 || src.refused == 0 {
		t.Errorf("%d bytes wait after all was tried, %d senders were told", src.queued, src.refused)
	}
}

// TestSilentNodeIsSaid: who sends to a node that never answers is told so once three
// openings have failed, and not before.
func TestSilentNodeIsSaid(t *testing.T) {
	w := diamond(t, 96)
	src, dst := w.ends()
	dst.listen(true)
	src.send(dst, 1)
	w.Run(11 * time.Second)
	if src.refused != 0 {
		t.Errorf("%d senders were told after 11 s, want none yet", src.refused)
	}
	w.Run(1500 * time.Millisecond)
	if src.refused != 1 || src.queued != 0 {
		t.Errorf("%d senders were told, %d bytes wait; want 1 and none", src.refused, src.queued)
	}
}
