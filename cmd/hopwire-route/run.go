package main

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	mrand "math/rand/v2"
	"net/netip"
	"os"
	"time"

	"hopwire/cmd/command"
	"hopwire/cmd/daemon"
	"hopwire/cmd/file"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/server"
)

// A routeServer is the node of this program: one that has the whole map.
type routeServer struct {
	*daemon.Daemon
	c      *config
	server *server.Server // the turn's, as are calls, copies and feedAt
	calls  calls
	work   *workers
	copies []*copying
	feedAt time.Time
	save   saver
}

// runServer is the command: it ends by a signal, with exit status 0.
func runServer(*command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	return daemon.Serve(c.node(), func(d *daemon.Daemon) daemon.Parts { return newServer(d, c).parts() })
}

func newServer(d *daemon.Daemon, c *config) *routeServer {
	s := &routeServer{Daemon: d, c: c, work: newWorkers(func(done func(now time.Time)) { d.Runner.Turn(done) })}
	sc := c.server(d.ID)
	var first [4]byte
	rand.Read(first[:])
	sc.First, sc.Work = binary.LittleEndian.Uint32(first[:]), s.work.do
	s.server = server.New(time.Now(), sc)
	s.save = saver{s: s, done: make(chan struct{})}
	for _, k := range sc.Servers {
		s.copies = append(s.copies, newCopying(s, k, sc.Relays))
	}
	return s
}

func (s *routeServer) parts() daemon.Parts {
	return daemon.Parts{Configure: s.configure, Wrap: s.wrap, Open: s.open, Close: s.close,
		Answer: s.answer, Status: s.status, Findings: s.findings, Metrics: s.metrics}
}

// configure makes the node one that many strangers call, and that holds ways to the servers
// whose maps are copied.
func (s *routeServer) configure(n *node.Config, m *route.Config) {
	m.Flags |= announce.FlagServer
	m.Servers = s.c.peers(s.ID)
	n.MaxPeers, n.SessionRate, n.SessionBurst, n.SetupRate = 4096, 400, 800, 800
	n.CallMemory = 16 << 20
	n.Serve = func(now time.Time, from node.Caller, request []byte, reply func(now time.Time, response []byte)) {
		if s.calls.asked(request) {
			to := reply
			reply = func(now time.Time, response []byte) {
				s.calls.answered(response)
				to(now, response)
			}
		}
		s.server.Serve(now, server.Caller{Neighbour: neighbour(from), Key: from.Key}, request, reply)
	}
}

// neighbour is by whom a call came in; by none, whoever calls.
func neighbour(from node.Caller) (k identity.Key) {
	if copy(k[:], from.Neighbour[:]); k == (identity.Key{}) {
		return from.Key
	}
	return k
}

// wrap has the server's work done with the node's.
func (s *routeServer) wrap(m *route.Map, _ *mrand.Rand) node.Map { return &wholeMap{m, s} }

// A wholeMap is the node's map and, beside it, the server's.
type wholeMap struct {
	*route.Map
	s *routeServer
}

// Advance does what is due, and returns when to come back.
func (m *wholeMap) Advance(now time.Time) time.Time {
	next := step.Earliest(m.Map.Advance(now), m.s.server.Advance(now), m.s.feed(now, m.Map))
	for _, c := range m.s.copies {
		next = step.Earliest(next, c.advance(now))
	}
	return next
}

// Lookup finds the key of a mesh address, on the whole map too.
func (m *wholeMap) Lookup(ip netip.Addr) (identity.Key, bool) {
	if key, ok := m.Map.Lookup(ip); ok {
		return key, true
	}
	return m.s.server.Lookup(ip)
}

// open loads the map that was written before, and writes it from now on.
func (s *routeServer) open(stop <-chan struct{}) error {
	s.load()
	s.work.start(stop)
	go s.save.run(stop)
	return nil
}

// close waits until the map is written. A worker may be making the next one still: that
// takes seconds and comes to nothing.
func (s *routeServer) close() { <-s.save.done }

// load reads the file of the map, if there is one. What is wrong with it is said; the map
// is then learnt anew, as far as it was not read.
func (s *routeServer) load() {
	begun, relays, name := time.Now(), 0, s.c.file()
	f, _, err := file.Open(name)
	if os.IsNotExist(err) {
		return
	}
	if err == nil {
		s.Runner.Turn(func(now time.Time) { relays, err = s.server.Load(now, f, time.Now()) })
		f.Close()
	}
	if err != nil {
		s.Log.Error("the map is not whole", "file", name, "relays", relays, "error", err, "hint", "what is missing is learnt anew within the hour")
		return
	}
	s.Log.Info("map read", "file", name, "relays", relays, "ms", int(time.Since(begun).Milliseconds()))
}

func (s *routeServer) metrics(w io.Writer) {
	var n server.Counters
	relays, bytes := 0, 0
	s.Runner.Turn(func(time.Time) { n = s.server.N; relays, bytes = s.server.Len() })
	counters(w, &n)
	daemon.Gauge(w, "route_relays", relays)
	daemon.Gauge(w, "route_bytes", bytes)
}
