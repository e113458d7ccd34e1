package route

import (
	"math"
	"net/netip"
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/route/announce"
)

// An answer of a route server is joined to what is known here: signed announcements that
// nobody has verified yet, on ways that lead to the destination from somewhere. All that
// takes long is done by the worker, in jobs of which the longest takes as long as a
// set-up; nothing but what the ways found are made of is verified and kept.

// A Fault is what contradicts an answer: its server is wrong, or lies.
type Fault byte

// Faults, the worst last.
const (
	FaultNone      Fault = iota
	FaultExpired         // 3 of 10 onion keys have run out
	FaultStale           // it has an older sequence than we have had for long
	FaultOmitted         // a way that is known here and much cheaper is not in it
	FaultMissing         // the destination is not in it, or nothing in it leads there
	FaultFormat          // it is no answer
	FaultSignature       // something in it is forged
)

// Next takes the first off a list of announcements, which have the right form and are not
// verified; false: there is none. What it returns stays as it is.
type Next func() (raw announce.Raw, age time.Duration, ok bool)

// An Answer is to be joined.
type Answer struct {
	To   netip.Addr // the mesh address of the destination
	Came time.Time  // when the ages were right
	// Read returns what it consists of, the destination's first; false: it is no answer. The
	// worker calls it.
	Read func() (Next, bool)
	// Beside are announcements that are no part of the answer, and that ways may use; nil:
	// none. The worker calls it.
	Beside Next
	// Before is what another server has promised of the same destination; it is checked.
	Before *Promises
	// Done is told what came of it, in a turn, once.
	Done func(now time.Time, j *Joined)
}

// Joined is what came of an answer.
type Joined struct {
	Fault    Fault        // of this answer; there may be a way all the same
	To       identity.Key // of the destination, from which its address follows; zero: it was not told
	Found    bool         // there is a way, and what it needs is stored now
	Promises *Promises    // of this answer
	Before   Fault        // of the answer before, proved by this one
	Verified int          // signatures
	Kept     *Kept        // nil: nothing had to be kept
}

// Promises are what an answer says without words: each of its nodes is on a cheapest way
// to the destination, so what it costs from there is as little as can be.
type Promises struct{ of []promise }

type promise struct {
	id       identity.ShortID
	sequence uint32
	cost     float32 // ns
}

// joins are those under way that the worker had no room for.
type joins []func(now time.Time)

func (m *Map) resumeJoins(now time.Time) {
	waiting := m.joins
	m.joins = nil
	for _, next := range waiting {
		next(now)
	}
}

// job has the worker do one thing of a join, and go on with then in a turn.
func (m *Map) job(now time.Time, sign int, do func(), then func(now time.Time)) {
	ok := m.c.Env.Work(link.Cost{Class: link.ClassVerify, Sign: sign}, func() func(time.Time) {
		do()
		return then
	})
	if !ok {
		m.joins = append(m.joins, func(now time.Time) { m.job(now, sign, do, then) })
		m.next.By(now.Add(joinRetry))
	}
}

// A join is an answer under way.
type join struct {
	Joined
	m      *Map
	s      *Map // the sketch, while it is drawn
	dest   int
	a      Answer
	began  time.Time
	ids    []identity.ShortID // of the ways
	verify []*unverified      // of the ways, and of what contradicts the answer before
	proof  Fault              // of the answer before, if all is verified
}

// Join joins an answer, and reports what came of it.
func (m *Map) Join(now time.Time, a Answer) {
	j := &join{m: m, s: m.sketch(now), a: a, began: now}
	m.job(now, joinWork, j.draw, j.check)
}

// draw does what needs no signature: it draws the answer into the sketch, looks what
// contradicts it, and finds the ways.
func (j *join) draw() {
	defer func() { j.s, j.a.Read, j.a.Beside = nil, nil, nil }()
	if j.Fault = j.read(); j.Fault >= FaultFormat {
		return
	}
	o := j.s.known(j.To)
	if o == nil {
		j.Fault = FaultMissing
		return
	}
	j.dest = o.vertex
	j.promise(o)
	j.compare()
	if j.a.Beside != nil {
		j.enter(j.a.Beside, joinBeside)
	}
	j.find()
}

// read draws the answer in.
func (j *join) read() Fault {
	next, ok := j.a.Read()
	if !ok {
		return FaultFormat
	}
	n, expired, stale := j.enter(next, joinMost)
	switch {
	case stale:
		return FaultStale
	case expired >= expiredLeast && float64(expired) >= expiredShare*float64(n):
		return FaultExpired
	}
	return FaultNone
}

// enter draws announcements in, and says how many there were, how many too old, and whether
// one was older than it can be.
func (j *join) enter(next Next, most int) (n, expired int, stale bool) {
	for ; n < most; n++ {
		raw, age, ok := next()
		if !ok {
			break
		}
		if key := raw.Key(); n == 0 && key.IPv6() == j.a.To {
			j.To = key
		}
		if age += j.began.Sub(j.a.Came); age >= maxAge || age >= raw.Left()+keyLife {
			expired++
		} else if !j.s.draw(&unverified{raw, raw.Key().Short(), age, j.began}) {
			stale = true
		}
	}
	return n, expired, stale
}

// promise notes what the answer promises, and looks whether what has been known here for
// long contradicts it.
func (j *join) promise(dest *node) {
	if dest.class&answered == 0 {
		j.Fault = max(j.Fault, FaultMissing)
		return
	}
	g := &j.s.graph
	j.Promises = &Promises{}
	g.back(j.dest, func(o *node) bool { return o.class&answered != 0 })
	for _, o := range j.s.order {
		if cost := g.dist[o.vertex]; o.class&answered != 0 && !math.IsInf(cost, 1) {
			j.Promises.of = append(j.Promises.of, promise{o.short, o.raw.Sequence(), float32(cost)})
		}
	}
	if len(j.Promises.of) < 2 {
		j.Fault = max(j.Fault, FaultMissing)
	}
	g.back(j.dest, func(o *node) bool {
		return o.class&answered != 0 || o.class&unsigned == 0 && j.began.Sub(o.since) >= settledAfter
	})
	if j.broken(j.Promises) > 0 {
		j.Fault = max(j.Fault, FaultOmitted)
	}
}

// broken returns the vertex from which the last search has found the destination much
// cheaper than was promised, the worst first; 0: there is none.
func (j *join) broken(p *Promises) (worst int) {
	most := omitFactor
	for _, p := range p.of {
		o := j.s.node(p.id)
		if o == nil || o.vertex == j.dest {
			continue
		}
		if d := j.s.graph.dist[o.vertex]; float64(p.cost) > most*d {
			worst, most = o.vertex, float64(p.cost)/d
		}
	}
	return worst
}

// compare looks whether this answer proves that the one before was wrong.
func (j *join) compare() {
	if j.a.Before == nil {
		return
	}
	g := &j.s.graph
	g.back(j.dest, func(*node) bool { return true })
	if v := j.broken(j.a.Before); v > 0 {
		for ; v >= 0; v = g.prev[v] {
			j.need([]int{v})
		}
		if j.proof = FaultOmitted; len(j.verify) > joinProof {
			j.proof, j.verify = FaultNone, nil
		}
	}
}

// need has vertices verified, those that nobody has verified yet.
func (j *join) need(way []int) {
	for _, v := range way {
		o := j.s.graph.nodes[v]
		if o.class&unsigned != 0 && !slices.ContainsFunc(j.verify, func(w *unverified) bool { return w.short == o.short }) {
			j.verify = append(j.verify, &unverified{slices.Clone(o.raw), o.short, o.age, o.at})
		}
	}
}

// find finds two ways, as disjoint as can be had, and what of them must be verified. That a
// second way needs more than joinVerify in all is not worth it, nor that a proof does beside
// a first one that has a path's most hops.
func (j *join) find() {
	g, used := &j.s.graph, map[int]int{}
	for range 2 {
		way, had := g.shortest(j.dest, j.s.factor(j.began, g, j.dest, used)), len(j.verify)
		if way == nil || len(way) > hop.MaxHops {
			return
		}
		j.need(way)
		switch {
		case j.Found && len(j.verify) > joinVerify:
			j.verify = j.verify[:had]
			return
		case len(j.verify) > hop.MaxHops:
			j.proof, j.verify = FaultNone, nil
			j.need(way)
		}
		j.Found = true
		for _, v := range way {
			if used[v]++; used[v] == 1 {
				j.ids = append(j.ids, g.nodes[v].short)
			}
		}
	}
}

// check verifies one signature after the other: others of the worker's jobs go between.
func (j *join) check(now time.Time) {
	if j.Verified == len(j.verify) {
		j.end(now)
		return
	}
	w, good := j.verify[j.Verified], false
	j.m.job(now, 1, func() { good = w.a.Verify() }, func(now time.Time) {
		if j.Verified++; good {
			j.check(now)
			return
		}
		j.Fault, j.Found, j.proof = FaultSignature, false, FaultNone
		j.a.Done(now, &j.Joined)
	})
}

// end keeps what the ways need.
func (j *join) end(now time.Time) {
	j.Before = j.proof
	if j.Found {
		j.Kept = j.m.keepAnswer(now, j.ids, j.verify)
	}
	j.a.Done(now, &j.Joined)
}
