package link

import (
	"testing"
	"time"
)

// A radioTest is the queue of a radio with neighbours, and what left for each.
type radioTest struct {
	*queueTest
	links []*Link
	bytes []int
	air   []int64 // ns
	flows map[*Flow]int
}

// newRadioTest has a neighbour for each rate in kbit/s; 0: not known.
func newRadioTest(t *testing.T, kbits ...uint32) *radioTest {
	x := &radioTest{queueTest: newQueueTest(t, 4000), bytes: make([]int, len(kbits)), air: make([]int64, len(kbits)), flows: map[*Flow]int{}}
	x.q.Radio = true
	for i, k := range kbits {
		x.links = append(x.links, &Link{Index: i, up: true, air: StationRate{Kbits: k, Aggregates: k > 54_000}.air()})
	}
	return x
}

// send has a frame of a flow wait for a neighbour.
func (x *radioTest) send(to int, l *Flow, size int) {
	x.q.Push(x.now, &Frame{N: size, flow: l, link: x.links[to]})
}

// saturate keeps frames of every flow waiting, flows[i] for neighbour i, until so much
// of the air is used.
func (x *radioTest) saturate(span time.Duration, size int, flows ...[]*Flow) {
	of := map[*Frame]*Flow{}
	push := func(to int, l *Flow) {
		f := &Frame{N: size, flow: l, link: x.links[to]}
		of[f] = l
		x.q.Push(x.now, f)
	}
	for to, ls := range flows {
		for _, l := range ls {
			for range 4 {
				push(to, l)
			}
		}
	}
	for used := int64(0); used < int64(span); {
		f := x.pick()
		used += int64(x.q.cost(f))
		l := of[f]
		delete(of, f)
		x.flows[l] += f.N
		push(f.link.Index, l)
	}
}

// pick is Pop without the seal, for these links have no keys.
func (x *radioTest) pick() *Frame {
	f := x.q.pick(x.now)
	x.q.frames--
	x.bytes[f.link.Index] += f.N
	x.air[f.link.Index] += int64(x.q.cost(f))
	return f
}

func (x *radioTest) within(what string, got, want, percent float64) {
	x.Helper()
	if got < want*(1-percent/100) || got > want*(1+percent/100) {
		x.Errorf("%s: %.4g, want %.4g ± %v %%", what, got, want, percent)
	}
}

// TestAirtime: what frames take of the air, by the arithmetic of airtime.go, and what
// a driver may say.
func TestAirtime(t *testing.T) {
	for _, c := range []struct {
		name        string
		r           StationRate
		short, long int32 // µs
	}{
		{"nothing known", StationRate{}, 0, 0},
		{"6 Mbit/s alone", StationRate{Kbits: 6000}, 190 + 477, 190 + 1970},
		{"54 Mbit/s alone", StationRate{Kbits: 54000}, 190 + 53, 190 + 218},
		{"6.5 Mbit/s, two in an aggregate", StationRate{Kbits: 6500, Aggregates: true}, 95 + 440, 95 + 1819},
		{"300 Mbit/s, 32 in an aggregate", StationRate{Kbits: 300_000, Aggregates: true}, 5 + 9, 5 + 39},
		{"a third arrives of 54", StationRate{Kbits: 54000, Expected: 18000}, 381, 640},
		{"expected alone", StationRate{Expected: 18000}, 264, 640},
		{"more expected than sent", StationRate{Kbits: 1000, Expected: 18000}, 190 + 2864, 190 + 11824},
		{"hardly anything", StationRate{Kbits: 1}, 28_830, 50_000},
		{"hardly anything arrives", StationRate{Kbits: 1, Expected: 1}, 28_043, 50_000},
		{"more than there is", StationRate{Kbits: 1<<32 - 1, Expected: 1<<32 - 1, Aggregates: true}, 1, 1},
	} {
		if a := c.r.air(); a.short/1000-c.short > 1 || c.short-a.short/1000 > 1 || a.long/1000-c.long > 1 || c.long-a.long/1000 > 1 {
			t.Errorf("%s: %v, want %d and %d µs", c.name, a, c.short, c.long)
		}
	}
	if k := (StationRate{Expected: 18000}).air().kbits(); k != 18000 {
		t.Errorf("%d kbit/s, want 18000", k)
	}
}

// TestAirtimeSlow: a station at 6 Mbit/s and one at 300, both with all they can take,
// have the same time, with frames of either length; the fast one has half of what it
// would have alone, not what the slow one has.
func TestAirtimeSlow(t *testing.T) {
	for _, size := range []int{FrameShort, FrameLong} {
		x := newRadioTest(t, 6_000, 300_000)
		x.saturate(10*time.Second, size, []*Flow{{}}, []*Flow{{}})
		x.within("time of the slow one", float64(x.air[0]), 5e9, 2)
		x.within("time of the fast one", float64(x.air[1]), 5e9, 2)
		x.within("bytes of the fast one", float64(x.bytes[1]), 5e9/float64(x.q.cost(&Frame{N: size, link: x.links[1]}))*float64(size), 2)
		if x.bytes[1] < 20*x.bytes[0] {
			t.Errorf("%d bytes at 300 Mbit/s beside %d at 6", x.bytes[1], x.bytes[0])
		}
	}
}

// TestAirtimeUnknown: neighbours of which nothing is known share by bytes, whatever
// the length of their frames, and so do those on a wire, whatever is known.
func TestAirtimeUnknown(t *testing.T) {
	x := newRadioTest(t, 0, 0)
	x.saturate(time.Second, FrameLong, []*Flow{{}}, []*Flow{{}})
	x.within("bytes", float64(x.bytes[0]), float64(x.bytes[1]), 2)
	if c := x.q.cost(&Frame{N: FrameLong}); c*FrameShort/FrameLong != x.q.cost(&Frame{N: FrameShort}) {
		t.Error("short and long frames cost differently per byte")
	}
	x = newRadioTest(t, 6_000, 300_000)
	x.q.Radio = false
	x.saturate(100*FrameLong, FrameLong, []*Flow{{From: 1}}, []*Flow{{From: 2}})
	x.within("bytes on a wire", float64(x.bytes[0]), float64(x.bytes[1]), 3)
}

// TestAirtimeFlows: inside what a neighbour has, links that frames come by share by
// bytes, and so do circuits of one.
func TestAirtimeFlows(t *testing.T) {
	x := newRadioTest(t, 6_000, 54_000)
	one, a, b := &Flow{From: 1}, &Flow{From: 2}, &Flow{From: 2}
	x.saturate(20*time.Second, FrameLong, []*Flow{{From: 1}}, []*Flow{one, a, b})
	x.within("a link with one", float64(x.flows[one]), float64(x.bytes[1])/2, 2)
	x.within("one of a link with two", float64(x.flows[a]), float64(x.bytes[1])/4, 2)
	x.within("the other", float64(x.flows[b]), float64(x.bytes[1])/4, 2)
}

// TestAirtimePaid: paid circuits go ahead and the others keep a sixteenth, of the air:
// what is free and slow cannot take more than that from what is paid and fast.
func TestAirtimePaid(t *testing.T) {
	for _, free := range []int{0, 1} {
		x := newRadioTest(t, 6_000, 300_000)
		flows := [][]*Flow{{{Paid: true}}, {{Paid: true}}}
		flows[free][0].Paid = false
		x.saturate(20*time.Second, FrameLong, flows...)
		x.within("unpaid", float64(x.air[free]), 20e9/16, 5)
	}
}

// TestAirtimeControl: link control goes ahead, and its neighbour pays for it.
func TestAirtimeControl(t *testing.T) {
	x := newRadioTest(t, 6_000, 6_000)
	for range 1000 {
		x.send(0, &Flow{}, FrameLong)
		x.send(1, &Flow{}, FrameLong)
	}
	for n := range 400 {
		if n%4 == 0 {
			x.send(0, nil, FrameShort)
			if f := x.pick(); f.flow != nil {
				t.Fatal("data before urgent control")
			}
		}
		x.pick()
	}
	x.within("time", float64(x.air[0]), float64(x.air[1]), 3)
}

// TestAirtimeTarget: frames to a slow station may wait until three of its own have
// gone; those to a fast one beside it no longer than anywhere.
func TestAirtimeTarget(t *testing.T) {
	x := newRadioTest(t, 1_000, 300_000)
	slow, fast := &Flow{}, &Flow{}
	for range 10 {
		x.send(0, slow, FrameLong)
		x.send(1, fast, FrameLong)
	}
	x.now = x.now.Add(60 * time.Millisecond) // three frames take 36 ms, half of the air 72
	for range 10 {
		x.send(1, fast, FrameLong)
		x.pick()
	}
	if slow.Dropped != 0 || fast.Dropped != 10 {
		t.Errorf("%d to the slow one were dropped and %d to the fast one, want 0 and 10", slow.Dropped, fast.Dropped)
	}
}

// TestAirtimeRest: a neighbour that sends one frame now and then has no more than its
// part: what its frame took is still owed when the next comes.
func TestAirtimeRest(t *testing.T) {
	x := newRadioTest(t, 1_000, 54_000)
	slow, fast := &Flow{}, &Flow{}
	for x.air[0]+x.air[1] < 5e9 {
		if slow.waits == nil {
			x.send(0, slow, FrameLong)
		}
		x.send(1, fast, FrameLong)
		x.pick()
	}
	x.within("time of the slow one", float64(x.air[0]), 2.5e9, 3)
}

func TestAirtimeAllocations(t *testing.T) {
	x := newRadioTest(t, 6_000, 300_000)
	a, b := &Flow{From: 1}, &Flow{From: 2, Paid: true}
	f, g := &Frame{N: FrameLong}, &Frame{N: FrameShort}
	turn := func() {
		f.flow, g.flow, f.link, g.link = a, b, x.links[0], x.links[1]
		x.q.Push(x.now, f)
		x.q.Push(x.now, g)
		x.pick()
		x.pick()
	}
	turn()
	if n := testing.AllocsPerRun(100, turn); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

// FuzzAir: no rates give an airtime that is out of bounds.
func FuzzAir(f *testing.F) {
	f.Add(uint32(866_700), uint32(5000), true)
	f.Add(uint32(1), uint32(1<<32-1), false)
	f.Fuzz(func(t *testing.T, kbits, expected uint32, aggregates bool) {
		r := StationRate{Kbits: kbits, Expected: expected, Aggregates: aggregates}
		if a := r.air(); a != (air{}) && (a.short < airLeast || a.long < a.short || a.long > airMost) {
			t.Errorf("%+v is %+v", r, a)
		}
	})
}

// TestRateOfTwoLinks: what is known of a MAC address holds for each of its links alike.
func TestRateOfTwoLinks(t *testing.T) {
	ls, _, _, now := newTestLinks(t)
	a, _ := newTestLink(t, ls, now, 1)
	b, _ := newTestLink(t, ls, now, 2)
	ls.ports[0].move(b, a.addr)
	ls.SetRate(0, a.addr, StationRate{Kbits: 6000})
	ls.SetRate(0, a.addr, StationRate{Kbits: 54000})
	if a.air != b.air {
		t.Errorf("a long frame costs %d by one link and %d by the other", a.air.long, b.air.long)
	}
}
