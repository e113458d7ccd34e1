package node

import (
	"errors"
	"testing"
	"time"

	"hopwire/hop"
)

// asked is a row of three nodes whose first asks for the way to the last, with packets that
// wait for it.
func asked(t *testing.T, seed uint64, packets int) (w *world, src, dst *member) {
	w = row(t, seed, 3, cableDelay)
	w.start()
	src, dst = w.ends()
	src.way.ways[2], src.way.asking[2] = [][]int{{1, 2}}, true
	for range packets {
		src.send(dst, 1)
	}
	return w, src, dst
}

// TestAskingWaits: packets for a node that the map asks about wait, 64 of them; in the turn
// in which the map has an answer the way is taken, and all that waited arrives. The map is
// not asked again in between.
func TestAskingWaits(t *testing.T) {
	w, src, dst := asked(t, 510, maxQueue+3)
	w.Run(askFor - 10*time.Millisecond)
	if err := src.Want(w.Now, dst.Key()); !errors.Is(err, hop.ErrAsking) || len(src.way.asked) != 1 || src.refused != 0 {
		t.Errorf("it wants %v, has asked the map %d times, %d senders were told", err, len(src.way.asked), src.refused)
	}
	if p := src.mate(dst); len(p.queue.packets) != maxQueue || src.N.QueueFull != 3 {
		t.Errorf("%d packets wait, %d were dropped; want %d and 3", len(p.queue.packets), src.N.QueueFull, maxQueue)
	}
	src.way.asking[2] = false
	src.host.Turn(func(now time.Time) {
		if src.Found(now, dst.Key()); src.mate(dst).opening == nil {
			t.Error("no circuit is begun in the turn of the answer")
		}
	})
	if w.Run(100 * time.Millisecond); len(dst.got) != maxQueue {
		t.Errorf("%d packets arrived, want %d", len(dst.got), maxQueue)
	}
}

// TestAskingEnds: after two seconds, or when there is nothing to be learned, senders are
// told; what comes later waits anew.
func TestAskingEnds(t *testing.T) {
	w, src, dst := asked(t, 511, 5)
	w.Run(askFor + time.Millisecond)
	if src.refused != 5 || src.queued != 0 {
		t.Errorf("%d senders of 5 were told after %v, %d bytes wait", src.refused, askFor, src.queued)
	}
	w.Run(time.Second)
	src.send(dst, 1)
	w.Run(time.Second)
	if src.refused != 5 || len(src.mate(dst).queue.packets) != 1 {
		t.Errorf("a packet after that does not wait: %d senders told", src.refused)
	}
	src.way.asking[2] = false
	delete(src.way.ways, 2)
	src.host.Turn(func(now time.Time) { src.Found(now, dst.Key()) })
	src.host.Turn(func(now time.Time) { src.Found(now, w.members[1].Key()) }) // nobody waits for it
	w.Run(10 * time.Second)
	if src.refused != 6 || src.queued != 0 {
		t.Errorf("%d senders of 6 were told, %d bytes wait", src.refused, src.queued)
	}
}

// TestAskingSharesTheRoom: packets that wait for a map take no more than the room of all
// that wait, and what nobody asks for any more goes.
func TestAskingSharesTheRoom(t *testing.T) {
	w, src, _ := asked(t, 512, 0)
	src.way.asking[-1] = true
	for i := range 100 {
		key := taughtKey(i + 1)
		src.Teach(key)
		src.host.Turn(func(now time.Time) {
			for range maxQueue {
				src.Packet(now, datagram(src.IP(), key.IPv6(), 1, 0, 1380), nil)
			}
		})
	}
	if src.queued > queueMemory || src.queued < queueMemory*9/10 {
		t.Errorf("%d bytes wait, want nearly %d", src.queued, queueMemory)
	}
	w.Run(3 * time.Second)
	if src.queued != 0 {
		t.Errorf("%d bytes wait for ever", src.queued)
	}
}
