package node

import (
	"testing"
	"time"

	"hopwire/hop"
)

// over counts the packets that came to a node by circuits of its own, and by those of
// others that end there.
func (m *member) over() (own, others *int) {
	own, others = new(int), new(int)
	m.atSource = func(time.Time, *hop.Circuit, []byte) bool { *own++; return false }
	m.atEnd = func(time.Time, *hop.Terminal, []byte) bool { *others++; return false }
	return own, others
}

// TestReplyFollowsItsFlow: both ends have a circuit to each other. What answers a flow
// leaves by the circuit that brought it, and what begins a flow by the end's own.
func TestReplyFollowsItsFlow(t *testing.T) {
	w := diamond(t, 70)
	src, dst := w.ends()
	src.way.ways[3], dst.way.ways[0] = [][]int{{1, 3}}, [][]int{{2, 0}}
	w.connect(src, dst)
	dst.host.Turn(func(now time.Time) {
		if err := dst.Want(now, src.Key()); err != nil {
			t.Error(err)
		}
	})
	w.Run(100 * time.Millisecond)
	dst.wantOwn(src, "active", []int{2, 0})
	for _, step := range []struct {
		name        string
		flow        uint16
		own, others int // frames at the source, by whose circuit
	}{
		{"a reply", 1, 1, 0},
		{"a flow of the end's", 2, 0, 1},
	} {
		own, others := src.over()
		dst.send(src, step.flow)
		w.Run(50 * time.Millisecond)
		if *own != step.own || *others != step.others {
			t.Errorf("%s: %d frames by the source's circuit, %d by the end's, want %d and %d", step.name, *own, *others, step.own, step.others)
		}
		w.Run(time.Second)
	}
	w.wantAll(dst, src)
}

// TestReplyMovesWithItsFlow: when the source moves a flow to another circuit, what
// answers it moves too; the end has no circuit of its own, and needs none.
func TestReplyMovesWithItsFlow(t *testing.T) {
	w := diamond(t, 71)
	src, dst := w.ends()
	w.connect(src, dst)
	w.stream(src, dst, 20*time.Millisecond, time.Second, true)
	w.unplug(0, 1)
	w.Run(20 * time.Millisecond)
	for range 20 {
		src.send(dst, 1)
		w.Run(5 * time.Millisecond)
		dst.send(src, 1)
		w.Run(5 * time.Millisecond)
	}
	w.wantAll(src, dst)
	w.wantAll(dst, src)
	dst.wantOwn(src, "active")
}

// TestRestedFlowForgets: a flow that has rested for two minutes leaves as a new one
// does, though the circuit that brought it stands.
func TestRestedFlowForgets(t *testing.T) {
	w := diamond(t, 72)
	src, dst := w.ends()
	src.way.ways[3], dst.way.ways[0] = [][]int{{1, 3}}, [][]int{{2, 0}}
	w.connect(src, dst) // flow 1
	dst.host.Turn(func(now time.Time) { dst.Want(now, src.Key()) })
	for range 121 { // another flow keeps both circuits
		src.send(dst, 7)
		dst.send(src, 8)
		w.Run(time.Second)
	}
	w.Run(500 * time.Millisecond) // away from the questions, which go by the second
	own, others := src.over()
	dst.send(src, 1)
	w.Run(50 * time.Millisecond)
	if *own != 0 || *others != 1 {
		t.Errorf("%d frames by the source's circuit, %d by the end's, want none and one", *own, *others)
	}
}

// TestForeignAddresses: a session carries packets from its peer's address to ours,
// and no others.
func TestForeignAddresses(t *testing.T) {
	w := diamond(t, 73)
	src, dst := w.ends()
	w.connect(src, dst)
	other := w.members[1].Key().IPv6()
	for _, p := range [][]byte{
		datagram(other, dst.IP(), 1, 5, 100),
		datagram(src.IP(), other, 1, 6, 100),
		datagram(src.IP(), dst.IP(), 1, 7, 100)[:99],
	} {
		src.host.Turn(func(now time.Time) { src.toPeer(now, src.mate(dst), p, nil) })
	}
	w.Run(100 * time.Millisecond)
	if len(dst.got) != 1 || dst.N.BadSource != 3 {
		t.Errorf("%d packets arrived, %d were refused, want 1 and 3", len(dst.got), dst.N.BadSource)
	}
}

// TestTaughtKeyIsUsed: the map does not know whose an address is. Its sender is told,
// until somebody has asked for the key by name.
func TestTaughtKeyIsUsed(t *testing.T) {
	w := diamond(t, 74)
	src, dst := w.ends()
	src.way.hidden[3] = true
	src.send(dst, 1)
	w.Run(100 * time.Millisecond)
	if src.refused != 1 || src.N.NoPeer != 1 || len(dst.got) != 0 {
		t.Fatalf("%d senders were told, %d packets arrived, want 1 and 0", src.refused, len(dst.got))
	}
	src.Teach(dst.Key())
	w.connect(src, dst)
}
