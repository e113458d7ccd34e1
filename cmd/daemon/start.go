package daemon

import (
	"crypto/rand"
	mrand "math/rand/v2"
	"net/netip"
	"time"

	"hopwire/cmd/hint"
	"hopwire/cmd/logs"
	"hopwire/hop/node"
	"hopwire/hop/onion"
	"hopwire/hop/run"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/announce"
)

// Start wires link, hop and route together and runs them; there are no ports yet.
func (d *Daemon) Start() (err error) {
	d.ports = newPortManager(d)
	if d.Runner, err = run.New(d.Budget.Frames); err != nil {
		return hint.Errorf("raise the number of open files that a process may have (ulimit -n)", "the loops of the node: %v", err)
	}
	d.Runner.Errors = d.failed
	var seed [32]byte
	rand.Read(seed[:])
	jitter := mrand.New(mrand.NewChaCha8(seed))
	nc, mc := d.nodeConfig(jitter), d.mapConfig(jitter)
	if d.Parts.Configure != nil {
		d.Parts.Configure(&nc, &mc)
	}
	var n *node.Node
	mc.Load = func() (int, int) { return n.Circuits.Load() }
	n = node.New(time.Now(), nc, func(o *onion.Keys) node.Map {
		mc.Onion = o.Public
		d.Map = route.New(mc)
		var m node.Map = d.Map
		if d.Parts.Wrap != nil {
			m = d.Parts.Wrap(d.Map, jitter)
		}
		return &watchedMap{Map: m, routes: d.Map, log: d.Log}
	})
	d.Runner.Start(n)
	return nil
}

// nodeConfig is what the settings say of the node; they were checked before.
func (d *Daemon) nodeConfig(jitter *mrand.Rand) node.Config {
	neighbours, _ := d.neighbours()
	allow, _ := d.Addresses("ALLOW", d.Allow)
	return node.Config{MaxCircuits: d.Budget.Circuits, CallMemory: d.Memory << 18, QueueMemory: d.Memory << 15, Deliver: d.Runner.Deliver,
		Links: link.Config{Identity: d.ID, NetworkKeys: d.Keys, Neighbours: neighbours, Allow: allow, Beacon: d.Beacon,
			Rand: rand.Reader, Jitter: jitter, Env: d.Runner}}
}

func (d *Daemon) mapConfig(jitter *mrand.Rand) route.Config {
	c := route.Config{Identity: d.ID, Env: d.Runner, Jitter: jitter, Flags: announce.FlagRelay, MaxNodes: d.Budget.Nodes}
	rand.Read(c.Boot[:])
	return c
}

// watchedMap logs the links that come and go.
type watchedMap struct {
	_ [0]func() // not compared: saves the code
	node.Map
	routes *route.Map
	log    *logs.Logger
	said   time.Time // that the identity is in use elsewhere
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

// Resolve is for a map that can ask whose a mesh address is.
func (w *watchedMap) Resolve(now time.Time, ip netip.Addr, done func(now time.Time, key identity.Key, ok bool)) bool {
	r, ok := w.Map.(node.Resolver)
	return ok && r.Resolve(now, ip, done)
}
