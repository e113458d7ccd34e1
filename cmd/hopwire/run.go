package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"hopwire/cmd/command"
	"hopwire/cmd/hint"
	"hopwire/cmd/logs"
	"hopwire/cmd/state"
	"hopwire/hop/ip"
	"hopwire/hop/node"
	"hopwire/hop/onion"
	"hopwire/hop/run"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/nic"
	"hopwire/route"
)

// A daemon is the running node and what surrounds it.
type daemon struct {
	c      *config
	log    *logs.Logger
	id     *identity.Identity
	keys   []identity.NetworkKey
	start  time.Time
	runner *run.Runner
	m      *route.Map
	ports  *portManager
	tun    *ip.TUN
	names  *resolver
}

// runNode is the command: it ends by a signal, with exit status 0.
func runNode(*command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	d, err := newDaemon(c)
	if err != nil {
		return err
	}
	lock, err := c.folder().Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	circuits, nodes, frames := budget(c.Memory)
	debug.SetGCPercent(25)
	debug.SetMemoryLimit(int64(c.Memory) << 21) // well above the live heap: close to it, throughput halves

	d.startNode(circuits, nodes, frames)
	defer d.runner.Close()
	if err := d.openTUN(); err != nil {
		return err
	}
	if err := d.ports.open(); err != nil {
		return err
	}
	stop := make(chan struct{})
	defer close(stop)
	d.names = newResolver(d)
	d.names.start(stop)
	control, err := c.socket().Listen(d.answer)
	if err != nil {
		return err
	}
	defer control.Close()
	go nic.WatchInterfaces(stop, d.ports.update)
	go d.ports.watchRates(stop)

	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	d.log.Info("started", "address", d.id.Key(), "ip", d.id.Key().IPv6(), "version", version)
	s := <-signals
	d.log.Info("stopping", "signal", s)
	return nil
}

// newDaemon checks everything that can be wrong before anything is opened.
func newDaemon(c *config) (d *daemon, err error) {
	level, _ := logs.ParseLevel(c.Log)
	d = &daemon{c: c, start: time.Now(), log: logs.New(os.Stderr, program, level)}
	if d.keys, err = state.NetworkKeys(program, c.NetworkKeyFile); err != nil {
		return nil, err
	}
	if d.id, err = c.folder().Load(); err != nil {
		return nil, err
	}
	d.ports = &portManager{d: d, opened: map[string]*opened{}, said: map[string]string{}}
	if len(c.Interfaces) == 0 && c.UDPListen == "" && !d.udpNeighbour() {
		return nil, hint.Errorf("set it to the interfaces that lead to neighbours, such as eth1,lan*", "HOPWIRE_INTERFACES is not set")
	}
	return d, nil
}

func (d *daemon) udpNeighbour() bool {
	list, _ := d.c.neighbours()
	for _, s := range list {
		if s.Addr.UDP().IsValid() {
			return true
		}
	}
	return false
}

// startNode wires link, hop and route together.
func (d *daemon) startNode(circuits, nodes, frames int) {
	neighbours, _ := d.c.neighbours()
	allow, _ := d.c.allowed()
	d.runner = run.New(frames)
	d.runner.Errors = func(port string, err error) {
		d.log.Error("port", "interface", port, "error", err)
		go d.ports.update()
	}
	var seed [32]byte
	rand.Read(seed[:])
	jitter := mrand.New(mrand.NewChaCha8(seed))
	nc := node.Config{MaxCircuits: circuits, CallMemory: d.c.Memory << 18, Deliver: d.runner.Deliver, Links: link.Config{Identity: d.id, NetworkKeys: d.keys,
		Neighbours: neighbours, Allow: allow, Beacon: d.c.Beacon, Rand: rand.Reader, Jitter: jitter, Env: d.runner}}
	var boot [8]byte
	rand.Read(boot[:])
	var n *node.Node
	n = node.New(time.Now(), nc, func(o *onion.Keys) node.Map {
		d.m = route.New(route.Config{Identity: d.id, Env: d.runner, Jitter: jitter, Boot: boot, Onion: o.Public, Flags: route.FlagRelay,
			MaxNodes: nodes, Load: func() (int, int) { return n.Circuits.Load() }})
		return &watchedMap{d.m, d.log}
	})
	d.runner.Start(n)
}

// watchedMap logs the links that come and go.
type watchedMap struct {
	*route.Map
	log *logs.Logger
}

func (w *watchedMap) LinkUp(now time.Time, l *link.Link) {
	_, p := l.Port()
	w.log.Info("link up", "neighbour", l.Peer(), "interface", p.Name, "at", l.Addr())
	w.Map.LinkUp(now, l)
}

func (w *watchedMap) LinkDown(now time.Time, l *link.Link) {
	_, p := l.Port()
	w.log.Info("link down", "neighbour", l.Peer(), "interface", p.Name)
	w.Map.LinkDown(now, l)
}

func (d *daemon) openTUN() error {
	if d.c.TUN == "" || d.c.TUN == "none" {
		return nil
	}
	t, err := ip.OpenTUN(d.c.TUN, d.id.Key().IPv6())
	if te, ok := errors.AsType[*ip.TUNError](err); ok {
		return hint.Add(err, te.Hint)
	}
	if err != nil {
		return fmt.Errorf("TUN: %w", err)
	}
	d.tun = t
	d.runner.AttachTUN(t)
	return nil
}
