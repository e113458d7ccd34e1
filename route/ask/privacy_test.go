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
	people    = 1000
	askers    = 200
	asked     = 100
	pairs     = 1000
	longLinks = 0.02 // of each relay
)

var linked = []int{1, 10, asked}

// A survey is what the estimator finds in one world.
type survey struct {
	w    *world
	seed uint64
	rows [][]string // as in the table of wire.md

	content, part  []float64 // ranks by what is asked; of the ranks by the last hop, what is left with all else
	detour, direct float64   // rank of askers near the server, by the last hop, and without a detour
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

// check looks at all laws, and notes what must hold for those by which what is wanted does
// not say where the asker is.
func (s *survey) check(t *testing.T) {
	for _, l := range laws {
		content, last, both, all, told := s.rules(l)
		s.rows = append(s.rows, []string{"pairs told rightly", l.name, percent(told), "", ""})
		for i, n := range linked {
			if all[i] < 0.95*both[i] {
				t.Errorf("%s, %d linked: rank %v with the times, %v without", l.name, n, all[i], both[i])
			}
			if l.name != laws[2].name {
				s.content = append(s.content, content[i])
				s.part = append(s.part, all[i]/last[i])
			}
		}
		if l.name != laws[2].name && told > 0.55 {
			t.Errorf("%s: %.3f of the pairs are told rightly", l.name, told)
		}
		if l.name == laws[2].name {
			s.note("last hop", "any", last)
		}
	}
}

// hold compares the medians over all surveys with the bounds: two laws, each after 1, 10
// and 100 questions.
func hold(t *testing.T, all []*survey) {
	middle := func(of func(s *survey) float64) float64 {
		var values []float64
		for _, s := range all {
			values = append(values, of(s))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	for i := range all[0].content {
		if r := middle(func(s *survey) float64 { return s.content[i] }); r < 400 {
			t.Errorf("%s, %d linked: rank %v by what is asked", laws[i/3].name, linked[i%3], r)
		}
		if p := middle(func(s *survey) float64 { return s.part[i] }); p < 0.8 {
			t.Errorf("%s, %d linked: %.2f of the rank by the last hop", laws[i/3].name, linked[i%3], p)
		}
	}
	if r := middle(func(s *survey) float64 { return s.detour - s.direct }); r < 0 {
		t.Errorf("who makes a detour is found %v places sooner", -r)
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
	trails, e = s.ask(short, laws[0], true)
	e.last, e.rtt = true, true
	s.note("control: the same, held, but acknowledged by short frames at 20 Mbit/s", "any", first(e.medians(trails, linked)))
	trails, e = s.ask(held, laws[0], false)
	e.content, e.hole = true, true
	if m := s.note("control: only what is beyond the vicinity is asked for", "uniform", first(e.medians(trails, linked))); m[2] > 10 {
		t.Errorf("only what is beyond the vicinity: rank %v", m)
	}
	trails, e = s.ask(held, laws[0], true)
	e.content, e.keys = true, true
	if m := s.note("control: the keys of unknown destinations are asked for first", "uniform", first(e.medians(trails, linked))); m[2] > 10 {
		t.Errorf("keys asked for where they are not known: rank %v", m)
	}
	trails, e = s.ask(secret, laws[0], true)
	told := e.told(mrand.New(mrand.NewPCG(s.seed, 6)), trails, pairs/4)
	s.rows = append(s.rows, []string{"control: pairs told rightly, by a constant of one's own", "uniform", percent(told), "", ""})
	if told < 0.9 {
		t.Errorf("a constant of one's own: %.3f of the pairs are told rightly", told)
	}
}

// near looks at all who make a detour: by the last hop the server must find them no
// sooner than if they came by the shortest way.
func (s *survey) near() {
	for _, direct := range []bool{false, true} {
		s.w.direct = direct
		trails := s.w.trails(mrand.New(mrand.NewPCG(s.seed, 7)), held, s.w.wants(laws[0]), len(s.w.relays), 1, true)
		trails = slices.DeleteFunc(trails, func(tr trail) bool { return !s.w.near(tr.asker) })
		e := estimator{w: s.w, states: s.w.states(held), last: true}
		m, _ := e.medians(trails, []int{1})
		s.detour, s.direct = s.direct, m[0]
	}
	s.w.direct = false
	s.note("last hop, of askers near the server", "any", []float64{s.detour, s.detour, s.detour})
	s.note("control: the same without detours", "any", []float64{s.direct, s.direct, s.direct})
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
		t.Logf("map %d, slow links, %s: rank %v by last hop and times, %v by the last hop", s.seed, tm.name, first(e.medians(trails, linked)), without)
	}
}

// TestPrivacy holds the bounds and compares what is measured with the table of wire.md.
// SIM_ROUTES=1: on twelve maps, whose medians must hold, and on slow links too.
func TestPrivacy(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	maps := uint64(1)
	if os.Getenv("SIM_ROUTES") != "" {
		maps = 12
	}
	var all []*survey
	for seed := uint64(1); seed <= maps; seed++ {
		s := &survey{w: newWorld(seed, people, longLinks, 1), seed: seed}
		s.run(t)
		all = append(all, s)
		if maps > 1 {
			(&survey{w: newWorld(seed, people, longLinks, 6), seed: seed}).slow(t)
		}
	}
	hold(t, all)
	all[0].compare(t, "What who links n questions learns")
}

func (s *survey) run(t *testing.T) {
	s.check(t)
	s.near()
	s.controls(t)
	t.Logf("map %d: %d candidates, the server has %d links", s.seed, len(s.w.relays), len(s.w.m.Links[s.w.server]))
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
