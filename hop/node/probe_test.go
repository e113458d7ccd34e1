package node

import (
	"errors"
	"testing"
	"time"

	"hopwire/hop"
)

// probe begins one over a way.
func (m *member) probe(way ...int) (p *Probe, err error) {
	m.host.Turn(func(now time.Time) { p, err = m.Probe(now, m.w.path(now, way...)) })
	return p, err
}

// ask asks a hop of it.
func (m *member) ask(p *Probe, i int) (*echoed, error) {
	var err error
	e := new(echoed)
	m.host.Turn(func(now time.Time) { err = p.Ping(now, i, e.done) })
	return e, err
}

func (m *member) closeProbe(p *Probe) { m.host.Turn(p.Close) }

// TestProbe: each hop of a way that was given answers after its round trip, the neighbour
// alone and one 17 hops away too; what is asked before the circuit stands waits for it.
// Nobody keeps anything, and no session comes of it.
func TestProbe(t *testing.T) {
	for _, last := range []int{1, 3, 17} {
		w := row(t, 700+uint64(last), last+1, 10*time.Millisecond)
		w.start()
		src, dst := w.ends()
		p, err := src.probe(upTo(last)...)
		if err != nil {
			t.Fatal(err)
		}
		first, _ := src.ask(p, last-1)
		w.Run(2 * time.Second)
		if want := 20 * time.Millisecond * time.Duration(last); !first.ok || first.times != 1 || first.rtt < want {
			t.Errorf("%d hops, with the set-up: %+v, want %v or more", last, first, want)
		}
		for i := range last {
			e, err := src.ask(p, i)
			w.Run(time.Second)
			if want := 20 * time.Millisecond * time.Duration(i+1); err != nil || !e.ok || e.rtt < want || e.rtt > want+time.Millisecond {
				t.Errorf("%d hops, hop %d: %+v, %v, want %v", last, i, e, err, want)
			}
		}
		for _, i := range []int{-1, last} {
			if _, err := src.ask(p, i); !errors.Is(err, hop.ErrNoPath) {
				t.Errorf("hop %d: %v", i, err)
			}
		}
		if dst.N.Handshakes+src.N.Handshakes != 0 {
			t.Error("there was a handshake")
		}
		src.closeProbe(p)
		src.closeProbe(p)
		w.Run(5 * time.Second)
		w.wantNothing()
		if _, err := src.ask(p, 0); !errors.Is(err, hop.ErrNoPath) {
			t.Errorf("after the end: %v", err)
		}
	}
}

// TestProbeFails: a way that does not stand says so, once: when a hop does, when the probe
// is closed, or within five seconds. The map hears nothing.
func TestProbeFails(t *testing.T) {
	w := row(t, 710, 4, 10*time.Millisecond)
	w.start()
	src, dst := w.ends()
	p, _ := src.probe(1, 3) // no neighbours
	e, _ := src.ask(p, 1)
	if w.Run(time.Second); e.ok || e.times != 1 {
		t.Errorf("no such link: %+v", e)
	}
	if _, err := src.probe(2); !errors.Is(err, hop.ErrNoPath) {
		t.Errorf("no neighbour: %v", err)
	}
	p, _ = src.probe(1, 2, 3)
	w.Run(time.Second)
	waits, _ := src.ask(p, 2)
	if src.closeProbe(p); waits.times != 1 || waits.ok {
		t.Errorf("closed: %+v", waits)
	}
	p, _ = src.probe(1, 2, 3)
	w.Run(time.Second)
	dst.host.Kill()
	e, _ = src.ask(p, 2)
	if w.Run(5100 * time.Millisecond); e.ok || e.times != 1 || len(src.way.failed) != 0 || len(src.probes) != 0 {
		t.Errorf("dead: %+v; the map was told %v; %d probes", e, src.way.failed, len(src.probes))
	}
}

// TestProbeOtherKey: a hop whose onion key is taken for the other is asked with the other.
func TestProbeOtherKey(t *testing.T) {
	w := row(t, 711, 4, 10*time.Millisecond)
	w.start()
	src := w.members[0]
	path := w.path(w.Now, 1, 2, 3)
	h := &path.Hops[1]
	h.Onion, h.Other, h.Parity = h.Other, h.Onion, h.Parity^1
	var p *Probe
	src.host.Turn(func(now time.Time) { p, _ = src.Probe(now, path) })
	e, _ := src.ask(p, 2)
	if w.Run(2 * time.Second); !e.ok || e.times != 1 {
		t.Errorf("%+v", e)
	}
}

// TestProbesAreBounded: and end with the node.
func TestProbesAreBounded(t *testing.T) {
	w := row(t, 712, 3, time.Millisecond)
	w.start()
	src := w.members[0]
	var last *echoed
	for i := range maxProbes + 1 {
		p, err := src.probe(1, 2)
		if got := errors.Is(err, hop.ErrTooMany); got != (i == maxProbes) {
			t.Fatalf("probe %d: %v", i, err)
		}
		if err == nil {
			last, _ = src.ask(p, 1)
		}
	}
	src.host.Turn(src.Close)
	if len(src.probes) != 0 || last.times != 1 || last.ok {
		t.Errorf("%d probes are left, %+v", len(src.probes), last)
	}
}
