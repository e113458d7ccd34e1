package meshtest

import (
	"testing"
	"time"

	"hopwire/link/linktest"
)

// small is a plan of some minutes for a hundred nodes.
func small() Plan {
	return Plan{Size: 100, Long: 0.02, Boot: 10 * time.Second, Join: 40 * time.Second, Steady: 30 * time.Second,
		Churn: 4 * time.Minute, Cut: time.Minute, Heal: time.Minute, Look: time.Second, Sample: 100, Pings: 100}
}

func trial(t *testing.T, o Options, p Plan, last string) []Row {
	o.Costs, o.MaxCircuits = linktest.MIPS, 256
	m := NewTrial(o, p)
	m.Until(last)
	rows := m.Run()
	for _, r := range rows {
		t.Logf("%s: settled after %v, %.0f B/s, recall %.4f, precision %.4f, %d/%d pings", r.Name, r.Settled, r.Bytes, r.Sight.Recall(), r.Sight.Precision(), r.Answered, r.Pings)
		for _, b := range r.Broken(o.MaxNodes) {
			t.Errorf("%s: %s", r.Name, b)
		}
	}
	return rows
}

// TestTrial: a hundred nodes that keep all announcements boot, rest, leave and come
// back, are cut in two and heal. In the end of each phase everybody knows everybody and
// nobody else, and whoever is pinged answers.
func TestTrial(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	for _, r := range trial(t, Options{Seed: 7, MaxNodes: 512}, small(), "heal") {
		if s := r.Sight; s.Whole != s.Nodes || s.Gone+s.NoWay > 0 {
			t.Errorf("%s: %d of %d nodes know all; %d entries of nodes that are gone, %d without a way", r.Name, s.Whole, s.Nodes, s.Gone, s.NoWay)
		}
	}
}

// TestTrialOfSmallStores: the same with room for 40 of the hundred. Not all that is near
// is kept, since a port and whoever stands alone before many have their shares, but most
// is, and whoever is near answers.
func TestTrialOfSmallStores(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	trial(t, Options{Seed: 7, MaxNodes: 40}, small(), "churn")
}

// TestTrialInParts: a mesh that is run in two halves side by side goes the same way
// twice, frame by frame, whichever half is faster.
func TestTrialInParts(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	p := small()
	p.Parts = 2
	o := Options{Seed: 8, MaxNodes: 40}
	a, b := trial(t, o, p, "join")[0], trial(t, o, p, "join")[0]
	if a.Bytes != b.Bytes || a.Frames != b.Frames || a.Most != b.Most || a.Accepted != b.Accepted || a.Sight.Entries != b.Sight.Entries {
		t.Errorf("two runs differ: %+v and %+v", a, b)
	}
}
