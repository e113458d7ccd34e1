package node

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/call"
	"hopwire/link/identity"
)

// A told is what an errand has come to.
type told struct {
	times    int
	response []byte
	rtt      time.Duration
	err      error
	at       time.Time
}

// errand begins one over a way and notes how it ends.
func (m *member) errand(request []byte, hold func(time.Duration) time.Duration, way ...int) (*told, error) {
	var err error
	got := new(told)
	m.host.Turn(func(now time.Time) {
		err = m.Errand(now, Errand{Path: m.w.path(now, way...), Request: request, Hold: hold, Done: got.done})
	})
	return got, err
}

func (d *told) done(now time.Time, response []byte, rtt time.Duration, err error) {
	d.times++
	d.response, d.rtt, d.err, d.at = response, rtt, err, now
}

// A served is what a node was asked, and by what.
type served struct {
	callers  []Caller
	requests [][]byte
}

// serving makes a node answer each call with the request, twice, at once.
func (w *world) serving(index int) *served {
	s := new(served)
	w.change = func(i int, c *Config) {
		if i == index {
			c.Serve = func(now time.Time, from Caller, request []byte, reply func(time.Time, []byte)) {
				s.callers, s.requests = append(s.callers, from), append(s.requests, bytes.Clone(request))
				reply(now, append(bytes.Clone(request), request...))
			}
		}
	}
	return s
}

// row is a line of nodes with a delay on each cable.
func row(t testing.TB, seed uint64, nodes int, delay time.Duration) *world {
	w := newWorld(t, seed, nodes)
	for i := range nodes - 1 {
		w.lay(i, i+1, delay)
	}
	return w
}

// wantNothing fails when a node keeps anything of an errand, as asker, relay or server.
func (w *world) wantNothing() {
	w.t.Helper()
	for _, m := range w.members {
		held, _ := m.CallMemory()
		used, _ := m.Circuits.Load()
		if len(m.errands) != 0 || m.Peers() != 0 || len(m.tokens) != 0 || len(m.byIP) != 0 || used != 0 || held != 0 || len(m.CircuitList(w.Now)) != 0 {
			w.t.Errorf("node %d keeps %d errands, %d peers, %d tokens, %d circuits here, %d bytes of calls, %v",
				m.index, len(m.errands), m.Peers(), len(m.tokens), used, held, m.CircuitList(w.Now))
		}
	}
}

// TestErrand: a call goes to the end of the path that was given, under an identity that is
// another each time and never the node's; when the answer has come nothing is left anywhere.
func TestErrand(t *testing.T) {
	w := row(t, 500, 4, 5*time.Millisecond)
	s := w.serving(3)
	w.start()
	src, dst := w.ends()
	seen := map[identity.Key]bool{src.Key(): true, dst.Key(): true}
	for i := range 5 {
		request := bytes.Repeat([]byte{byte(i), 7}, 10_000*i)
		got, err := src.errand(request, nil, 1, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		w.Run(2 * time.Second)
		if got.times != 1 || got.err != nil || !bytes.Equal(got.response, append(bytes.Clone(request), request...)) {
			t.Fatalf("errand %d: told %d times, %v, %d bytes", i, got.times, got.err, len(got.response))
		}
		if got.rtt != 30*time.Millisecond {
			t.Errorf("the round trip is %v, want that of six cables", got.rtt)
		}
		from := s.callers[i]
		if seen[from.Key] {
			t.Errorf("errand %d comes under a known identity", i)
		}
		seen[from.Key] = true
		if from.Neighbour != w.members[2].Key().Short() || from.Circuit != uint64(i+1) || from.Port != 0 {
			t.Errorf("errand %d came by %+v", i, from)
		}
		w.wantNothing()
	}
}

// TestErrandRefused: who serves no calls says so; no hop is blamed.
func TestErrandRefused(t *testing.T) {
	w := row(t, 501, 3, 5*time.Millisecond)
	w.start()
	src, _ := w.ends()
	got, _ := src.errand([]byte("who"), nil, 1, 2)
	w.Run(time.Second)
	if got.times != 1 || !errors.Is(got.err, call.ErrRefused) || len(src.way.failed) != 0 {
		t.Errorf("told %d times, %v; map told %v", got.times, got.err, src.way.failed)
	}
	w.wantNothing()
}

// TestErrandRules: what cannot be is said at once, and four are under way at most.
func TestErrandRules(t *testing.T) {
	w := row(t, 502, 3, 5*time.Millisecond)
	w.serving(2)
	w.start()
	src, _ := w.ends()
	for _, c := range []struct {
		way  []int
		size int
		want error
	}{{nil, 1, hop.ErrNoPath}, {[]int{1}, 1, hop.ErrNoPath}, {[]int{2, 1}, 1, hop.ErrNoPath}, {[]int{1, 2}, call.Max + 1, hop.ErrTooMany}} {
		if _, err := src.errand(make([]byte, c.size), nil, c.way...); !errors.Is(err, c.want) {
			t.Errorf("over %v, %d bytes: %v, want %v", c.way, c.size, err, c.want)
		}
	}
	w.wantNothing()
	var all []*told
	for i := range 6 {
		got, err := src.errand([]byte("who"), nil, 1, 2)
		if want := i >= maxErrands; errors.Is(err, hop.ErrTooMany) != want {
			t.Errorf("errand %d at once: %v", i, err)
		}
		all = append(all, got)
	}
	w.Run(time.Second)
	for i, got := range all {
		if want := map[bool]int{true: 1}[i < maxErrands]; got.times != want || got.err != nil {
			t.Errorf("errand %d: told %d times, want %d; %v", i, got.times, want, got.err)
		}
	}
	w.wantNothing()
}
