package main

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"hopwire/cmd/daemon"
	"hopwire/cmd/logs"
	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/query"
	"hopwire/route/server"
)

// A town is relays in a ring, each linked with the next at 10 ms, and what they announce.
type town struct {
	ids  []*identity.Identity
	raws []announce.Raw
}

func newTown(t *testing.T, relays int) *town {
	w := new(town)
	for range relays {
		w.ids = append(w.ids, newIdentity(t))
	}
	for i, id := range w.ids {
		a := &announce.Announcement{Flags: announce.FlagRelay, Key: id.Key(), Sequence: 1, Left: time.Hour, Price: uint32(i)}
		for _, j := range []int{i + 1, i + relays - 1} {
			a.Links = append(a.Links, announce.Statement{ID: w.ids[j%relays].Key().Short(), RTT: 20 * time.Millisecond})
		}
		a.Links = announce.Sort(a.Links)
		w.raws = append(w.raws, a.Signed(id))
	}
	return w
}

// save writes the file that a server of this identity has after it was given the town.
func (w *town) save(t *testing.T, c *config, id *identity.Identity) {
	t.Helper()
	now := time.Now()
	var done []func(time.Time)
	sc := c.server(id)
	sc.Work = func(_ server.Kind, job func() func(time.Time)) bool { done = append(done, job()); return true }
	s := server.New(now, sc)
	gift := []byte{byte(query.OpGive)}
	for _, raw := range w.raws {
		gift = query.AppendAnnouncement(gift, raw, time.Minute)
	}
	s.Serve(now, server.Caller{Neighbour: id.Key(), Local: true}, gift, func(time.Time, []byte) {})
	for s.Advance(now); len(done) > 0; s.Advance(now) {
		next := done[0]
		done = done[1:]
		next(now)
	}
	f, err := os.Create(c.file())
	if err == nil {
		err = s.Snapshot().Save(f, id, now, now)
	}
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
}

// A memo is a log that many write and the test reads.
type memo struct {
	mu sync.Mutex
	b  strings.Builder
}

func (m *memo) Write(b []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b.Write(b)
}

func (m *memo) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b.String()
}

func testConfig(t *testing.T) *config {
	return &config{State: t.TempDir(), Memory: 64}
}

// A fixture is a server without ports.
type fixture struct {
	*routeServer
	t    *testing.T
	log  memo
	stop chan struct{}
}

// newFixture makes one that is not open yet.
func newFixture(t *testing.T, c *config) *fixture {
	t.Helper()
	id, _, err := c.node().Folder().Init()
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, stop: make(chan struct{})}
	n := c.node()
	n.Budget = daemon.Budget{Circuits: 64, Nodes: 16, Frames: 128}
	d := &daemon.Daemon{Config: n, ID: id, Keys: []identity.NetworkKey{{1}}, Log: logs.New(&f.log, program, logs.Debug)}
	f.routeServer = newServer(d, c)
	d.Parts = f.parts()
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Runner.Close)
	return f
}

// opened opens it, until end.
func (f *fixture) opened() *fixture {
	f.t.Helper()
	if err := f.open(f.stop); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(f.end)
	return f
}

// end is what daemon.Serve does at the end.
func (f *fixture) end() {
	select {
	case <-f.stop:
	default:
		close(f.stop)
		f.close()
	}
}

// wait waits for what the workers do.
func (f *fixture) wait(until func() bool) {
	for ok := false; !ok; {
		f.Runner.Turn(func(time.Time) { ok = until() })
	}
}

// mapped waits for a snapshot with so many relays.
func (f *fixture) mapped(relays int) {
	f.wait(func() bool {
		n := f.server.Snapshot()
		if n == nil {
			return false
		}
		_, has := n.ID()
		return has >= relays
	})
}

// command is the answer to one, as the socket carries it; or its error.
func (f *fixture) command(line string) string {
	var b bytes.Buffer
	if err := f.Answer(&b, strings.Fields(line)); err != nil {
		return "! " + err.Error()
	}
	return b.String()
}
