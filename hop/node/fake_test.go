package node

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
)

// A fakeMap knows the ways that a test has written into it, as node numbers, and
// notes what sessions ask it and tell it. It changes its mind only by the test's hand.
type fakeMap struct {
	w        *world
	ways     map[int][][]int  // by target, the best way first; none: it is not known; empty: there is no way
	load     map[int]hop.Load // of a node; the others are light
	hidden   map[int]bool     // addresses whose key it does not know
	wrong    map[int]bool     // nodes whose onion keys it takes one for the other
	asking   map[int]bool     // targets that it asks others for
	up       map[identity.Key]*link.Link
	asked    []time.Time // for ways
	failed   []failure
	onFailed func(failure)
}

// A failure is what a session has told the map.
type failure struct {
	at  time.Time
	way []int
	hop int
	why hop.Reason
}

func newFakeMap(w *world) *fakeMap {
	return &fakeMap{w: w, ways: map[int][][]int{}, load: map[int]hop.Load{}, asking: map[int]bool{}, hidden: map[int]bool{}, up: map[identity.Key]*link.Link{}}
}

func (f *fakeMap) Paths(now time.Time, to identity.Key, n int) (paths []hop.Path, err error) {
	f.asked = append(f.asked, now)
	ways, ok := f.ways[f.w.number(to)]
	switch {
	case f.asking[f.w.number(to)]:
		return nil, fmt.Errorf("%w: two servers", hop.ErrAsking)
	case !ok:
		return nil, hop.ErrUnknown
	case len(ways) == 0:
		return nil, hop.ErrNoPath
	}
	for _, way := range ways[:min(n, len(ways))] {
		p := f.w.path(now, way...)
		for i, k := range way {
			if h := &p.Hops[i]; f.wrong[k] {
				h.Onion, h.Other, h.Parity = h.Other, h.Onion, h.Parity^1
			}
		}
		paths = append(paths, p)
	}
	return paths, nil
}

func (f *fakeMap) Lookup(ip netip.Addr) (identity.Key, bool) {
	for i, m := range f.w.members {
		if key := m.id.Key(); key.IPv6() == ip && !f.hidden[i] {
			return key, true
		}
	}
	return identity.Key{}, false
}

func (f *fakeMap) Failed(now time.Time, p hop.Path, i int, why hop.Reason) {
	told := failure{now, f.w.numbers(p.Hops), i, why}
	f.failed = append(f.failed, told)
	if f.onFailed != nil {
		f.onFailed(told)
	}
}

func (f *fakeMap) Load(p hop.Path) (most hop.Load) {
	for _, i := range f.w.numbers(p.Hops) {
		most = max(most, f.load[i])
	}
	return most
}

func (f *fakeMap) LinkUp(_ time.Time, l *link.Link) { f.up[l.Peer()] = l }

func (f *fakeMap) LinkDown(_ time.Time, l *link.Link) {
	if f.up[l.Peer()] == l {
		delete(f.up, l.Peer())
	}
}

func (f *fakeMap) Message(time.Time, *link.Link, byte, []byte) {}
func (f *fakeMap) Advance(time.Time) time.Time                 { return time.Time{} }

// swap makes the second way to a node the best.
func (f *fakeMap) swap(to int) {
	ways := slices.Clone(f.ways[to])
	ways[0], ways[1] = ways[1], ways[0]
	f.ways[to] = ways
}

// A spy stands between the circuits and the sessions of a node: what a test's hook
// keeps, the sessions never see.
type spy struct {
	hop.Events
	m *member
}

func (s spy) TerminalFrame(now time.Time, t *hop.Terminal, seq uint32, body []byte) {
	if f := s.m.atEnd; f != nil && f(now, t, body) {
		return
	}
	s.Events.TerminalFrame(now, t, seq, body)
}

func (s spy) CircuitFrame(now time.Time, c *hop.Circuit, seq uint32, body []byte) {
	if f := s.m.atSource; f != nil && f(now, c, body) {
		return
	}
	s.Events.CircuitFrame(now, c, seq, body)
}

func (s spy) CircuitAnswer(now time.Time, c *hop.Circuit, hop int, cell onion.Cell) {
	if f := s.m.atAnswer; f != nil && f(now, c, hop, cell) {
		return
	}
	s.Events.CircuitAnswer(now, c, hop, cell)
}
