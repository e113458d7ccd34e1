package main

import (
	"crypto/rand"
	"io"
	mrand "math/rand/v2"
	"time"

	"hopwire/cmd/command"
	"hopwire/cmd/daemon"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/ask"
)

// A router is the node of this program: one with IP and names.
type router struct {
	_ [0]func() // not compared: saves the code
	*daemon.Daemon
	c      *config
	tun    bool // the settings want one
	keeper *tunKeeper
	names  *resolver
	client *ask.Client // the turn's
}

// runNode is the command: it ends by a signal, with exit status 0.
func runNode(*command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	return daemon.Serve(c.node(), func(d *daemon.Daemon) daemon.Parts { return newRouter(d, c).parts() })
}

func newRouter(d *daemon.Daemon, c *config) *router {
	r := &router{Daemon: d, c: c, tun: c.device() != ""}
	r.keeper, r.names = &tunKeeper{r: r}, newResolver(r)
	return r
}

func (r *router) parts() daemon.Parts {
	return daemon.Parts{Configure: r.configure, Wrap: r.wrap, Open: r.open, Look: r.keeper.look, Answer: r.answer, Findings: r.findings,
		Ways: func(gone <-chan struct{}, to identity.Key, k int) ([]route.Way, error) {
			return r.ways(gone, &pathsCommand{to: to, k: k})
		},
		Name:    func(name string) (identity.Key, bool) { return r.names.table().Find(name) },
		Metrics: r.metrics}
}

// smallMemory is below what ways to eight route servers are kept for, in MB.
const smallMemory = 14

// configure says which route servers come first, and how many ways to some are kept. Who
// copies the whole map keeps as much of it as there is memory for.
func (r *router) configure(_ *node.Config, m *route.Config) {
	servers, _ := r.c.routeServers()
	if m.Servers = servers.Keys; r.c.Memory < smallMemory {
		m.Slots = 4
	}
	if servers.Own {
		m.MaxAnswers = r.c.Memory * 128
	}
}

// coreMemory is the budget, in MB, from which on there is room for a server's core: 128 kB.
const coreMemory = 12

// wrap has route servers asked for what the map does not have.
func (r *router) wrap(m *route.Map, jitter *mrand.Rand) node.Map {
	servers, _ := r.c.routeServers()
	r.client = ask.New(ask.Config{Map: m, Rand: rand.Reader, Jitter: jitter, Servers: servers, Core: r.c.Memory >= coreMemory})
	return r.client
}

// open makes the TUN, and answers for names.
func (r *router) open(stop <-chan struct{}) error {
	if r.tun {
		if err := r.keeper.open(); err != nil {
			return err
		}
	}
	r.Runner.Turn(func(time.Time) { r.client.Attach(r.Runner.Node()) })
	r.names.start(stop)
	return nil
}

// findings is what the running router knows of its own trouble.
func (r *router) findings(f *daemon.Findings) {
	r.checkTUN(f)
	r.asked(f)
}

func (r *router) metrics(w io.Writer) {
	daemon.Counters(w, "names", r.names.counters())
	var n ask.Questions
	r.Runner.Turn(func(time.Time) { n = r.client.N })
	daemon.Counters(w, "ask", n)
}
