package ask_test

import (
	"fmt"
	"math"
	mrand "math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"hopwire/link/wiretest"
)

// The privacy test: 200 of 1,000 relays, each of which knows the 64 nearest, ask 100
// questions each. Right is that the estimator does no better than chance by what is
// asked, and no better with the time than without; and that it finds the askers of
// designs that tell who asks, or it would prove nothing.
const (
	people  = 1000
	askers  = 200
	asked   = 100
	pairs   = 1000
	longest = 0.02 // long links a relay
)

var linked = []int{1, 10, asked}

// A survey is what the estimator finds in one world.
type survey struct {
	w    *world
	seed uint64
	rows [][]string // as in the table of wire.md
}

func (s *survey) note(sees, wanted string, medians []float64) []float64 {
	row := []string{sees, wanted}
	for _, m := range medians {
		row = append(row, strconv.FormatFloat(math.Round(m), 'f', 0, 64))
	}
	s.rows = append(s.rows, row)
	return medians
}

// ask has askers ask under a timing, and returns what they ask with an estimator that
// knows how they choose.
func (s *survey) ask(t timing, l law, alike bool) ([]trail, estimator) {
	wants := s.w.wants(l)
	e := estimator{w: s.w, wants: wants, logs: logs(wants), states: s.w.states(t)}
	return s.w.trails(mrand.New(mrand.NewPCG(s.seed, 5)), t, wants, askers, asked, alike), e
}

// rules looks at what the rules leave, for one law: the medians by content, by the last
// hop, by that and content, and by all, and how well pairs are told.
func (s *survey) rules(l law) (content, last, both, all []float64, told float64) {
	trails, e := s.ask(held, l, true)
	told = e.told(mrand.New(mrand.NewPCG(s.seed, 6)), trails, pairs)
	e.content = true
	content, _ = e.medians(trails, linked)
	e.last = true
	both, _ = e.medians(trails, linked)
	e.rtt = true
	all, _ = e.medians(trails, linked)
	e.content, e.rtt = false, false
	last, _ = e.medians(trails, linked)
	s.note("destinations", l.name, content)
	s.note("destinations, last hop, times", l.name, all)
	return content, last, both, all, told
}

func (s *survey) check(t *testing.T) {
	for _, l := range laws {
		content, last, both, all, told := s.rules(l)
		s.rows = append(s.rows, []string{"pairs told rightly", l.name, percent(told), "", ""})
		for i, n := range linked {
			if all[i] < 0.8*both[i] {
				t.Errorf("%s, %d linked: rank %v with the times, %v without", l.name, n, all[i], both[i])
			}
		}
		if l.name == laws[2].name {
			s.note("last hop", "any", last)
			continue // what he wants says where he is, and no rule can help that
		}
		if told > 0.55 {
			t.Errorf("%s: %.3f of the pairs are told rightly", l.name, told)
		}
		for i, n := range linked {
			if content[i] < 400 {
				t.Errorf("%s, %d linked: rank %v by what is asked", l.name, n, content[i])
			}
			if all[i] < 0.8*last[i] {
				t.Errorf("%s, %d linked: rank %v by all, %v by the last hop", l.name, n, all[i], last[i])
			}
		}
	}
}

// controls are designs that tell who asks: the estimator must see it.
func (s *survey) controls(t *testing.T) {
	trails, e := s.ask(bare, laws[0], true)
	e.rtt = true
	if m := s.note("control: times that are not held", "any", first(e.medians(trails, linked))); m[0] > 40 {
		t.Errorf("times that are not held: rank %v", m)
	}
	e.last = true
	s.note("control: those and the last hop", "any", first(e.medians(trails, linked)))
	e.last, e.rtt, e.content, e.pivot = false, false, true, true
	m, named := e.medians(trails, linked)
	s.note("control: a pivot for each destination", "uniform", m)
	s.rows = append(s.rows, []string{"control: named, by pivots", "uniform", "", "", percent(named)})
	if named < 0.8 {
		t.Errorf("a pivot for each destination: %.2f are named", named)
	}
	trails, e = s.ask(held, laws[0], false)
	e.content, e.hole = true, true
	if m := s.note("control: only what is beyond the vicinity is asked for", "uniform", first(e.medians(trails, linked))); m[2] > 10 {
		t.Errorf("only what is beyond the vicinity: rank %v", m)
	}
	trails, e = s.ask(secret, laws[0], true)
	told := e.told(mrand.New(mrand.NewPCG(s.seed, 6)), trails, pairs/4)
	s.rows = append(s.rows, []string{"control: pairs told rightly, by a constant of one's own", "uniform", percent(told), "", ""})
	if told < 0.9 {
		t.Errorf("a constant of one's own: %.3f of the pairs are told rightly", told)
	}
}

// near looks at all who make a detour: by the last hop the server must find them no
// sooner than those who come the shortest way.
func (s *survey) near(t *testing.T) {
	ranks := map[bool]float64{}
	for _, direct := range []bool{false, true} {
		s.w.direct = direct
		trails := s.w.trails(mrand.New(mrand.NewPCG(s.seed, 7)), held, s.w.wants(laws[0]), len(s.w.relays), 1, true)
		trails = slices.DeleteFunc(trails, func(tr trail) bool { return !s.w.near(tr.asker) })
		e := estimator{w: s.w, states: s.w.states(held), last: true}
		m, _ := e.medians(trails, []int{1})
		ranks[direct] = m[0]
	}
	s.w.direct = false
	s.note("last hop, of askers near the server", "any", []float64{ranks[false], ranks[false], ranks[false]})
	s.note("control: the same without detours", "any", []float64{ranks[true], ranks[true], ranks[true]})
	if ranks[false] < ranks[true] && os.Getenv("SIM_ROUTES") == "" {
		t.Errorf("who is near: rank %v with a detour, %v without", ranks[false], ranks[true])
	}
}

func first(m []float64, _ float64) []float64 { return m }

func percent(p float64) string { return fmt.Sprintf("%.0f %%", 100*p) }

// slow looks at links six times as slow, whose round trips are of several quanta: how far
// away an asker is shows by as much.
func (s *survey) slow(t *testing.T) {
	for _, tm := range []timing{held, alone} {
		trails, e := s.ask(tm, laws[0], true)
		e.last = true
		without := first(e.medians(trails, linked))
		e.rtt = true
		t.Logf("seed %d, slow links, %s: rank %v by last hop and times, %v by the last hop", s.seed, tm.name, first(e.medians(trails, linked)), without)
	}
}

// TestPrivacy holds the bounds and compares what is measured with the table of wire.md.
// SIM_ROUTES=1: on twelve maps, without the table, and on slow links too.
func TestPrivacy(t *testing.T) {
	if os.Getenv("SIM_ROUTES") != "" {
		for seed := uint64(1); seed <= 12; seed++ {
			(&survey{w: newWorld(seed, people, longest, 1), seed: seed}).run(t)
			(&survey{w: newWorld(seed, people, longest, 6), seed: seed}).slow(t)
		}
		return
	}
	s := &survey{w: newWorld(1, people, longest, 1), seed: 1}
	s.run(t)
	s.compare(t, "What who links n questions learns")
}

func (s *survey) run(t *testing.T) {
	s.check(t)
	s.near(t)
	s.controls(t)
	t.Logf("seed %d: %d candidates, the server has %d links", s.seed, len(s.w.relays), len(s.w.m.Links[s.w.server]))
	for _, row := range s.rows {
		t.Logf("| %s | %s | %s | %s | %s |", row[0], row[1], row[2], row[3], row[4])
	}
}

// compare takes a table for right when each of its numbers is within a tenth, or one.
func (s *survey) compare(t *testing.T, section string) {
	said := map[string][]string{}
	for _, row := range wiretest.Rows(t, "wire.md", section) {
		said[row[0]+row[1]] = row[2:]
	}
	for _, row := range s.rows {
		want := said[row[0]+row[1]]
		if len(want) != 3 {
			t.Errorf("%s, %s: wire.md does not say", row[0], row[1])
			continue
		}
		for i := range want {
			var got, say float64
			fmt.Sscan(row[2+i], &got)
			fmt.Sscan(want[i], &say)
			if math.Abs(got-say) > max(1, got/10) || (want[i] == "") != (row[2+i] == "") {
				t.Errorf("%s, %s: %s; wire.md says %s", row[0], row[1], row[2+i], want[i])
			}
		}
	}
}
