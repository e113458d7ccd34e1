package hop

import (
	mrand "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

// A lossCase is what happens to the frames of a circuit over nodes 1 to 4.
type lossCase struct {
	name  string
	setup func(n *testNet)
	want  []int // hops to which a bad leg leads
	only  []int // not nil: instead, no other may be found
}

// losing drops every fifth frame that node to has from node from, on the way there
// or back; counted: as a queue of node from that says so.
func losing(from, to int, counted bool) func(n *testNet) {
	return func(n *testNet) {
		sender, m := n.nodes[from], n.nodes[to]
		m.evil = func(_ time.Time, l *link.Link, h link.Header, f *link.Frame) bool {
			if l.Peer() != sender.id.Key() || n.Rand.IntN(5) != 0 {
				return false
			}
			switch {
			case !counted:
			case from == 0:
				sender.own[0].flow.Dropped++
			case h.Label&backward != 0:
				sender.relays[0].homeward.Dropped++
			default:
				sender.relays[0].onward.Dropped++
			}
			m.host.Free(f)
			return true
		}
	}
}

// slow gives the port of a node towards another two thirds of what the traffic needs.
func slow(from, to int) func(n *testNet) {
	return func(n *testNet) {
		port, _ := n.nodes[from].to(to).Port()
		n.nodes[from].host.Ends[port].Limit(2./3*50*link.FrameLong, 64)
	}
}

// lying has node 2 change its counters at every question.
func lying(change func(n *testNet, r *relay)) func(n *testNet) {
	return func(n *testNet) {
		m := n.nodes[2]
		m.evil = func(_ time.Time, _ *link.Link, _ link.Header, f *link.Frame) bool {
			if f.N == link.FrameShort && len(m.relays) > 0 {
				change(n, m.relays[0])
			}
			return false
		}
	}
}

// holding has node 2 hold short frames by chance, while long ones pass: what a
// question or an answer counts is then more than it should.
func holding(d time.Duration) func(n *testNet) {
	return func(n *testNet) {
		m := n.nodes[2]
		m.evil = func(_ time.Time, l *link.Link, h link.Header, f *link.Frame) bool {
			if f.N != link.FrameShort || n.Rand.IntN(2) == 0 {
				return false
			}
			n.After(d, func() { m.host.Turn(func(now time.Time) { m.Circuits.Frame(now, l, h, f) }) })
			return true
		}
	}
}

// TestUnexplainedLoss: the leg that loses frames is found, by the ways there and
// back; what queues have dropped and said so is no loss; a hop that lies can be taken
// for a bad one, with a neighbour of its own, and nobody else.
func TestUnexplainedLoss(t *testing.T) {
	cases := []lossCase{
		{"nothing", func(*testNet) {}, nil, nil},
		{"source to first hop", losing(0, 1, false), []int{0}, nil},
		{"its own queue", losing(0, 1, true), nil, nil},
		{"between relays", losing(2, 3, false), []int{2}, nil},
		{"a relay's queue", losing(2, 3, true), nil, nil},
		{"to the last hop", losing(3, 4, false), []int{3}, nil},
		{"back from the last hop", losing(4, 3, false), []int{3}, nil},
		{"the last hop's queue", losing(4, 3, true), nil, nil},
		{"back between relays", losing(3, 2, false), []int{2}, nil},
		{"a relay's queue back", losing(3, 2, true), nil, nil},
		{"back to the source", losing(1, 0, false), []int{0}, nil},
		{"a port too slow", slow(2, 3), nil, nil},
		{"a port too slow back", slow(3, 2), nil, nil},
		{"the source's port too slow", slow(0, 1), nil, nil},
		{"a liar: less came", lying(func(_ *testNet, r *relay) { r.in -= 40 }), []int{1}, nil},
		{"a liar: more came", lying(func(_ *testNet, r *relay) { r.in += 40 }), []int{2}, nil},
		{"a liar: more went back", lying(func(_ *testNet, r *relay) { r.backOut += 40 }), []int{1}, nil},
		{"a liar: anything", lying(func(n *testNet, r *relay) {
			r.in, r.onward.Dropped, r.backOut, r.homeward.Dropped = n.Rand.Uint32(), n.Rand.Uint32(), n.Rand.Uint32(), n.Rand.Uint32()
		}), nil, []int{1, 2}},
		{"one that holds questions shortly", holding(lossSlack * 9 / 10), nil, nil},
		{"one that holds questions long", holding(1200 * time.Millisecond), nil, nil},
	}
	if testing.Short() { // as under emulation
		cases = cases[1:5]
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			length := 32 * time.Second
			if strings.Contains(c.name, "long") && !testing.Short() { // what it does by chance shall come true
				length *= 20
			}
			found := measureLoss(t, length, c.setup)
			for _, i := range c.want {
				if !slices.Contains(found, i) {
					t.Errorf("the leg to hop %d was not found, only %v", i, found)
				}
			}
			for _, i := range found {
				if !slices.Contains(c.want, i) && !slices.Contains(c.only, i) {
					t.Errorf("the leg to hop %d was found", i)
				}
			}
		})
	}
}

// measureLoss runs a circuit with a frame each way every 20 ms for a while and
// returns the hops to which bad legs lead.
func measureLoss(t *testing.T, length time.Duration, setup func(n *testNet)) (found []int) {
	n := line(t, 30, 5)
	src, dst := n.nodes[0], n.nodes[4]
	c := src.open(span(1, 4)...)
	src.send(c, link.FrameLong, "first")
	n.Run(100 * time.Millisecond)
	meter := &LossMeter{Of: c}
	src.onAnswer = func(now time.Time, hop int, p onion.Pong) { meter.Answer(now, hop, p) }
	setup(n)
	rounds := 0
	for end := n.Now.Add(length); n.Now.Before(end); {
		src.host.Turn(meter.Lead)
		src.send(c, link.FrameLong, "there")
		if i := len(dst.terminals) - 1; !dst.terminals[i].closed {
			dst.reply(dst.terminals[i], link.FrameLong, "back")
		}
		src.host.Turn(func(now time.Time) {
			if meter.Due(now) {
				rounds++
				meter.Judge(now, func(hop int) { found = append(found, hop) })
				meter.Ask(now)
			}
		})
		n.Run(20 * time.Millisecond)
		src.heard, dst.got = nil, nil
	}
	if rounds < 7 || len(src.broken) > 0 {
		t.Fatalf("%d rounds, broken %+v", rounds, src.broken)
	}
	return found
}

// TestLossWindow: chance makes windows of two lost in a hundred look bad now and
// then, but not two that follow each other; a tenth is found soon.
func TestLossWindow(t *testing.T) {
	r := mrand.New(mrand.NewPCG(31, 1))
	run := func(share float64, round, rounds int) (found, first int) {
		var w lossWindow
		var lost, of uint32
		now := time.Unix(0, 1)
		for i := range rounds {
			for range round {
				if of++; r.Float64() < share {
					lost++
				}
			}
			if now = now.Add(lossGap); w.judge(now, lost, of) {
				if found++; first == 0 {
					first = i
				}
			}
		}
		return found, first
	}
	for _, round := range []int{25, 50, 100, 200, 1000} {
		if n, _ := run(0.02, round, 30_000); n > 0 {
			t.Errorf("rounds of %d frames: 2 %% were taken for bad %d times", round, n)
		}
		if _, i := run(0.15, round, 100); i == 0 || i > 20 {
			t.Errorf("rounds of %d frames: 15 %% were found in round %d", round, i)
		}
	}
}
