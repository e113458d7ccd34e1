package onion

import (
	mrand "math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// TestSetupFilter against a map for each generation, which is what it has to be like,
// over twenty turns: fresh is what was not there, and nothing leaves before its time.
func TestSetupFilter(t *testing.T) {
	const size = 5000
	f, now, r := NewFilter(size), time.Unix(1e9, 0), mrand.New(mrand.NewPCG(1, 1))
	gen := [filterGens]map[uint64]bool{{}, {}, {}, {}}
	in := func(h uint64) (n int, known bool) {
		for _, g := range gen {
			n, known = n+len(g), known || g[h]
		}
		return n, known
	}
	turned := now
	var old []uint64
	fulls := 0
	for i := range 40_000 {
		now = now.Add(time.Duration(r.IntN(int(2 * filterFor / 6000))))
		if i == 0 {
			turned = now // it begins with its first
		}
		if now.Sub(turned) >= filterTurn {
			copy(gen[1:], gen[:])
			gen[0], turned = map[uint64]bool{}, now
		}
		h := r.Uint64()
		if len(old) > 0 && r.IntN(3) == 0 {
			h = old[r.IntN(len(old))]
		}
		n, known := in(h)
		room := n < size
		fresh, full := f.Add(now, h)
		if fresh == known || full && (known || room) || !full && !known && !room {
			t.Fatalf("%d: fresh %v, full %v; known %v, room %v", i, fresh, full, known, room)
		}
		if full {
			fulls++
		}
		if fresh && !full {
			gen[0][h] = true
			old = append(old, h)
		}
	}
	if fulls == 0 {
		t.Error("it was never full")
	}
}

// TestSetupFilterFills: a filter of the largest size takes more than 46 a second of 70
// minutes (42 a second of 75) before a set-up finds its places taken, says so then, and fills up.
func TestSetupFilterFills(t *testing.T) {
	f, now, r := NewFilter(256<<10), time.Unix(1e9, 0), mrand.New(mrand.NewPCG(2, 1))
	first := 0
	for i := range 256<<10 + 1000 {
		fresh, full := f.Add(now, r.Uint64())
		if !fresh {
			t.Fatalf("entry %d is taken for a replay", i)
		}
		if full && first == 0 {
			first = i
		}
	}
	t.Logf("the first without a place was entry %d of %d; %d are in", first, 256<<10, f.Noted(&f.n))
	if first < 46*70*60 || f.Noted(&f.n) < 256<<10*97/100 || f.Noted(&f.n) > 256<<10 {
		t.Errorf("the first without a place was entry %d; %d are in", first, f.Noted(&f.n))
	}
}

// TestSetupFilterGrows: what 4,096 circuits need in 100 minutes, one every 15 minutes
// each, is a quarter of the table.
func TestSetupFilterGrows(t *testing.T) {
	f, now, r := NewFilter(256<<10), time.Unix(1e9, 0), mrand.New(mrand.NewPCG(4, 1))
	const gap = 15 * time.Minute / 4096
	for range 3 * filterFor / gap {
		now = now.Add(gap)
		if fresh, full := f.Add(now, r.Uint64()); !fresh || full {
			t.Fatalf("fresh %v, full %v with %d in it", fresh, full, f.Noted(&f.n))
		}
	}
	if f.used != 1 {
		t.Errorf("%d quarters are used for %d entries", f.used, f.Noted(&f.n))
	}
}

// TestSetupFilterOutsideHeap: the filter of a router costs the heap nothing, no
// allocation when a set-up comes, and a megabyte at most.
func TestSetupFilterOutsideHeap(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	f, now, r := NewFilter(256<<10), time.Unix(1e9, 0), mrand.New(mrand.NewPCG(3, 1))
	if n := testing.AllocsPerRun(256<<10*3/4, func() { f.Add(now, r.Uint64()) }); n != 0 {
		t.Errorf("%v allocations a set-up", n)
	}
	if after := heap(); after > before+32<<10 {
		t.Errorf("%d bytes of heap more", after-before)
	}
	if n := 4 * len(f.memory.Words()); n > 1<<20 {
		t.Errorf("%d bytes of memory", n)
	}
	runtime.KeepAlive(f)
}

// TestSetupFilterOutlivesKeys: a set-up that was taken at the first moment of its key is
// still known at the last, wherever in a generation that was, and with a minute of
// waiting for its Diffie-Hellman.
func TestSetupFilterOutlivesKeys(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{5})
	for at := time.Duration(0); at < filterTurn; at += time.Minute {
		begun := time.Unix(1e9, 0)
		f, o := NewFilter(1000), NewKeys(r, begun)
		f.Add(begun, 1<<40)
		o.Advance(begun.Add(onionHour))
		first := begun.Add(2*onionHour - onionEarly)
		f.turned = first.Add(-at)
		key, ok := o.Private(first, 0)
		if !ok || key.public != o.future.public {
			t.Fatalf("the next key is not accepted at %v", first)
		}
		public := key.public
		f.Add(first, 2<<40)
		last := begun.Add(3*onionHour + onionLate - 1)
		for now := first; now.Before(last); now = now.Add(10 * time.Second) { // it is in use
			f.Add(now, r.Uint64())
		}
		if key, ok := o.Private(last, 0); !ok || key.public != public {
			t.Fatalf("the key is not accepted any more at %v", last)
		}
		if fresh, _ := f.Add(last.Add(time.Minute), 2<<40); fresh {
			t.Errorf("a set-up of %v before is fresh again; a generation began %v before it", last.Sub(first), at)
		}
	}
}

// TestSetupFilterShares: two ports that put in what they can leave a third of it to
// others, a neighbour alone leaves more, and shares come back with the generations.
func TestSetupFilterShares(t *testing.T) {
	const size = 3000
	now, r := time.Unix(1e9, 0), mrand.New(mrand.NewPCG(6, 1))
	f := NewFilter(size)
	add := func(tallies ...*Tally) bool {
		if f.Beyond(now, tallies[0], tallies[1]) {
			return false
		}
		f.Add(now, r.Uint64(), tallies...)
		return true
	}
	fill := func(port *Tally, neighbours ...*Tally) {
		for range size {
			for _, n := range neighbours {
				add(port, n)
			}
		}
	}
	var port, one Tally
	fill(&port, &one)
	if got := f.Noted(&one); got != size/3 {
		t.Errorf("a neighbour has %d of %d, want a third", got, size)
	}
	for range 64 { // on the same port
		fill(&port, &Tally{})
	}
	if got := f.Noted(&port); got > size/2 {
		t.Errorf("a port has %d of %d, want half", got, size)
	}
	var other, honest, its Tally
	for range 64 {
		fill(&other, &Tally{})
	}
	if used, _ := f.Load(); used > size*3/4 {
		t.Errorf("two ports have %d of %d", used, size)
	}
	for i := range size / 13 {
		if !add(&honest, &its) {
			t.Errorf("a port with %d entries is refused", i)
			break
		}
	}
	now = now.Add(2 * filterFor)
	if used, _ := f.Load(); !add(&port, &one) || f.Noted(&port) != 1 || f.Noted(&one) != 1 {
		t.Errorf("after all have left: %d, %d of %d", f.Noted(&port), f.Noted(&one), used)
	}
}
