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
	Fault    Fault         // of this answer; there may be a way all the same
	To       identity.Key  // of the destination, from which its address follows; zero: it was not told
	Found    bool          // there is a way, and what it needs is stored now
	Cost     time.Duration // of it
	Age      time.Duration // of the destination's announcement, when it came
	Promises *Promises     // of this answer
	Before   Fault         // of the answer before, proved by this one
	Verified int           // signatures
	Kept     *Kept         // nil: nothing had to be kept
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
	*sketch
	Joined
	m      *Map
	a      Answer
	began  time.Time
	ids    []identity.ShortID // of the ways
	verify []*unverified      // of the ways, and of what contradicts the answer before
	proof  Fault              // of the answer before, if all is verified
}

// Join joins an answer, and reports what came of it.
func (m *Map) Join(now time.Time, a Answer) {
	j := &join{sketch: m.sketch(now), m: m, a: a, began: now}
	m.job(now, joinWork, j.draw, j.check)
}

// draw does what needs no signature: it draws the answer into the sketch, looks what
// contradicts it, and finds the ways.
func (j *join) draw() {
	defer func() { j.sketch, j.a.Read, j.a.Beside = nil, nil, nil }()
	if j.Fault = j.read(); j.Fault >= FaultFormat {
		return
	}
	v, ok := j.index[j.To.Short()]
	if !ok || j.places[v].raw == nil || j.places[v].raw.Key() != j.To {
		j.Fault = FaultMissing
		return
	}
	j.dest, j.Age = v, j.places[v].age
	j.promise()
	j.compare()
	j.beside()
	j.shun()
	j.find()
}

// read draws the answer in.
func (j *join) read() Fault {
	j.index = make(map[identity.ShortID]int, len(j.places))
	for v := range j.places {
		if v == 0 || j.places[v].raw != nil {
			j.index[j.places[v].short] = v
		}
	}
	next, ok := j.a.Read()
	if !ok {
		return FaultFormat
	}
	n, expired, fault := 0, 0, FaultNone
	for ; n < joinMost; n++ {
		raw, age, ok := next()
		if !ok {
			break
		}
		if key := raw.Key(); n == 0 && key.IPv6() == j.a.To {
			j.To = key
		}
		if age += j.began.Sub(j.a.Came); age >= maxAge || age >= raw.Left()+keyLife {
			expired++
		} else if !j.enter(raw, age) {
			fault = FaultStale
		}
	}
	if expired >= expiredLeast && float64(expired) >= expiredShare*float64(n) {
		fault = max(fault, FaultExpired)
	}
	return fault
}

// beside draws in what is no part of the answer.
func (j *join) beside() {
	if j.a.Beside == nil {
		return
	}
	for range joinBeside {
		raw, age, ok := j.a.Beside()
		if !ok {
			return
		}
		if age += j.began.Sub(j.a.Came); age < maxAge && age < raw.Left()+keyLife {
			j.enter(raw, age)
		}
	}
}

// promise notes what the answer promises, and looks whether what has been known here for
// long contradicts it.
func (j *join) promise() {
	if !j.places[j.dest].in {
		j.Fault = max(j.Fault, FaultMissing)
		return
	}
	j.Promises = &Promises{}
	j.back(func(p *place) bool { return p.in })
	for v := range j.places {
		if p := &j.places[v]; p.in && v > 0 && !math.IsInf(j.dist[v], 1) {
			j.Promises.of = append(j.Promises.of, promise{p.short, p.raw.Sequence(), float32(j.dist[v])})
		}
	}
	if len(j.Promises.of) < 2 {
		j.Fault = max(j.Fault, FaultMissing)
	}
	j.back(func(p *place) bool { return p.in || p.settled })
	if j.broken(j.Promises) > 0 {
		j.Fault = max(j.Fault, FaultOmitted)
	}
}

// broken returns the vertex from which the last search has found the destination much
// cheaper than was promised, the worst first; 0: there is none.
func (j *join) broken(p *Promises) (worst int) {
	most := omitFactor
	for _, p := range p.of {
		if v, ok := j.index[p.id]; ok && v > 0 && v != j.dest && float64(p.cost) > most*j.dist[v] {
			worst, most = v, float64(p.cost)/j.dist[v]
		}
	}
	return worst
}

// compare looks whether this answer proves that the one before was wrong.
func (j *join) compare() {
	if j.a.Before == nil {
		return
	}
	j.back(func(*place) bool { return true })
	if v := j.broken(j.a.Before); v > 0 {
		for ; v >= 0; v = j.prev[v] {
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
		p := &j.places[v]
		if !p.stored && !slices.ContainsFunc(j.verify, func(w *unverified) bool { return w.short == p.short }) {
			j.verify = append(j.verify, &unverified{slices.Clone(p.raw), p.short, p.age, j.began})
		}
	}
}

// find finds two ways, as disjoint as can be had, and what of them must be verified. That a
// second way needs more than joinVerify in all is not worth it, nor that a proof does beside
// a first one that has a path's most hops.
func (j *join) find() {
	j.used = make([]int, len(j.places))
	for range 2 {
		way, had := j.ahead(), len(j.verify)
		if way == nil {
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
		if !j.Found {
			j.Found, j.Cost = true, time.Duration(j.dist[j.dest])
		}
		for _, v := range way {
			if id := j.places[v].short; !slices.Contains(j.ids, id) {
				j.ids = append(j.ids, id)
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
