package asktest

import (
	mrand "math/rand/v2"
	"slices"
	"time"

	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/ask"
	"hopwire/route/meshtest"
)

// A Town is a trial in which all nodes ask and some are route servers.
type Town struct {
	*meshtest.Trial
	ServerNodes []int
	Wanted      [][]int // destinations of each node

	clients []*ask.Client // of this boot; nil: a server
	keepers map[int]*keeper
	keys    []identity.Key // of the servers
}

// Constants of a town.
const (
	destinations = 10
	askSpan      = 15 * time.Minute // of the phase in which all is asked for,
	askWithin    = 5 * time.Minute  // within this,
	askAgain     = 5 * time.Minute  // and wanted again, so that answers are kept
)

// New makes the mesh; no node runs. Where the plan has servers, a phase "ask" comes after
// "steady": from then on each node wants ways to ten others, drawn from all, and goes on
// wanting them. No traffic goes over those ways but pings after each phase.
func New(o meshtest.Options, p meshtest.Plan) *Town {
	t := &Town{clients: make([]*ask.Client, p.Size), keepers: map[int]*keeper{}}
	o.Serve, o.Change, o.Route, o.Wrap, o.Booted = t.serve, t.change, t.flag, t.wrap, t.booted
	t.Trial = meshtest.NewTrial(o, p)
	t.place()
	r := mrand.New(mrand.NewPCG(o.Seed, 11))
	for i := range t.Nodes {
		var to []int
		for range destinations {
			to = append(to, (i+1+r.IntN(p.Size-1))%p.Size)
		}
		t.Wanted = append(t.Wanted, to)
	}
	if p.Servers > 0 {
		t.Stages = slices.Insert(t.Stages, 2, meshtest.Stage{Name: "ask", Span: askSpan, Begin: t.begin})
	}
	return t
}

// place chooses servers: nodes here and there that have four links or more.
func (t *Town) place() {
	for s := range t.Plan.Servers {
		i := s * len(t.Nodes) / t.Plan.Servers
		for len(t.Places().Links[i]) < 4 {
			i++
		}
		t.ServerNodes = append(t.ServerNodes, i)
		t.keys = append(t.keys, t.Nodes[i].ID.Key())
	}
	for _, i := range t.ServerNodes {
		t.keepers[i] = newKeeper(t.Now, t.Nodes[i], t.keys, 2*len(t.Nodes))
	}
}

func (t *Town) serve(n *meshtest.Node) func(time.Time, node.Caller, []byte, func(time.Time, []byte)) {
	if k := t.keepers[n.Index]; k != nil {
		return k.serve
	}
	return nil
}

// change makes a server's node one that many strangers call.
func (t *Town) change(i int, c *node.Config) {
	if t.keepers[i] != nil {
		c.MaxPeers, c.SessionRate, c.SessionBurst, c.SetupRate = 4096, 400, 800, 800
		c.CallMemory, c.MaxCircuits = 16<<20, 4096
	}
}

func (t *Town) flag(i int, c *route.Config) {
	if t.keepers[i] != nil {
		c.Flags |= announce.FlagServer
	}
}

func (t *Town) wrap(i int, m node.Map) node.Map {
	own := m.(*route.Map)
	if k := t.keepers[i]; k != nil {
		return wholeMap{own, k}
	}
	draws := [32]byte{byte(i), byte(i >> 8), byte(i >> 16), byte(t.Seed), 12}
	t.clients[i] = ask.New(ask.Config{Map: own, Rand: mrand.NewChaCha8(draws), Jitter: mrand.New(mrand.NewPCG(uint64(i), 13))})
	return t.clients[i]
}

func (t *Town) booted(n *meshtest.Node) {
	if c := t.clients[n.Index]; c != nil {
		c.Attach(n.Node)
	}
}

// begin has every node want its ways from now on.
func (t *Town) begin() {
	for i, to := range t.Wanted {
		if t.clients[i] == nil {
			continue
		}
		for _, j := range to {
			t.After(time.Duration(t.Rand.Int64N(int64(askWithin))), func() { t.want(i, j) })
		}
	}
}

// want has a node want a way, and again later.
func (t *Town) want(i, j int) {
	n := t.Nodes[i]
	n.Host.Turn(func(now time.Time) { t.clients[i].Paths(now, t.Nodes[j].ID.Key(), 2) })
	t.After(askAgain, func() { t.want(i, j) })
}
