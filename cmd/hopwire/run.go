package main

import (
	"crypto/rand"
	"errors"
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
	"hopwire/hop/node"
	"hopwire/hop/onion"
	"hopwire/hop/run"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/nic"
	"hopwire/route"
	"hopwire/route/announce"
)

// A daemon is the running node and what surrounds it.
type daemon struct {
	c      *config
	log    *logs.Logger
	queue  *logs.Queue // what log writes to
	id     *identity.Identity
	keys   []identity.NetworkKey
	start  time.Time
	runner *run.Runner
	m      *route.Map
	ports  *portManager
	tun    bool // the settings want one
	keeper *tunKeeper
	kick   chan struct{} // what the watch is to look at
	names  *resolver
}

// runNode is the command: it ends by a signal, with exit status 0. Nothing that the
// node does waits for who reads its log.
func runNode(*command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a reader that has ended is an error of the write
	queue := logs.NewQueue(os.Stderr, program)
	err = serve(c, queue)
	queue.Close(logPatience)
	if err != nil && !writable(os.Stderr) {
		os.Exit(1) // to say why would wait for ever
	}
	return err
}

// serve runs the node until a signal ends it.
func serve(c *config, queue *logs.Queue) error {
	d, err := newDaemon(c, queue)
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

	if err := d.startNode(circuits, nodes, frames); err != nil {
		return err
	}
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
	signals := make(chan os.Signal, 4)
	notify(signals)
	control, err := d.listen()
	if err != nil {
		return err
	}
	defer control.Close()
	go nic.WatchInterfaces(stop, d.kick, identity.MeshPrefix(), d.look)
	go d.ports.watchRates(stop)

	d.log.Info("started", "address", d.id.Key(), "ip", d.id.Key().IPv6(), "version", version)
	d.untilSignal(signals)
	time.AfterFunc(stopPatience, func() { os.Exit(1) }) // whatever hangs below
	return nil
}

// newDaemon checks everything that can be wrong before anything is opened.
func newDaemon(c *config, queue *logs.Queue) (d *daemon, err error) {
	level, _ := logs.ParseLevel(c.Log)
	d = &daemon{c: c, start: time.Now(), queue: queue, log: logs.New(queue, program, level)}
	if d.keys, err = state.NetworkKeys(program, c.NetworkKeyFile); err != nil {
		return nil, err
	}
	if err = d.loadIdentity(); err != nil {
		return nil, err
	}
	d.keeper, d.kick = &tunKeeper{d: d}, make(chan struct{}, 1)
	d.ports = &portManager{d: d, opened: map[string]*opened{}, said: map[string]string{}, udp: -1}
	if len(c.Interfaces) == 0 && c.UDPListen == "" && !d.udpNeighbour() {
		return nil, hint.Errorf("set it to the interfaces that lead to neighbours, such as eth1,lan*", "HOPWIRE_INTERFACES is not set")
	}
	return d, nil
}

// loadIdentity makes the identity anew when its file is empty, as a power cut leaves
// it: nobody may be there to do it.
func (d *daemon) loadIdentity() (err error) {
	if d.id, err = d.c.folder().Load(); !errors.Is(err, state.ErrEmpty) {
		return err
	}
	d.log.Error("new identity, and a new address", "reason", err)
	d.id, _, err = d.c.folder().Init()
	return err
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
func (d *daemon) startNode(circuits, nodes, frames int) (err error) {
	neighbours, _ := d.c.neighbours()
	allow, _ := d.c.allowed()
	if d.runner, err = run.New(frames); err != nil {
		return hint.Errorf("raise the number of open files that a process may have (ulimit -n)", "the loops of the node: %v", err)
	}
	d.runner.Errors = d.failed
	var seed [32]byte
	rand.Read(seed[:])
	jitter := mrand.New(mrand.NewChaCha8(seed))
	nc := node.Config{MaxCircuits: circuits, CallMemory: d.c.Memory << 18, QueueMemory: d.c.Memory << 15, Deliver: d.runner.Deliver, Links: link.Config{Identity: d.id, NetworkKeys: d.keys,
		Neighbours: neighbours, Allow: allow, Beacon: d.c.Beacon, Rand: rand.Reader, Jitter: jitter, Env: d.runner}}
	var boot [8]byte
	rand.Read(boot[:])
	var n *node.Node
	n = node.New(time.Now(), nc, func(o *onion.Keys) node.Map {
		d.m = route.New(route.Config{Identity: d.id, Env: d.runner, Jitter: jitter, Boot: boot, Onion: o.Public, Flags: announce.FlagRelay,
			MaxNodes: nodes, Load: func() (int, int) { return n.Circuits.Load() }})
		return &watchedMap{Map: d.m, log: d.log}
	})
	d.runner.Start(n)
	return nil
}

// failed is told what has ended by itself; it is opened again.
func (d *daemon) failed(id int, name string, err error) {
	d.log.Error("port", "interface", name, "error", err)
	if id != run.TUN {
		d.ports.failed(id, err)
	}
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// look follows the kernel; true: something could not be done yet.
func (d *daemon) look() (again bool) {
	again = d.ports.update()
	return d.keeper.look() || again
}

// watchedMap logs the links that come and go.
type watchedMap struct {
	*route.Map
	log  *logs.Logger
	said time.Time // that the identity is in use elsewhere
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
	if d.tun = d.c.TUN != "" && d.c.TUN != "none"; !d.tun {
		return nil
	}
	return d.keeper.open()
}
