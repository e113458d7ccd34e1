package link

import (
	mrand "math/rand/v2"
	"testing"
	"time"
)

// A queueTest is a queue with a clock and marked frames.
type queueTest struct {
	*testing.T
	q     *Queue
	now   time.Time
	freed map[int]bool // by mark
	mark  int
}

func newQueueTest(t *testing.T, most int) *queueTest {
	x := &queueTest{T: t, now: time.Unix(1000, 0), freed: map[int]bool{}}
	x.q = NewQueue(most, func(f *Frame) { x.freed[markOf(f)] = true })
	return x
}

func markOf(f *Frame) int { return int(f.Bytes()[0]) | int(f.Bytes()[1])<<8 | int(f.Bytes()[2])<<16 }

// push adds a frame of a flow (nil: link control) and returns its mark.
func (x *queueTest) push(l *Flow, size int) int {
	f := &Frame{N: size, flow: l}
	x.mark++
	f.Bytes()[0], f.Bytes()[1], f.Bytes()[2] = byte(x.mark), byte(x.mark>>8), byte(x.mark>>16)
	x.q.Push(x.now, f)
	return x.mark
}

func (x *queueTest) fill(l *Flow, size, n int) {
	for range n {
		x.push(l, size)
	}
}

// share pops n bytes and counts them by flow, refilling what was popped.
func (x *queueTest) share(n int, flows ...*Flow) map[*Flow]int {
	x.Helper()
	bytes, of := map[*Flow]int{}, map[int]*Flow{}
	for _, l := range flows {
		for range 4 {
			of[x.push(l, FrameLong)] = l
		}
	}
	for sent := 0; sent < n; {
		f := x.q.Pop(x.now)
		l := of[markOf(f)]
		sent, bytes[l] = sent+f.N, bytes[l]+f.N
		if l != nil { // or it waited before
			of[x.push(l, f.N)] = l
		}
	}
	return bytes
}

func (x *queueTest) near(what string, got, of int, want float64) {
	x.Helper()
	if s := float64(got) / float64(of); s < want*0.95 || s > want*1.05 {
		x.Errorf("%s has %.4f of the port, want %.4f", what, s, want)
	}
}

const much = 1000 * FrameLong

// TestQueueLinks: a neighbour with a hundred circuits gets no more than one with one,
// and inside it all get the same.
func TestQueueLinks(t *testing.T) {
	x := newQueueTest(t, 1000)
	one, many := &Flow{From: 2}, make([]Flow, 100)
	all := []*Flow{one}
	for i := range many {
		many[i].From = 1
		all = append(all, &many[i])
	}
	got := x.share(much, all...)
	x.near("one", got[one], much, 0.5)
	for i := range many {
		x.near("one of many", got[&many[i]], much, 0.005)
	}
}

// TestQueueBytes: bytes are shared, not frames.
func TestQueueBytes(t *testing.T) {
	x := newQueueTest(t, 1000)
	short, long := &Flow{}, &Flow{}
	x.fill(short, FrameShort, 500)
	x.fill(long, FrameLong, 500)
	bytes := 0
	for sent := 0; sent < 100*FrameLong; {
		f := x.q.Pop(x.now)
		if sent += f.N; f.N == FrameShort {
			bytes += f.N
		}
	}
	x.near("the flow of short frames", bytes, 100*FrameLong, 0.5)
}

// TestQueuePaid: paid circuits go ahead, and the others keep a sixteenth.
func TestQueuePaid(t *testing.T) {
	x := newQueueTest(t, 1000)
	paid, free := &Flow{Paid: true}, &Flow{}
	got := x.share(much, paid, free)
	x.near("paid", got[paid], much, 15./16)
	x.near("unpaid", got[free], much, 1./16)
}

// TestQueueClassChange: a circuit that is paid for from now on moves as a whole, in order.
func TestQueueClassChange(t *testing.T) {
	x := newQueueTest(t, 1000)
	a, b := &Flow{}, &Flow{Paid: true}
	x.fill(a, FrameLong, 100)
	x.fill(b, FrameLong, 100)
	a.Paid = true
	last, bytes := 0, 0
	for range 100 {
		if m := markOf(x.q.Pop(x.now)); m <= 100 {
			if m != last+1 {
				t.Fatalf("frame %d after %d", m, last)
			}
			last = m
			bytes += FrameLong
		}
	}
	if bytes < 40*FrameLong {
		t.Errorf("%d bytes of 100 frames: it is still unpaid", bytes)
	}
}

// TestQueueControl: what is urgent goes first, the rest of link control has a quarter
// while data waits and everything when none does.
func TestQueueControl(t *testing.T) {
	x := newQueueTest(t, 1000)
	data := &Flow{}
	x.fill(data, FrameLong, 200)
	for range 100 {
		x.push(nil, FrameLong)
		x.q.urgent.last.bulk = false
	}
	for range 100 {
		if f := x.q.Pop(x.now); f.flow != nil || markOf(f) <= 200 {
			t.Fatal("data before urgent control")
		}
	}
	for range 100 {
		f := &Frame{N: FrameLong, bulk: true}
		x.q.Push(x.now, f)
	}
	control := 0
	for range 100 {
		if f := x.q.Pop(x.now); markOf(f) == 0 {
			control += f.N
		}
	}
	x.near("routing", control, 100*FrameLong, 0.25)
	for x.q.Len() > 0 {
		x.q.Pop(x.now)
	}
	x.q.Push(x.now, &Frame{N: FrameLong, bulk: true})
	if x.q.Pop(x.now) == nil {
		t.Error("routing waits for nothing")
	}
}

// TestQueueTarget: what has waited too long is dropped from the front, but never what
// nothing waits behind; a slow port has longer patience.
func TestQueueTarget(t *testing.T) {
	for _, c := range []struct {
		rate float64
		wait time.Duration
		want int // first mark that leaves
	}{
		{0, QueueTarget, 1},
		{0, QueueTarget + time.Millisecond, 10},
		{1e6 / 8, 34 * time.Millisecond, 1}, // three long frames at 1 Mbit/s
		{1e6 / 8, 36 * time.Millisecond, 10},
	} {
		x := newQueueTest(t, 1000)
		x.q.Rate = c.rate
		l := &Flow{}
		x.fill(l, FrameLong, 10)
		x.now = x.now.Add(c.wait)
		if got := markOf(x.q.Pop(x.now)); got != c.want || int(l.Dropped) != c.want-1 || len(x.freed) != c.want-1 {
			t.Errorf("rate %v, after %v: frame %d leaves, %d dropped, %d freed; want frame %d", c.rate, c.wait, got, l.Dropped, len(x.freed), c.want)
		}
	}
}

// TestQueueFull: the longest flow gives way, by its oldest frame.
func TestQueueFull(t *testing.T) {
	x := newQueueTest(t, 50)
	bulk, thin := &Flow{From: 1}, &Flow{From: 2}
	m := x.push(thin, FrameShort)
	x.fill(bulk, FrameLong, 1000)
	if x.q.Len() != 50 || x.freed[m] || !x.freed[m+1] || x.freed[m+1000] || int(bulk.Dropped) != 951 {
		t.Errorf("%d frames wait, the thin flow's freed: %v, %d dropped", x.q.Len(), x.freed[m], bulk.Dropped)
	}
	for range 100 {
		x.push(nil, FrameShort)
	}
	if x.q.Len() != 50 {
		t.Errorf("%d frames wait", x.q.Len())
	}
}

// TestQueueEnd: frames of a circuit that has ended still leave, in order, and its
// memory serves another.
func TestQueueEnd(t *testing.T) {
	x := newQueueTest(t, 100)
	var l Flow
	other := &Flow{}
	x.push(other, FrameLong)
	x.fill(&l, FrameLong, 5)
	l.End()
	if l != (Flow{}) {
		t.Fatalf("%+v is not the zero flow", l)
	}
	x.fill(&l, FrameLong, 5)
	l.End()
	last, n := 0, 0
	for f := x.q.Pop(x.now); f != nil; f = x.q.Pop(x.now) {
		if n++; markOf(f) != 1 {
			if markOf(f) < last {
				t.Errorf("frame %d after %d", markOf(f), last)
			}
			last = markOf(f)
		}
	}
	if n != 11 {
		t.Errorf("%d frames left, want 11", n)
	}
}

// TestQueueRandom: whatever happens, every frame leaves once or is freed once, a flow
// stays in order, and nothing waits behind an empty queue.
func TestQueueRandom(t *testing.T) {
	for seed := range uint64(50) {
		r := mrand.New(mrand.NewPCG(seed, 1))
		x := newQueueTest(t, 1+r.IntN(60))
		flows := make([]Flow, 12)
		left, last := map[int]bool{}, map[int]int{}
		owner := map[int]int{}
		ends := make([]int, len(flows))
		for range 3000 {
			i := r.IntN(len(flows))
			switch r.IntN(12) {
			case 0:
				flows[i].End()
				ends[i]++
				flows[i].From, flows[i].Paid = uint16(r.IntN(4)), r.IntN(2) == 0
			case 1:
				flows[i].Paid = r.IntN(2) == 0
			case 2:
				x.now = x.now.Add(time.Duration(r.IntN(40)) * time.Millisecond)
			case 3, 4, 5, 6:
				if f := x.q.Pop(x.now); f != nil {
					m := markOf(f)
					if left[m] || x.freed[m] {
						t.Fatalf("seed %d: frame %d left twice", seed, m)
					}
					left[m] = true
					if o, ok := owner[m]; ok {
						if m < last[o] {
							t.Fatalf("seed %d: frame %d after %d", seed, m, last[o])
						}
						last[o] = m
					}
				}
			case 7:
				x.push(nil, FrameShort)
			default:
				size := FrameLong
				if r.IntN(2) == 0 {
					size = FrameShort
				}
				m := x.push(&flows[i], size)
				owner[m] = i<<16 | ends[i]
			}
		}
		if seed%2 == 0 {
			x.q.Close()
		}
		for f := x.q.Pop(x.now); f != nil; f = x.q.Pop(x.now) {
			left[markOf(f)] = true
		}
		if x.q.Len() != 0 || len(left)+len(x.freed) != x.mark {
			t.Fatalf("seed %d: %d frames pushed, %d left, %d freed, %d wait", seed, x.mark, len(left), len(x.freed), x.q.Len())
		}
	}
}

func TestQueueAllocations(t *testing.T) {
	x := newQueueTest(t, 1000)
	a, b := &Flow{From: 1}, &Flow{From: 2, Paid: true}
	f, g := &Frame{N: FrameLong}, &Frame{N: FrameShort}
	turn := func() {
		f.flow, g.flow = a, b
		x.q.Push(x.now, f)
		x.q.Push(x.now, g)
		x.q.Pop(x.now)
		x.q.Pop(x.now)
	}
	turn()
	if n := testing.AllocsPerRun(100, turn); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

// TestQueuePorts: sixteen links of one port get no more than the one of another, and
// among them all get the same.
func TestQueuePorts(t *testing.T) {
	x := newQueueTest(t, 1000)
	one, many := &Flow{}, make([]Flow, 16)
	one.By(&Link{Index: 16, port: &port{id: 1}})
	all := []*Flow{one}
	for i := range many {
		many[i].By(&Link{Index: i, port: &port{id: 0}})
		all = append(all, &many[i])
	}
	got := x.share(much, all...)
	x.near("one", got[one], much, 0.5)
	for i := range many {
		x.near("one of many", got[&many[i]], much, 0.5/16)
	}
}

// TestQueueIndexMoves: a link's index goes to a link of another port; what waits of the
// first still leaves, and the second counts with its own port.
func TestQueueIndexMoves(t *testing.T) {
	x := newQueueTest(t, 1000)
	a, b, c := &Flow{}, &Flow{}, &Flow{}
	a.By(&Link{Index: 3, port: &port{id: 0}})
	b.By(&Link{Index: 4, port: &port{id: 1}})
	c.By(&Link{Index: 3, port: &port{id: 1}})
	x.fill(a, FrameLong, 3)
	a.End()
	x.share(20*FrameLong, c)
	for x.q.Pop(x.now) != nil {
	}
	got := x.share(much, b, c)
	x.near("one of two links of a port", got[b], much, 0.5)
	if x.q.Len() != 8 {
		t.Errorf("%d frames wait, want the 8 of the last share", x.q.Len())
	}
}

// TestQueueIndexTaken: while frames of a link that has gone down wait, another port's
// link gets its index and always has more to send; it counts with its own port.
func TestQueueIndexTaken(t *testing.T) {
	x := newQueueTest(t, 1000)
	gone, one, many := &Flow{}, &Flow{}, make([]Flow, 16)
	gone.By(&Link{Index: 16, port: &port{id: 0}})
	x.fill(gone, FrameLong, 3)
	gone.End()
	one.By(&Link{Index: 16, port: &port{id: 1}})
	all := []*Flow{one}
	for i := range many {
		many[i].By(&Link{Index: i, port: &port{id: 0}})
		all = append(all, &many[i])
	}
	got := x.share(much, all...)
	x.near("the only link of its port", got[one], much, 0.5)
}
