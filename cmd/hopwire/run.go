package main

import (
	"io"

	"hopwire/cmd/command"
	"hopwire/cmd/daemon"
	"hopwire/link/identity"
)

// A router is the node of this program: one with IP and names.
type router struct {
	*daemon.Daemon
	c      *config
	tun    bool // the settings want one
	keeper *tunKeeper
	names  *resolver
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
	return daemon.Parts{Open: r.open, Look: r.keeper.look, Findings: r.findings,
		Name:    func(name string) (identity.Key, bool) { return r.names.table().Find(name) },
		Metrics: func(w io.Writer) { daemon.Counters(w, "names", r.names.counters()) }}
}

// open makes the TUN, and answers for names.
func (r *router) open(stop <-chan struct{}) error {
	if r.tun {
		if err := r.keeper.open(); err != nil {
			return err
		}
	}
	r.names.start(stop)
	return nil
}
