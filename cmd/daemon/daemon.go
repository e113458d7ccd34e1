package daemon

import (
	"errors"
	"io"
	mrand "math/rand/v2"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"hopwire/cmd/control"
	"hopwire/cmd/hint"
	"hopwire/cmd/logs"
	"hopwire/cmd/state"
	"hopwire/hop/node"
	"hopwire/hop/run"
	"hopwire/link/identity"
	"hopwire/link/nic"
	"hopwire/route"
)

// Config says which program it is and what its settings are.
type Config struct {
	Program, Version string
	*Settings
	State  string // folder
	Memory int    // budget in MB
	Budget Budget
	Device string // of our own, which is no port; "": none
}

// A Budget is what the memory budget allows.
type Budget struct{ Circuits, Nodes, Frames int }

// Parts are what a program adds to its node; each may be nil.
type Parts struct {
	// Configure changes what the node and its map are made of.
	Configure func(n *node.Config, m *route.Config)
	// Wrap puts a program's own map around the node's; jitter is the turn's.
	Wrap func(m *route.Map, jitter *mrand.Rand) node.Map
	// Open is called once the node runs, before its ports are open; stop is closed at the end.
	Open func(stop <-chan struct{}) error
	// Look follows the kernel; true: something could not be done yet.
	Look func() (again bool)
	// Answer does a command of the program's own; false: it has none of that name.
	Answer func(w io.Writer, args []string) (done bool, err error)
	// Ways returns up to k ways to a node, the first of them the same whatever k is; it
	// may ask others, and waits until gone is closed.
	Ways func(gone <-chan struct{}, to identity.Key, k int) ([]route.Way, error)
	// Name finds the address of a friendly name.
	Name func(name string) (identity.Key, bool)
	// Findings adds to what the doctor is told; within no turn.
	Findings func(f *Findings)
	// Status adds to what the command says: columns as package table has them, each behind
	// a blank, and their values; within no turn.
	Status func() (columns string, values []any)
	// Close is called at the end, once stop is closed, while the node still runs.
	Close func()
	// Metrics adds counters.
	Metrics func(w io.Writer)
}

// A Daemon is the running node and what surrounds it.
type Daemon struct {
	*Config
	Log    *logs.Logger
	ID     *identity.Identity
	Runner *run.Runner
	Map    *route.Map
	Keys   []identity.NetworkKey

	Parts Parts
	queue *logs.Queue // what Log writes to

	start time.Time
	ports *portManager
	kick  chan struct{} // what the watch is to look at
}

// Serve runs a node until a signal ends it. Nothing that the node does waits for who
// reads its log. parts is called once, before the node is made.
func Serve(c *Config, parts func(d *Daemon) Parts) error {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a reader that has ended is an error of the write
	queue := logs.NewQueue(os.Stderr, c.Program)
	err := serve(c, queue, parts)
	queue.Close(logPatience)
	if err != nil && !writable(os.Stderr) {
		os.Exit(1) // to say why would wait for ever
	}
	return err
}

func serve(c *Config, queue *logs.Queue, parts func(d *Daemon) Parts) error {
	d, err := newDaemon(c, queue)
	if err != nil {
		return err
	}
	lock, err := c.Folder().Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	debug.SetGCPercent(25)
	debug.SetMemoryLimit(int64(c.Memory) << 21) // well above the live heap: close to it, throughput halves

	d.Parts = parts(d)
	if err := d.Start(); err != nil {
		return err
	}
	defer d.Runner.Close()
	stop := make(chan struct{})
	defer d.end(stop)
	if d.Parts.Open != nil {
		if err := d.Parts.Open(stop); err != nil {
			return err
		}
	}
	if err := d.ports.open(); err != nil {
		return err
	}
	signals := make(chan os.Signal, 4)
	notify(signals)
	control, err := d.listen()
	if err != nil {
		return err
	}
	defer control.Close()
	go nic.WatchInterfaces(stop, d.kick, identity.MeshPrefix(), d.look)
	go d.ports.watchRates(stop)

	d.Log.Info("started", "address", d.ID.Key(), "ip", d.ID.Key().IPv6(), "version", c.Version)
	d.untilSignal(signals)
	time.AfterFunc(stopPatience, func() { os.Exit(1) }) // whatever hangs below
	return nil
}

// end stops what the program's own parts do.
func (d *Daemon) end(stop chan struct{}) {
	close(stop)
	if d.Parts.Close != nil {
		d.Parts.Close()
	}
}

// newDaemon checks everything that can be wrong before anything is opened.
func newDaemon(c *Config, queue *logs.Queue) (d *Daemon, err error) {
	level, _ := logs.ParseLevel(c.Settings.Log)
	d = &Daemon{Config: c, start: time.Now(), queue: queue, Log: logs.New(queue, c.Program, level), kick: make(chan struct{}, 1)}
	if d.Keys, err = state.NetworkKeys(c.Program, c.NetworkKeyFile); err != nil {
		return nil, err
	}
	if err = d.loadIdentity(); err != nil {
		return nil, err
	}
	if len(c.Interfaces) == 0 && c.UDPListen == "" && !c.udpNeighbour() {
		name := c.name("INTERFACES")
		return nil, hint.Errorf("set it to the interfaces that lead to neighbours, such as eth1,lan*", "%s is not set", name)
	}
	return d, nil
}

// loadIdentity makes the identity anew when its file is empty, as a power cut leaves
// it: nobody may be there to do it.
func (d *Daemon) loadIdentity() (err error) {
	if d.ID, err = d.Folder().Load(); !errors.Is(err, state.ErrEmpty) {
		return err
	}
	d.Log.Error("new identity, and a new address", "reason", err)
	d.ID, _, err = d.Folder().Init()
	return err
}

// look follows the kernel; true: something could not be done yet.
func (d *Daemon) look() (again bool) {
	again = d.ports.update()
	return d.Parts.Look != nil && d.Parts.Look() || again
}

// failed is told what has ended by itself; it is opened again.
func (d *Daemon) failed(id int, name string, err error) {
	d.Log.Error("port", "interface", name, "error", err)
	if id != run.TUN {
		d.ports.failed(id, err)
	}
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// ControlSocket is where the node that runs is asked.
func (c *Config) ControlSocket() *control.Socket {
	path := c.Socket
	if path == "" {
		path = c.State + "/" + c.Program + ".sock"
	}
	return &control.Socket{Program: c.Program, Service: "the node", Path: path}
}

// Folder is where the identity is.
func (c *Config) Folder() *state.Folder { return &state.Folder{Program: c.Program, Path: c.State} }

func (c *Config) udpNeighbour() bool {
	list, _ := c.neighbours()
	for _, s := range list {
		if s.Addr.UDP().IsValid() {
			return true
		}
	}
	return false
}
