package meshtest

import (
	"slices"
	"time"

	"hopwire/link/linktest"
	"hopwire/route/geo"
)

// A Plan says what a mesh goes through. A phase that lasts for no time is left out.
type Plan struct {
	Size  int           // nodes
	Long  float64       // long links for each node (see package geo)
	Boot  time.Duration // all boot within it
	Parts int           // run side by side (linktest.Sim.Split); 0: one

	// Join begins with the boots. In Churn one in a hundred nodes leaves each minute, half
	// of them without a word, and boots again after one to three minutes; the last are back
	// before it ends. In Cut no cable through the middle of the map passes frames, and
	// nobody is told; Heal is afterwards.
	Join, Steady, Churn, Cut, Heal time.Duration

	Servers int           // route servers among the nodes (package asktest)
	Look    time.Duration // between looks at what nodes know; tenfold after the first minute of a phase
	Sample  int           // nodes that are looked at
	Pings   int           // after each phase, each to somebody within the whole rings
}

// WholePlan is the plan of 'make sim' for n nodes.
func WholePlan(n int) Plan {
	parts := 1
	if n >= 1000 { // fewer have too little to do side by side
		parts = 2
	}
	return Plan{Size: n, Long: 0.02, Boot: 10 * time.Second, Parts: parts,
		Join: 2 * time.Minute, Steady: 15 * time.Minute, Churn: 10 * time.Minute, Cut: 10 * time.Minute, Heal: 5 * time.Minute,
		Look: time.Second, Sample: 200, Pings: 200}
}

// shortest is the shortest cable of package geo.
const shortest = 400 * time.Microsecond

// A Trial is a mesh of generated geography that goes through a plan.
type Trial struct {
	*Mesh
	Plan
	Stages []Stage   // as the plan says; the caller may add others before Run
	Done   func(Row) // called after each phase; nil: nothing is

	geo    *geo.Map
	truth  *truth
	sample []int
	left   reading // of those that have left, whose counters are gone
}

// NewTrial makes the mesh; no node runs. Signatures are memoised.
func NewTrial(o Options, p Plan) *Trial {
	o.Memo = true
	t := &Trial{Mesh: New(o), Plan: p, geo: geo.New(o.Seed, p.Size, p.Long)}
	if p.Parts > 1 {
		t.Split(p.Parts, shortest)
	}
	t.Geo(t.geo)
	for i, n := range t.Nodes {
		n.part = int(t.geo.Y[i] * float64(p.Parts))
	}
	t.truth = newTruth(t.Mesh)
	t.sample = t.Rand.Perm(p.Size)[:min(p.Sample, p.Size)]
	t.Stages = t.stages()
	return t
}

func (t *Trial) stages() []Stage {
	return []Stage{
		{"join", t.Join, t.join, nil},
		{"steady", t.Steady, nil, nil},
		{"churn", t.Churn, t.churn, nil},
		{"cut", t.Cut, func() { t.cut(nobody) }, func() { t.cut(nil) }},
		{"heal", t.Heal, nil, nil},
	}
}

// Until leaves out the phases after one; an unknown one is the last.
func (t *Trial) Until(last string) {
	if i := slices.IndexFunc(t.Stages, func(s Stage) bool { return s.Name == last }); i >= 0 {
		t.Stages = t.Stages[:i+1]
	}
}

// Run lets the mesh go through its phases.
func (t *Trial) Run() (rows []Row) {
	for _, p := range t.Stages {
		if p.Span == 0 {
			continue
		}
		rows = append(rows, t.run(p))
		if t.Done != nil {
			t.Done(rows[len(rows)-1])
		}
		if p.End != nil {
			p.End()
		}
	}
	return rows
}

func (t *Trial) join() {
	for _, n := range t.Nodes {
		t.After(time.Duration(t.Rand.Int64N(int64(t.Boot))), n.Boot)
	}
}

// away is the longest that a node that leaves is gone, half a minute to settle included.
const away = 3*time.Minute + 30*time.Second

func (t *Trial) churn() {
	gap := 100 * time.Minute / time.Duration(len(t.Nodes))
	for at := time.Duration(0); at < t.Churn-away; at += gap {
		t.After(at, t.leave)
	}
}

func (t *Trial) leave() {
	n := t.Nodes[t.Rand.IntN(len(t.Nodes))]
	if !n.running() {
		return
	}
	if t.Rand.IntN(2) == 0 {
		n.Host.Turn(n.Close)
	}
	n.Host.Kill()
	t.left.add(n)
	t.After(time.Minute+time.Duration(t.Rand.Int64N(int64(2*time.Minute))), n.Boot)
}

// cut gives the cables through the middle a fault.
func (t *Trial) cut(fault func(from, to *linktest.End) bool) {
	for k, g := range t.Cables {
		if (t.geo.X[k[0]] < 0.5) != (t.geo.X[k[1]] < 0.5) {
			g.Cut = fault
		}
	}
}

func nobody(_, _ *linktest.End) bool { return true }
