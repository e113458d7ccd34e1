package hop

import (
	"fmt"
	mrand "math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

// slowFrame is the rule of relaying as wire.md says it, a frame at a time and nothing
// shared with pass: TestLaneTwin compares the two.
func (cs *Circuits) slowFrame(now time.Time, l *link.Link, h link.Header, f *link.Frame) {
	s := cs.side(l)
	switch {
	case h.Label&backward == 0 && s.relay(h.Label) == nil:
		cs.park(now, s, h, f)
	case h.Label&backward == 0:
		s.relay(h.Label).slowForward(now, h, f)
	case s.slot(h.Label) == nil:
		cs.N.UnknownLabel++
		cs.c.Env.Free(f)
	case s.slot(h.Label).of > 0:
		o := s.slot(h.Label)
		o.acked = true
		cs.relay(o.of).slowBackward(now, h, f)
	default:
		cs.local(now, s, h, f)
	}
}

func (r *relay) slowForward(now time.Time, h link.Header, f *link.Frame) {
	if h.Seq&onion.AnswerBit != 0 || !r.fwd.Check(h.Seq) {
		r.cs.N.BadSeq++
		r.cs.c.Env.Free(f)
		return
	}
	r.fwd.Accept(h.Seq)
	r.heard = r.cs.at(now)
	r.in++
	iv := r.keys.Forward.Apply(h.Seq, h.IV, f.Body())
	if r.terminal != nil || r.broken != 0 || iv <= onion.IVTick {
		r.takeFrame(now, h.Seq, iv, f)
		return
	}
	r.out++
	r.cs.N.Relayed++
	on := link.Header{Label: r.downLabel, Seq: (h.Seq + r.keys.ForwardOffset) & onion.SeqMask, IV: iv}
	r.down.l.Send(now, on, f, &r.onward)
	if r.onward.Waiting(now) >= slowAfter {
		r.saySlow(now, h.Seq)
	}
}

func (r *relay) slowBackward(now time.Time, h link.Header, f *link.Frame) {
	if h.Seq&onion.AnswerBit != 0 {
		r.takeAnswer(now, h, f)
		return
	}
	seq := (h.Seq + r.keys.BackwardOffset) & onion.SeqMask
	if !r.bwd.Check(seq) {
		r.cs.N.BadSeq++
		r.cs.c.Env.Free(f)
		return
	}
	r.bwd.Accept(seq)
	r.backIn++
	iv := r.keys.Backward.Apply(seq, h.IV, f.Body())
	r.backOut++
	r.cs.N.RelayedBack++
	r.up.l.Send(now, link.Header{Label: r.upLabel | backward, Seq: seq, IV: iv}, f, &r.homeward)
}

// A gathered frame waits for the rest of its batch.
type gathered struct {
	port int
	f    *link.Frame
}

// twins are two meshes of one seed in which everything happens alike, but for the
// middle node: one takes batches by a lane, the other their frames one by one by
// slowFrame.
type twins struct {
	t    *testing.T
	nets [2]*testNet
	wire [2][]string // what came to the neighbours of the middle node
	rand *mrand.Rand
}

func newTwins(t *testing.T, seed uint64) *twins {
	w := &twins{t: t, rand: mrand.New(mrand.NewPCG(seed, 5))}
	for i := range w.nets {
		n := line(t, seed, 4)
		w.nets[i] = n
		n.tap = func(at *testNode, _ *link.Link, h link.Header, body []byte) {
			if at.index != 1 {
				w.wire[i] = append(w.wire[i], fmt.Sprintf("%d %x %x %x %x", at.index, h.Label, h.Seq, h.IV, body[:16]))
			}
		}
	}
	return w
}

// both has the same done in both meshes and lets the same time pass.
func (w *twins) both(d time.Duration, do func(n *testNet)) {
	for _, n := range w.nets {
		do(n)
		n.Run(d)
	}
}

// batch has the middle node take what has come.
func (m *testNode) batch(now time.Time) {
	if !m.slowly {
		for _, g := range m.gathered {
			m.lane.Frame(now, g.port, g.f)
		}
		m.lane.Drain(now, m.host.Send)
	} else {
		for _, g := range m.gathered {
			m.links.Receive(now, g.port, g.f)
		}
	}
	m.gathered = nil
}

// compare says what differs between the middle nodes.
func (w *twins) compare(step int) {
	w.t.Helper()
	a, b := w.nets[0].nodes[1], w.nets[1].nodes[1]
	if a.Circuits.N != b.Circuits.N || a.links.N != b.links.N {
		w.t.Fatalf("step %d: lane %+v %+v\n one by one %+v %+v", step, a.Circuits.N, a.links.N, b.Circuits.N, b.links.N)
	}
	if len(a.relays) != len(b.relays) {
		w.t.Fatalf("step %d: %d relays by the lane, %d one by one", step, len(a.relays), len(b.relays))
	}
	for i, r := range a.relays {
		if !reflect.DeepEqual(r.relayState, b.relays[i].relayState) || !reflect.DeepEqual(r.answers(), b.relays[i].answers()) {
			w.t.Fatalf("step %d: circuit %d: %+v\n one by one %+v", step, i, r.relayState, b.relays[i].relayState)
		}
	}
	for i := range w.wire {
		slices.Sort(w.wire[i]) // a lane passes on first, and then does what is left
	}
	if !slices.Equal(w.wire[0], w.wire[1]) {
		w.t.Fatalf("step %d: the neighbours got %d frames from the lane, %d others one by one", step, len(w.wire[0]), len(w.wire[1]))
	}
	w.wire = [2][]string{}
}

// TestLaneTwin: a lane with its batches does what the slow way does, frame by frame:
// to every counter, every circuit's state and everything that leaves, for traffic of
// all kinds and what a bad neighbour on either side makes of it.
func TestLaneTwin(t *testing.T) {
	for seed := range uint64(4) {
		w := newTwins(t, seed+1)
		var circuits [2][]*Circuit
		for i, n := range w.nets {
			for range 3 {
				circuits[i] = append(circuits[i], n.nodes[0].open(1, 2, 3))
			}
			circuits[i] = append(circuits[i], n.nodes[0].open(1)) // ends at the middle
			for k, c := range circuits[i] {                       // the first frame of each direction sets a window
				n.nodes[0].send(c, link.FrameShort, "first")
				n.Run(10 * time.Millisecond)
				if k < 3 {
					n.nodes[3].reply(n.nodes[3].terminals[k], link.FrameShort, "first")
				}
			}
			n.Run(time.Second)
			n.nodes[1].gather, n.nodes[1].slowly = true, i == 1
		}
		w.wire = [2][]string{}
		passed := w.nets[0].nodes[1].Circuits.N
		for step := range 600 {
			kind := w.rand.IntN(8)
			for i := range w.nets {
				w.frames(i, circuits[i], kind, mrand.New(mrand.NewPCG(seed, uint64(step))))
			}
			w.both(10*time.Millisecond, func(n *testNet) { n.nodes[1].host.Turn(n.nodes[1].batch) })
			w.both(10*time.Millisecond, func(n *testNet) { n.nodes[1].host.Turn(n.nodes[1].batch) })
			w.compare(step)
		}
		n := w.nets[0].nodes[1].Circuits.N
		if n.Relayed-passed.Relayed < 500 || n.RelayedBack-passed.RelayedBack < 200 || n.BadSeq == 0 || n.BadAnswer == 0 || n.UnknownLabel == 0 {
			t.Errorf("seed %d: too little happened: %+v", seed, n)
		}
	}
}

// frames has some frames of one kind sent to the middle node.
func (w *twins) frames(i int, circuits []*Circuit, kind int, r *mrand.Rand) {
	n := w.nets[i]
	src, far := n.nodes[0], n.nodes[3]
	for range 1 + r.IntN(9) {
		c := circuits[r.IntN(len(circuits))]
		size := []int{link.FrameShort, link.FrameLong}[r.IntN(2)]
		switch kind {
		case 0, 1, 2:
			src.send(c, size, "forth")
		case 3, 4:
			far.reply(far.terminals[r.IntN(len(far.terminals))], size, "back")
		case 5:
			src.ping(c, r.IntN(len(c.path.Hops)), uint32(1+r.IntN(1000)))
		case 6:
			n.raw(src, c.label^uint32(r.IntN(8)/7)<<8, c.seq+uint32(r.IntN(30))-15, r)
		default:
			s := n.nodes[2].Circuits.side(n.nodes[2].to(1))
			label := s.in[r.IntN(len(s.in))].newest
			n.raw(n.nodes[2], (label|backward)^uint32(r.IntN(8)/7)<<8, r.Uint32(), r)
		}
	}
}

// raw has a node send the middle one a frame of its own making.
func (n *testNet) raw(from *testNode, label, seq uint32, r *mrand.Rand) {
	from.host.Turn(func(now time.Time) {
		f := from.fill(link.FrameShort, "raw")
		from.to(1).Send(now, link.Header{Label: label, Seq: seq, IV: r.Uint64()}, f, nil)
	})
}
