package call

import (
	"fmt"
	"testing"
	"time"
)

// share makes the answering ends of several wires share a pool.
func share(most, wires int) (*Pool, []*wire) {
	p := NewPool(most)
	all := make([]*wire, wires)
	for i := range all {
		all[i] = newWire(uint64(i), 0.02, echo)
		all[i].b.c.Pool = p
	}
	return p, all
}

// together runs wires side by side until done, at most d.
func together(d time.Duration, done func() bool, wires []*wire) bool {
	const step = 10 * time.Millisecond
	for ; d > 0 && !done(); d -= step {
		for _, w := range wires {
			end := w.now.Add(step)
			w.run(step, func() bool { return false })
			w.now = end
		}
	}
	return done()
}

// TestCallPoolFair: twenty peers begin as many of the largest calls as they can. They
// hold no more than the node allows, and those that come later with small calls are
// served at once, at the cost of who holds most.
func TestCallPoolFair(t *testing.T) {
	const most, greedy, late = 4 << 20, 20, 20
	p, wires := share(most, greedy+late)
	refused := make([]int, greedy)
	fill := func(k int) {
		c := wires[k].b
		c.c.Send = func(_ time.Time, b []byte) bool {
			if b[offCallKind] == callRefused {
				refused[k]++
			}
			return true
		}
		for id := range uint32(8) {
			for i := range uint16(callMost - 1) {
				c.Receive(wires[0].now, record(callRequest, id, Max, i, callFragment))
				if p.held > most {
					t.Fatalf("%d bytes held, want at most %d", p.held, most)
				}
			}
		}
	}
	for k := range greedy {
		fill(k)
	}
	if p.held < p.most-2*callFragment {
		t.Fatalf("%d of %d bytes held: they are not greedy", p.held, p.most)
	}
	clear(refused)
	served := 0
	for _, w := range wires[greedy:] {
		if _, err := w.a.Call(w.now, make([]byte, 20_000), func(_ time.Time, _ []byte, err error) {
			if err == nil {
				served++
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if !together(4*time.Second, func() bool { return served == late }, wires[greedy:]) {
		t.Errorf("%d of %d that came later are served", served, late)
	}
	for k, n := range refused {
		if k == 0 && n == 0 || k > 5 && n > 0 {
			t.Errorf("peer %d, of those that took much in this order, had %d calls refused for them", k, n)
		}
	}
	end := wires[0].now.Add(callKeep + time.Minute)
	for _, w := range wires {
		if w.b.Advance(end); w.b.held != 0 {
			t.Errorf("%d bytes held afterwards", w.b.held)
		}
	}
	if p.held != 0 || len(p.waiting) != 0 || len(p.members) != 0 {
		t.Errorf("the pool counts %d bytes, %d messages, %d peers afterwards", p.held, len(p.waiting), len(p.members))
	}
}

// TestCallPoolProgress: more of the largest calls at once than there is memory for
// are all served, since one at a time may take the last part.
func TestCallPoolProgress(t *testing.T) {
	for _, peers := range []int{2, 5, 8} {
		t.Run(fmt.Sprint(peers), func(t *testing.T) {
			p, wires := share(2*Max, peers)
			served, most := 0, 0
			for _, w := range wires {
				w.a.Call(w.now, make([]byte, Max), func(_ time.Time, b []byte, err error) {
					if err != nil || len(b) != 10 {
						t.Errorf("%d bytes, %v", len(b), err)
					}
					served++
				})
				w.b.c.Serve = func(now time.Time, _ []byte, reply func(time.Time, []byte)) { reply(now, make([]byte, 10)) }
			}
			begun := wires[0].now
			if !together(time.Minute, func() bool { most = max(most, p.held); return served == peers }, wires) {
				t.Errorf("%d of %d served; %d bytes, %d wait", served, peers, p.held, len(p.waiting))
			}
			t.Logf("in %v, at most %d bytes", wires[0].now.Sub(begun), most)
			if most > 2*Max {
				t.Errorf("%d bytes held", most)
			}
		})
	}
}

// TestCallPoolSlowSender: a message whose sender stops half-way does not keep the
// turn from those that wait.
func TestCallPoolSlowSender(t *testing.T) {
	p, wires := share(2*Max, 3)
	slow := wires[0]
	for i := range uint16(callMost / 2) {
		slow.b.Receive(slow.now, record(callRequest, 1, Max, i, callFragment))
	}
	served := 0
	for _, w := range wires[1:] {
		w.a.Call(w.now, make([]byte, Max), func(_ time.Time, _ []byte, err error) {
			if err != nil {
				t.Error(err)
			}
			served++
		})
		w.b.c.Serve = func(now time.Time, _ []byte, reply func(time.Time, []byte)) { reply(now, nil) }
	}
	if !together(25*time.Second, func() bool { return served == 2 }, wires[1:]) {
		t.Errorf("%d of 2 served; %d bytes, %d wait", served, p.held, len(p.waiting))
	}
}

// TestCallPoolRefuses: with the pool full to the last byte, a new call of theirs is
// refused and one of ours fails with a typed error.
func TestCallPoolRefuses(t *testing.T) {
	p, wires := share(2*Max, 1)
	p.held = p.most
	w := wires[0]
	var err error
	w.a.Call(w.now, []byte("x"), func(_ time.Time, _ []byte, e error) { err = e })
	if w.run(time.Second, func() bool { return err != nil }); err != ErrRefused {
		t.Errorf("theirs: %v, want ErrRefused", err)
	}
	if _, err := w.b.Call(w.now, []byte("x"), nil); err != ErrTooMany {
		t.Errorf("ours: %v, want ErrCallTooMany", err)
	}
}

// TestAttackCallSources: one neighbour brings many callers that it has made up, and each
// begins some small calls and ends none. All of them together hold no more than half, and
// a caller who comes by another neighbour is served. So is one by the same, as a small one.
func TestAttackCallSources(t *testing.T) {
	const most, made = 4 << 20, 256
	p, wires := share(most, made+2)
	for k, w := range wires {
		w.b.c.Source = func() uint64 { return uint64(1 + max(k-made, 0)) } // the last comes by another
	}
	for _, w := range wires[:made] {
		for id := range uint32(callOpen) {
			w.b.Receive(wires[0].now, record(callRequest, id, 2*callFragment, 0, callFragment))
		}
	}
	if p.held > p.most/2+callFragment {
		t.Errorf("one neighbour's callers hold %d of %d bytes, want half", p.held, p.most)
	}
	fmt.Printf("attack: | calls of %d made-up callers | | hold %d of %d kB | |\n", made, p.held>>10, p.most>>10)
	for k, size := range []int{4_000, 20_000} {
		served := false
		w := wires[made+k]
		if _, err := w.a.Call(w.now, make([]byte, size), func(_ time.Time, _ []byte, err error) { served = err == nil }); err != nil {
			t.Fatal(err)
		}
		if !together(4*time.Second, func() bool { return served }, []*wire{w}) {
			t.Errorf("caller %d, with %d bytes, is not served", k, size)
		}
	}
}

// BenchmarkPool: a peer that begins and ceases to hold something, beside so many others,
// each of a source of its own: it takes the same time.
func BenchmarkPool(b *testing.B) {
	for _, others := range []int{1, 64, 4096} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			p := NewPool(0)
			end := func(of uint64) *Endpoint { return New(Config{Pool: p, Source: func() uint64 { return of }}) }
			for i := range others {
				end(uint64(i + 1)).hold(1)
			}
			c := end(1 << 40)
			b.ReportAllocs()
			for b.Loop() {
				c.room(time.Time{}, nil, 100, 100)
				c.hold(100)
				c.hold(-100)
			}
		})
	}
}

// TestPoolForgets: what the pool knows of peers and sources goes with the last byte that
// they hold, in whatever order that is.
func TestPoolForgets(t *testing.T) {
	p := NewPool(0)
	var all []*Endpoint
	for i := range 30 {
		c := New(Config{Pool: p, Source: func() uint64 { return uint64(i % 7) }}) // 0: of its own
		c.hold(10 + i)
		all = append(all, c)
	}
	if want := 5 + 6; p.sources != want || len(p.named) != 6 || len(p.members) != 30 {
		t.Errorf("%d sources, %d of them named, %d peers; want %d, 6 and 30", p.sources, len(p.named), len(p.members), want)
	}
	for i := range all {
		c := all[i*11%30]
		c.hold(-c.held)
		for place, m := range p.members {
			if m.place != place || m == c {
				t.Fatalf("after %d went: place %d has who is at %d", i, place, m.place)
			}
		}
	}
	if p.sources != 0 || len(p.named) != 0 || len(p.members) != 0 || p.held != 0 {
		t.Errorf("left are %d sources, %d named, %d peers, %d bytes", p.sources, len(p.named), len(p.members), p.held)
	}
}
