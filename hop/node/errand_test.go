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
func (m *member) errand(request []byte, hold func(rtt, late time.Duration) time.Duration, way ...int) (*told, error) {
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

// TestErrandFails: a path that fails is reported with the hop, to the map and to who asks;
// a server that takes too long is not the path's fault. Nothing is left in any case.
func TestErrandFails(t *testing.T) {
	never := func(c *Config) { c.Serve = func(time.Time, Caller, []byte, func(time.Time, []byte)) {} }
	for _, c := range []struct {
		name   string
		fault  func(w *world)
		after  time.Duration // of the errand
		within time.Duration
		hop    int // -1: no hop is blamed
		why    hop.Reason
		err    error
	}{
		{"relay is dead", func(w *world) { w.unplug(2, 3) }, 0, time.Second, 2, hop.ReasonNoNext, hop.ErrNoPath},
		{"relay dies", func(w *world) { w.unplug(2, 3) }, time.Second, 2 * time.Second, 2, hop.ReasonLinkDown, hop.ErrNoPath},
		{"own link dies", func(w *world) { w.unplug(0, 1) }, 10 * time.Millisecond, 20 * time.Millisecond, -1, hop.ReasonLinkDown, hop.ErrNoPath},
		{"cable is cut", func(w *world) { w.lane(2, 3).Cut = silent }, 0, 5 * time.Second, 2, hop.ReasonLinkDown, hop.ErrNoPath},
		{"silent from the start", func(w *world) { w.members[3].listen(true) }, 0, 5 * time.Second, 2, hop.ReasonTimeout, hop.ErrNoPath},
		{"silent later", func(w *world) { w.members[3].listen(true) }, 18 * time.Millisecond, 6 * time.Second, 2, hop.ReasonTimeout, hop.ErrNoPath},
		{"never answers", func(*world) {}, 0, errandSilence + time.Second, -1, 0, call.ErrTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := row(t, 505, 4, 5*time.Millisecond)
			w.change = func(i int, c *Config) { never(c) }
			w.start()
			src, _ := w.ends()
			if c.after == 0 {
				c.fault(w)
			}
			got, err := src.errand([]byte("who"), nil, 1, 2, 3)
			if w.Run(c.after); err != nil || got.times != 0 {
				t.Fatalf("%v, told %d times too soon", err, got.times)
			}
			if c.after != 0 {
				c.fault(w)
			}
			w.Run(c.within)
			if got.times != 1 || !errors.Is(got.err, c.err) {
				t.Errorf("told %d times, %v, want once, %v", got.times, got.err, c.err)
			}
			f := src.way.failed
			if c.why == 0 && len(f) != 0 || c.why != 0 && (len(f) != 1 || f[0].hop != max(c.hop, 0) || f[0].why != c.why) {
				t.Errorf("the map was told %v, want hop %d, %d", f, c.hop, c.why)
			}
			w.Run(2 * time.Minute)
			w.wantNothing()
		})
	}
}

// TestErrandSilence: a server that takes the request and does not answer is silent after
// three seconds; one that shows that it lives has ten. In both cases the errand is over
// then, the next may begin, and the circuit is soon gone.
func TestErrandSilence(t *testing.T) {
	for lives, want := range map[bool]time.Duration{false: errandSilence, true: errandFor} {
		w := row(t, 509, 4, 5*time.Millisecond)
		w.change = func(i int, c *Config) { c.Serve = func(time.Time, Caller, []byte, func(time.Time, []byte)) {} }
		w.start()
		src, dst := w.ends()
		got, begun := new(told), w.Now
		src.host.Turn(func(now time.Time) {
			src.Errand(now, Errand{Path: w.path(now, 1, 2, 3), Request: []byte("who"), Hold: toQuantum, Done: got.done})
		})
		for range 11 {
			w.Run(time.Second)
			dst.host.Turn(func(now time.Time) {
				for _, p := range dst.order {
					if lives && len(p.terminals) > 0 {
						p.terminals[0].add(now, recordAsk, []byte{1, 2, 3, 4})
					}
				}
			})
		}
		if d := got.at.Sub(begun); got.times != 1 || !errors.Is(got.err, call.ErrTimeout) || d < want || d > want+time.Second {
			t.Errorf("lives: %v: told %d times, %v, after %v", lives, got.times, got.err, d)
		}
		if len(src.way.failed) != 0 {
			t.Errorf("the path is blamed: %v", src.way.failed)
		}
		if w.Run(time.Second); len(src.errands) != 0 {
			t.Error("its circuit is still there")
		}
		w.Run(answerFor) // for which the server would wait for another circuit of the caller's
		w.wantNothing()
	}
}

// TestErrandOtherKey: a hop whose onion key the map has taken for the other is tried with
// that, as for a peer; the second circuit is begun when the one who refused cannot see by it
// how far away it came from.
func TestErrandOtherKey(t *testing.T) {
	w := row(t, 506, 4, 5*time.Millisecond)
	s := w.serving(3)
	w.start()
	src, _ := w.ends()
	path := w.path(w.Now, 1, 2, 3)
	h := &path.Hops[2]
	h.Onion, h.Other, h.Parity = h.Other, h.Onion, h.Parity^1
	got, begun := new(told), w.Now
	src.host.Turn(func(now time.Time) {
		src.Errand(now, Errand{Path: path, Request: []byte("who"), Hold: toQuantum, Done: got.done})
	})
	w.Run(2 * time.Second)
	if got.times != 1 || got.err != nil || len(s.callers) != 1 || src.N.OtherKeys != 1 || len(src.way.failed) != 0 {
		t.Errorf("told %d times, %v, served %d, %d other keys, map told %v", got.times, got.err, len(s.callers), src.N.OtherKeys, src.way.failed)
	}
	if d := got.at.Sub(begun); d < 100*time.Millisecond {
		t.Errorf("the second circuit was begun at once: all has taken %v", d)
	}
	w.wantNothing()
}

// TestErrandInDone: who is told may begin the next errand; a node that closes tells all.
func TestErrandInDone(t *testing.T) {
	w := row(t, 507, 3, 5*time.Millisecond)
	w.serving(2)
	w.start()
	src, _ := w.ends()
	left, ended := 10, 0
	var next func(now time.Time, _ []byte, _ time.Duration, err error)
	next = func(now time.Time, _ []byte, _ time.Duration, err error) {
		if ended++; err != nil {
			t.Error(err)
		}
		if left--; left > 0 {
			src.Errand(now, Errand{Path: w.path(now, 1, 2), Request: []byte("who"), Done: next})
		}
	}
	src.host.Turn(func(now time.Time) {
		src.Errand(now, Errand{Path: w.path(now, 1, 2), Request: []byte("who"), Done: next})
	})
	w.Run(2 * time.Second)
	if ended != 10 {
		t.Errorf("%d errands have ended, want ten one after the other", ended)
	}
	got, _ := src.errand([]byte("who"), nil, 1, 2)
	src.host.Turn(func(now time.Time) { src.Close(now) })
	if got.times != 1 || !errors.Is(got.err, call.ErrClosed) || len(src.errands) != 0 {
		t.Errorf("told %d times, %v; %d errands left", got.times, got.err, len(src.errands))
	}
}

// TestErrandKeysAreForgotten: no key of an errand, nor of the one who served it, is
// reachable when it is over.
func TestErrandKeysAreForgotten(t *testing.T) {
	w := row(t, 508, 3, 5*time.Millisecond)
	w.serving(2)
	w.start()
	src, dst := w.ends()
	h := hoard{}
	for range 20 {
		src.errand(make([]byte, 5000), toQuantum, 1, 2)
		for range 100 {
			w.Run(5 * time.Millisecond)
			h.gather(dst.Node)
			h.gather(src.Node)
		}
	}
	if len(h) < 40 {
		t.Fatalf("%d keys were seen: the search is blind", len(h))
	}
	if got := h.found(t); len(got) != 0 {
		t.Errorf("of %d keys these are left: %v", len(h), got)
	}
}
