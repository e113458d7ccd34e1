package node

import (
	"errors"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/link"
	"hopwire/link/linktest"
)

// quantum is what a test's errands make of a round trip: the next multiple.
const quantum = 100 * time.Millisecond

func toQuantum(rtt, late time.Duration) time.Duration {
	return (quantum - (rtt+late)%quantum) % quantum
}

// off is how far a time is from a multiple of the quantum.
func off(d time.Duration) time.Duration {
	d %= quantum
	return min(d, quantum-d)
}

// asks has an errand of a row go to its last node, and returns when frames came to that.
func (w *world) asks(hold func(rtt, late time.Duration) time.Duration, request int) (got *told, at []time.Time) {
	w.t.Helper()
	src, dst := w.ends()
	s := dst.listen(false)
	got, err := src.errand(make([]byte, request), hold, upTo(len(w.members)-1)...)
	w.Run(3 * time.Second)
	if err != nil || got.times != 1 || got.err != nil {
		w.t.Fatalf("%v, told %d times, %v", err, got.times, got.err)
	}
	w.wantNothing()
	return got, s.at
}

// TestErrandHeld: whoever is asked sees round trips of whole quanta only, of the request as
// of the acknowledgement of its answer, however far away the asker is. It answers at once
// here, so that what comes next is a round trip later.
func TestErrandHeld(t *testing.T) {
	for nodes, delay := range map[int]time.Duration{3: 3 * time.Millisecond, 5: 7 * time.Millisecond, 7: 11 * time.Millisecond} {
		w := row(t, 580+uint64(nodes), nodes, delay)
		w.serving(nodes - 1)
		w.start()
		got, at := w.asks(toQuantum, 10)
		if want := 2 * time.Duration(nodes-1) * delay; got.rtt != want {
			t.Errorf("%d nodes: the round trip is %v, want %v", nodes, got.rtt, want)
		}
		if len(at) != 3 {
			t.Errorf("%d nodes: %d frames came, want message 1, the request and the acknowledgement", nodes, len(at))
		}
		for _, d := range gaps(at) {
			if d < 2*time.Duration(nodes-1)*delay || off(d) > 100*time.Microsecond {
				t.Errorf("%d nodes: a round trip of %v", nodes, d)
			}
		}
		if _, at = w.asks(nil, 10); gaps(at)[0] != got.rtt {
			t.Errorf("%d nodes: without a rule it takes %v, want %v: the test is blind", nodes, gaps(at)[0], got.rtt)
		}
	}
}

// TestErrandIsLong: with a question of a route server's size all frames are long, those of
// the one who is asked too: on a link where each byte takes time, a short one would be
// there sooner, by more the more hops there are.
func TestErrandIsLong(t *testing.T) {
	w := row(t, 588, 4, 3*time.Millisecond)
	w.serving(3)
	w.start()
	src, dst := w.ends()
	s := dst.listen(false)
	got, err := src.errand(make([]byte, 33), toQuantum, upTo(3)...)
	w.Run(2 * time.Second)
	if err != nil || got.times != 1 || got.err != nil {
		t.Fatalf("%v, told %d times, %v", err, got.times, got.err)
	}
	for i, b := range s.bodies {
		if len(b) != link.BodyLong {
			t.Errorf("frame %d has %d bytes", i, len(b))
		}
	}
}

// TestErrandHeldOnSlowRelays: relays need time for set-ups. What is left in the times that
// the one who is asked sees is its own work, the same from near and far.
func TestErrandHeldOnSlowRelays(t *testing.T) {
	var first []time.Duration
	for _, nodes := range []int{3, 4, 6, 9} {
		w := row(t, 590+uint64(nodes), nodes, 4*time.Millisecond)
		w.Costs = linktest.MIPS
		w.serving(nodes - 1)
		w.start()
		_, at := w.asks(toQuantum, 10)
		all := gaps(at)
		for i := range all {
			all[i] %= quantum
		}
		if first == nil {
			first = all
		}
		for i, d := range all {
			if off(d-first[i]+quantum) > time.Millisecond {
				t.Errorf("%d nodes: round trips %v after whole quanta, with three nodes %v", nodes, all, first)
			}
		}
	}
}

// TestErrandEchoIsHeld: whoever is asked may ask back at a time of its choice, before the
// request and after. It sees nothing but whole quanta, and nothing before the request.
func TestErrandEchoIsHeld(t *testing.T) {
	w := row(t, 600, 5, 7*time.Millisecond)
	w.change = func(i int, c *Config) {
		c.Serve = func(time.Time, Caller, []byte, func(time.Time, []byte)) {} // never answers
	}
	w.start()
	src, dst := w.ends()
	s := dst.listen(false)
	src.errand([]byte("way?"), toQuantum, upTo(4)...)
	ask := func() {
		dst.host.Turn(func(now time.Time) {
			for _, p := range dst.order {
				p.terminals[0].add(now, recordAsk, []byte{1, 2, 3, 4})
			}
		})
	}
	w.RunUntil(time.Second, func() bool { return dst.Peers() == 1 })
	ask()
	if w.Run(50 * time.Millisecond); len(s.at) != 1 {
		t.Errorf("%d frames came before the request", len(s.at)-1)
	}
	w.Run(time.Second)
	for i := range 20 {
		before := len(s.at)
		asked := w.Now
		ask()
		w.Run(199*time.Millisecond + time.Duration(i)*1300*time.Microsecond)
		if len(s.at) != before+1 || off(s.at[before].Sub(asked)) > 100*time.Microsecond {
			t.Errorf("asked at %v, frames came at %v", asked, s.at[before:])
		}
	}
}

// TestErrandEndIsHeld: whoever is asked closes the circuit, before message 2 or after the
// request. The notice that the asker has closed it too would come to it when a
// whole quantum has passed.
func TestErrandEndIsHeld(t *testing.T) {
	for _, frame := range []int{1, 2} {
		w := row(t, 610, 5, 7*time.Millisecond)
		w.start()
		src, dst := w.ends()
		var closed time.Time
		frames := 0
		dst.atEnd = func(now time.Time, t *hop.Terminal, _ []byte) bool {
			if frames++; frames == frame {
				closed = now
				t.Close(now)
				return true
			}
			return false
		}
		got, _ := src.errand([]byte("way?"), toQuantum, upTo(4)...)
		w.RunUntil(time.Second, func() bool { return !closed.IsZero() })
		w.RunUntil(time.Second, func() bool { n, _ := w.members[3].Circuits.Load(); return n == 0 })
		if d := w.Now.Sub(closed) + 7*time.Millisecond; off(d) > time.Millisecond || d < 56*time.Millisecond {
			t.Errorf("closed at frame %d: the notice comes after %v", frame, d)
		}
		if got.times != 1 || !errors.Is(got.err, hop.ErrNoPath) {
			t.Errorf("told %d times, %v", got.times, got.err)
		}
		w.Run(time.Second)
		w.wantNothing()
	}
}

// TestErrandHoldsLittle: a long answer has its acknowledgements held one by one, within what
// may be held; and it comes whole.
func TestErrandHoldsLittle(t *testing.T) {
	w := row(t, 620, 4, 5*time.Millisecond)
	w.serving(3)
	w.start()
	src, _ := w.ends()
	got, _ := src.errand(make([]byte, 128<<10), toQuantum, upTo(3)...)
	most := 0
	for range 1000 {
		w.Run(5 * time.Millisecond)
		for _, e := range src.errands {
			most = max(most, len(e.ch.back.queue))
			if e.ch.back.size > heldBytes || len(e.ch.back.queue) > heldMost {
				t.Fatalf("%d records of %d bytes are held", len(e.ch.back.queue), e.ch.back.size)
			}
		}
	}
	if got.err != nil || len(got.response) != 256<<10 || most < 16 {
		t.Errorf("%v, %d bytes came, %d records held at most", got.err, len(got.response), most)
	}
	w.Run(time.Second)
	w.wantNothing()
}

// TestErrandLossy: cables lose one frame in twenty, relays are slow, cables are cut and come
// again. Each errand is told once, most have their answer, no server serves one twice, and
// nothing is left.
func TestErrandLossy(t *testing.T) {
	w := row(t, 630, 5, 4*time.Millisecond)
	w.Costs = linktest.MIPS
	s := w.serving(4)
	w.start()
	src, _ := w.ends()
	for _, g := range w.cables {
		g.Loss = 0.05
	}
	var all []*told
	good := 0
	for i := range 60 {
		if got, err := src.errand(make([]byte, 1+i*97), toQuantum, upTo(4)...); err == nil {
			all = append(all, got)
		}
		if i == 30 {
			w.lane(2, 3).Cut = silent
		}
		if i == 35 {
			w.lane(2, 3).Cut = nil
			w.Run(5 * time.Second)
		}
		w.Run(time.Duration(100+i*13) * time.Millisecond)
	}
	for _, g := range w.cables {
		g.Loss = 0
	}
	w.Run(3 * time.Minute)
	for i, got := range all {
		if got.times != 1 {
			t.Errorf("errand %d was told %d times", i, got.times)
		}
		if got.err == nil {
			good++
		}
	}
	seen := map[uint64]bool{}
	for _, c := range s.callers {
		if seen[c.Circuit] {
			t.Errorf("circuit %d was served twice", c.Circuit)
		}
		seen[c.Circuit] = true
	}
	if good < len(all)*4/5 {
		t.Errorf("%d of %d errands had an answer", good, len(all))
	}
	w.wantNothing()
}
