package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"hopwire/route/geo"
)

// TestTenThousand: at 10,000 relays with 2 % of long links a node that knows one server
// has ways that are nearly the best ones, two of them, by answers of at most 96,000
// bytes; early exit by shortest path of providers does much worse on the same links.
// (Where time is short, 2,000 relays.)
func TestTenThousand(t *testing.T) {
	r, pairs := tenThousand, 1_000
	if testing.Short() {
		r.relays, r.providers, pairs = 2_000, 80, 300
	}
	got := r.measure(seed, pairs)
	t.Logf("\n%s\n%s", heading, got.line())
	if err := got.check(); err != nil {
		t.Error(err)
	}
	if at(got.potato, 90) < 1.5*at(got.ours, 90) || got.near < 0.99 {
		t.Errorf("hot potato %.2f, ours %.2f at p90; %.3f of relays within %d hops", at(got.potato, 90), at(got.ours, 90), got.near, mostHops)
	}
}

// TestEarlyExit: a packet leaves its provider at the nearest exit on a shortest path of
// providers, even where a later one is better.
func TestEarlyExit(t *testing.T) {
	m := &geo.Map{Links: make([][]geo.Link, 4)}
	lay := func(i, j int, cost uint32) {
		m.Links[i] = append(m.Links[i], geo.Link{To: j, Cost: cost})
		m.Links[j] = append(m.Links[j], geo.Link{To: i, Cost: cost})
	}
	lay(0, 1, 1) // provider 0: 0 and 1
	lay(0, 2, 5) // early exit, and
	lay(2, 3, 90)
	lay(1, 3, 6) // the late one
	p := newPotato(m, []int{0, 0, 1, 1}, 2)
	if cost, ok := p.way(0, 3); !ok || cost != 95 {
		t.Errorf("%d, want 95", cost)
	}
	if cost, ok := p.way(1, 3); !ok || cost != 6 {
		t.Errorf("%d, want 6", cost)
	}
}

// TestDraw: what is drawn is XML, with a panel for each row.
func TestDraw(t *testing.T) {
	b := draw([]result{{row: tenThousand, ours: []float64{1, 1.5, 9}}, {}})
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := bytes.Count(b, []byte("long links")); n != 2 {
		t.Errorf("%d panels, want 2", n)
	}
}
