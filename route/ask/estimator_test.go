package ask_test

import (
	"math"
	mrand "math/rand/v2"
	"slices"
	"time"

	"hopwire/route/ask"
)

// A timing is what becomes of a round trip before the server sees it. first is the round
// trip as it was measured when the way was new, own as it is measured now; true is that
// of the frame that is held.
type timing struct {
	name string
	seen func(first, own, true, secret time.Duration) time.Duration
	own  int // values that a secret of the asker's own may have
}

var (
	bare = timing{"not held", func(_, _, real, _ time.Duration) time.Duration { return real }, 1}
	held = timing{"held", func(first, own, real, _ time.Duration) time.Duration {
		var p ask.Pace
		p.Hold(first, 0)
		return real + p.Hold(own, 0)
	}, 1}
	alone = timing{"each rounded by itself", func(_, own, real, _ time.Duration) time.Duration {
		return real + ask.Quantum - own%ask.Quantum
	}, 1}
	// At 20 Mbit/s a short frame saves 0.45 ms on each hop, whose round trip is 1.6 ms.
	short = timing{"held, and acknowledged by short frames", func(first, own, real, _ time.Duration) time.Duration {
		return held.seen(first, own, real, 0) - real*28/100
	}, 1}
	secret = timing{"a constant of one's own", func(_, _, real, secret time.Duration) time.Duration {
		return real + secret
	}, 100}
)

const ms = time.Millisecond

// noise is added to each round trip: up to half a millisecond either way.
func noise(r *mrand.Rand) time.Duration { return time.Duration(r.Int64N(int64(ms))) - ms/2 }

// A question as the server sees it.
type question struct {
	to    int
	seen  int  // ms from message 2 to the next frame
	pivot int  // what an earlier design would name beside
	key   bool // whether an earlier design would ask for its key first: it is not in the vicinity
}

// A trail is what one asker asks.
type trail struct {
	asker, last int
	questions   []question
}

// trails has askers ask. alike: every destination is asked for, also within the
// vicinity.
func (w *world) trails(r *mrand.Rand, t timing, wants [][]float64, askers, questions int, alike bool) (all []trail) {
	for _, i := range r.Perm(len(w.relays))[:askers] {
		a := w.relays[i]
		way := w.way(a, ask.Draw(r.Uint64()))
		rtt, own := w.rtt(a, way), time.Duration(r.IntN(t.own))*ms
		first, tr := rtt+noise(r), trail{asker: a, last: last(a, way)}
		for len(tr.questions) < questions {
			q := question{to: pick(r, wants[a]), seen: millis(t.seen(first, rtt+noise(r), rtt+noise(r), own))}
			q.key = !w.inside[a][q.to]
			q.pivot = w.vicinity[a][1+r.IntN(vicinitySize-1)]
			if alike || !w.inside[a][q.to] {
				tr.questions = append(tr.questions, q)
			}
		}
		all = append(all, tr)
	}
	return all
}

func millis(d time.Duration) int { return int(math.Round(float64(d) / float64(ms))) }

// A state is one of the things that an asker may have drawn: its way, the noise when
// that was new, its secret. seen is how likely it makes each round trip, in ms from
// least on.
type state struct {
	asker, last int
	weight      float64
	least       int
	seen, log   []float64
}

const never = 1e-6 // of what no state expects

var logNever = math.Log(never)

func (s *state) likes(seen int) (p, log float64) {
	if i := seen - s.least; i >= 0 && i < len(s.seen) {
		return s.seen[i], s.log[i]
	}
	return never, logNever
}

// draws of a way that a candidate near the server might have made, and values of noise.
const (
	guesses = 200
	grid    = 12
)

func noises(n int) (all []time.Duration) {
	for i := range n {
		all = append(all, ms*time.Duration(2*i+1)/time.Duration(2*n)-ms/2)
	}
	return all
}

// states are those of all candidates.
func (w *world) states(t timing) (all []state) {
	r := mrand.New(mrand.NewPCG(99, 99))
	for _, a := range w.relays {
		tries, firsts := 1, noises(4)
		if w.near(a) {
			tries, firsts = guesses, noises(1)
		}
		if t.own > 1 {
			tries, firsts = min(tries, 20), noises(1)
		}
		for range tries {
			way := w.way(a, ask.Draw(r.Uint64()))
			rtt := w.rtt(a, way)
			for _, first := range firsts {
				for own := range t.own {
					s := state{asker: a, last: last(a, way), weight: 1 / float64(tries*len(firsts)*t.own)}
					s.expect(t, rtt, first, time.Duration(own)*ms)
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// expect fills in how likely the state makes each round trip.
func (s *state) expect(t timing, rtt, first, own time.Duration) {
	var seen []int
	for _, n := range noises(grid) {
		for _, m := range noises(grid) {
			seen = append(seen, millis(t.seen(rtt+first, rtt+n, rtt+m, own)))
		}
	}
	s.least = slices.Min(seen)
	s.seen = make([]float64, slices.Max(seen)-s.least+1)
	for _, v := range seen {
		s.seen[v-s.least] += 1 / float64(len(seen))
	}
	for _, p := range s.seen {
		s.log = append(s.log, math.Log(p+never))
	}
}

// An estimator names the asker of linked questions, from the whole map, how askers
// choose (wants), and all that they may have drawn. Which of it it uses:
type estimator struct {
	w       *world
	wants   [][]float64 // of each asker, of each destination
	logs    [][]float64 // of wants; of each destination, of each asker
	states  []state
	content bool // destinations
	hole    bool // and that none within the vicinity is asked for
	pivot   bool
	keys    bool // whether each was looked up first
	last    bool
	rtt     bool
}

func logs(table [][]float64) [][]float64 {
	all := make([][]float64, len(table))
	for to := range all {
		all[to] = make([]float64, len(table))
		for asker, row := range table {
			if row != nil {
				all[to][asker] = math.Log(row[to])
			}
		}
	}
	return all
}

// A place is the true asker's among all candidates, by likelihood: so many are likelier,
// and so many as likely.
type place struct{ better, equal int }

// places are those after so many linked questions.
func (e *estimator) places(tr trail, after []int) (places []place) {
	score := make([]float64, len(e.w.m.Links)) // log likelihood of what does not depend on states
	likely := make([]float64, len(e.states))
	for i, q := range tr.questions {
		if e.content {
			for c, l := range e.logs[q.to] {
				score[c] += l
			}
		}
		e.exclude(q, score)
		for j := range e.states {
			if s := &e.states[j]; e.rtt && !(e.last && s.last != tr.last) {
				_, log := s.likes(q.seen)
				likely[j] += log
			}
		}
		if slices.Contains(after, i+1) {
			places = append(places, find(e.w.relays, e.total(tr.last, score, likely), tr.asker))
		}
	}
	return places
}

// exclude takes out who cannot have asked.
func (e *estimator) exclude(q question, score []float64) {
	if !e.hole && !e.pivot && !e.keys {
		return
	}
	for _, c := range e.w.relays {
		if e.hole && e.w.inside[c][q.to] || e.keys && e.w.inside[c][q.to] == q.key || e.pivot && (!e.w.inside[c][q.pivot] || q.pivot == c) {
			score[c] = math.Inf(-1)
		}
	}
}

// total adds what the states say: of a candidate's, any may be the one.
func (e *estimator) total(last int, score, likely []float64) []float64 {
	if !e.last && !e.rtt {
		return score
	}
	most, sum := math.Inf(-1), make([]float64, len(score))
	for j, l := range likely {
		if !e.last || e.states[j].last == last {
			most = max(most, l)
		}
	}
	for j, s := range e.states {
		if !e.last || s.last == last {
			sum[s.asker] += s.weight * math.Exp(likely[j]-most)
		}
	}
	total := slices.Clone(score)
	for c := range total {
		total[c] += math.Log(sum[c])
	}
	return total
}

func find(candidates []int, score []float64, asker int) (p place) {
	for _, c := range candidates {
		switch d := score[c] - score[asker]; {
		case c == asker:
		case d > 1e-9:
			p.better++
		case d > -1e-9 || score[c] == score[asker]:
			p.equal++
		}
	}
	return p
}

// median is that of the ranks of the askers, from 1. One who is as likely as others has
// any of their ranks with equal odds; were it the middle of them, the median would change
// with the least thing that tells them apart, whether it tells anything or not.
func median(places []place) float64 {
	for x := 1.0; ; x += 0.5 {
		below := 0.0
		for _, p := range places {
			below += min(1, max(0, (x-float64(p.better))/float64(p.equal+1)))
		}
		if below >= float64(len(places))/2 {
			return x
		}
	}
}

// medians are those after so many linked questions, and named is the part of askers that
// are the likeliest alone after the last.
func (e *estimator) medians(trails []trail, after []int) (medians []float64, named float64) {
	all := make([][]place, len(after))
	for _, tr := range trails {
		places := e.places(tr, after)
		for i, p := range places {
			all[i] = append(all[i], p)
		}
		if places[len(places)-1] == (place{}) {
			named += 1 / float64(len(trails))
		}
	}
	for _, places := range all {
		medians = append(medians, median(places))
	}
	return medians, named
}

// told is the part of pairs of questions by the same last hop of which it is told rightly
// whether one asker has asked both, of as many pairs of one asker as of two. It is by the
// ratio of likelihoods; what is as likely either way is told rightly by half.
func (e *estimator) told(r *mrand.Rand, trails []trail, pairs int) float64 {
	right, n := 0.0, 0
	for n < pairs {
		a, b := trails[r.IntN(len(trails))], trails[r.IntN(len(trails))]
		if a.asker == b.asker || a.last != b.last {
			continue
		}
		i, j := r.IntN(len(a.questions)), r.IntN(len(a.questions))
		if i == j {
			continue
		}
		right += verdict(e.ratio(a.last, a.questions[i], a.questions[j])) + 1 - verdict(e.ratio(a.last, a.questions[i], b.questions[j]))
		n++
	}
	return right / float64(2*n)
}

func verdict(ratio float64) float64 {
	switch {
	case ratio > 1+1e-9:
		return 1
	case ratio < 1-1e-9:
		return 0
	}
	return 0.5
}

// ratio says how many times as likely two questions by one last hop are from one asker
// as from two.
func (e *estimator) ratio(last int, x, y question) float64 {
	var sum, one, other, both float64
	for i := range e.states {
		s := &e.states[i]
		if s.last != last {
			continue
		}
		p, _ := s.likes(x.seen)
		q, _ := s.likes(y.seen)
		p, q = p*e.wants[s.asker][x.to], q*e.wants[s.asker][y.to]
		sum += s.weight
		one += s.weight * p
		other += s.weight * q
		both += s.weight * p * q
	}
	return both * sum / (one * other)
}
