package meshtest

import (
	"slices"
	"sync/atomic"
	"time"

	"hopwire/link"
	"hopwire/link/linktest"
)

// A Stage is one phase of a trial. Begin is called before, End after what is done when it
// is over; nil: nothing is.
type Stage struct {
	Name       string
	Span       time.Duration // 0: it is left out
	Begin, End func()
}

// A Row is what was measured in a phase: rates are of a node and second. What nodes
// send when nothing but pings after each phase is asked of them is control traffic.
type Row struct {
	Name           string
	Span           time.Duration
	Nodes, Servers int // of the mesh
	// Settled is when it had begun so that until the end 99 % of the nodes knew 99 % of
	// their whole rings, and 99 % of the entries were right; −1: never.
	Settled time.Duration
	Sight   Sight // at the end

	Bytes, Frames float64   // put on cables; bytes of frames, without Ethernet's own
	Median, Most  float64   // bytes of the median node and of the busiest, of those that ran all the time
	Load          []float64 // bytes of each node, sent and got; 0: it did not run all the time
	Accepted      float64   // announcements
	Verified      float64   // signatures

	Heap            uint64 // bytes a node, after a collection; announcements are there once for all nodes
	Store           uint64 // bytes of announcements a node, as if each had its own
	Pings, Answered int
}

// A reading is of all counters at a time.
type reading struct {
	frames, bytes, accepted, verified uint64

	nodes []traffic
}

// traffic is what a host has sent and got, in bytes.
type traffic struct {
	host      *linktest.Host
	sent, got uint64
}

func (t *Trial) read() reading {
	r := reading{frames: t.Frames, bytes: t.Bytes,
		accepted: t.left.accepted, verified: t.left.verified}
	for _, n := range t.Nodes {
		r.nodes = append(r.nodes, traffic{n.Host, n.Host.Sent, n.Host.Got})
		if n.running() {
			r.add(n)
		}
	}
	return r
}

func (r *reading) add(n *Node) {
	r.accepted += n.Map.N.Accepted
	r.verified += uint64(n.Host.Worked[link.ClassVerify])
}

// run lets a phase pass and measures.
func (t *Trial) run(p Stage) Row {
	r := Row{Name: p.Name, Nodes: len(t.Nodes), Servers: t.Servers, Span: p.Span, Settled: -1}
	before, begin := t.read(), t.Now
	if p.Begin != nil {
		p.Begin()
	}
	for end := begin.Add(p.Span); t.Now.Before(end); {
		gap := t.Look
		if t.Now.Sub(begin) >= time.Minute {
			gap *= 10
		}
		t.Mesh.Run(min(gap, end.Sub(t.Now)))
		if r.Sight = t.look(); !r.Sight.settled() {
			r.Settled = -1
		} else if r.Settled < 0 {
			r.Settled = t.Now.Sub(begin)
		}
	}
	r.rates(before, t.read())
	r.Heap, r.Store = heap()/uint64(len(t.Nodes)), t.store()
	t.pings(&r)
	return r
}

func (r *Row) rates(before, after reading) {
	each := func(a, b uint64) float64 { return float64(b-a) / r.Span.Seconds() / float64(len(after.nodes)) }
	r.Bytes, r.Frames = each(before.bytes, after.bytes), each(before.frames, after.frames)
	r.Accepted, r.Verified = each(before.accepted, after.accepted), each(before.verified, after.verified)
	r.Load = make([]float64, len(after.nodes))
	var sent []float64
	for i, n := range after.nodes {
		if b := before.nodes[i]; b.host == n.host && !n.host.Dead() {
			sent = append(sent, float64(n.sent-b.sent)/r.Span.Seconds())
			r.Load[i] = float64(n.sent-b.sent+n.got-b.got) / r.Span.Seconds()
		}
	}
	if slices.Sort(sent); len(sent) > 0 {
		r.Median, r.Most = sent[len(sent)/2], sent[len(sent)-1]
	}
}

// look is what the sample knows now.
func (t *Trial) look() (s Sight) {
	for _, i := range t.sample {
		if t.Nodes[i].running() {
			t.truth.judge(&s, i)
		}
	}
	return s
}

// store is the mean size of what the sample stores.
func (t *Trial) store() uint64 {
	const fixed, link = 124 + 64, 16
	n := 0
	for _, i := range t.sample {
		for _, k := range t.Nodes[i].Map.Known(t.Now) {
			n += fixed + link*k.Links
		}
	}
	return uint64(n / len(t.sample))
}

// pings has random nodes ping somebody in their whole rings, and waits for the answers.
func (t *Trial) pings(r *Row) {
	var answered atomic.Int32 // parts answer side by side
	for range t.Pings {
		i := t.Rand.IntN(len(t.Nodes))
		within, _ := t.truth.look(i, t.vicinity())
		if !t.Nodes[i].running() || within == 0 {
			continue
		}
		j := t.truth.queue[1+t.Rand.IntN(within)]
		r.Pings++
		t.After(time.Duration(t.Rand.Int64N(int64(5*time.Second))), func() {
			t.Ping(i, j, func(_ time.Duration, ok bool) {
				if ok {
					answered.Add(1)
				}
			})
		})
	}
	t.Mesh.Run(12 * time.Second)
	r.Answered = int(answered.Load())
}
