package onion

import (
	mrand "math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// TestSetupFilter against a map for each generation, which is what it has to be like,
// over ten turns: fresh is what was not there, and nothing leaves before its time.
func TestSetupFilter(t *testing.T) {
	const size = 5000
	f, now, r := NewFilter(size), time.Unix(1e9, 0), mrand.New(mrand.NewPCG(1, 1))
	gen := [2]map[uint64]bool{{}, {}}
	turned := now
	var old []uint64
	fulls := 0
	for i := range 40_000 {
		now = now.Add(time.Duration(r.IntN(int(2 * filterFor / 4000))))
		if i == 0 {
			turned = now // it begins with its first
		}
		if now.Sub(turned) >= filterFor {
			gen[0], gen[1], turned = map[uint64]bool{}, gen[0], now
		}
		h := r.Uint64()
		if len(old) > 0 && r.IntN(3) == 0 {
			h = old[r.IntN(len(old))]
		}
		known, room := gen[0][h] || gen[1][h], len(gen[0])+len(gen[1]) < size
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
// minutes before a set-up finds its places taken, says so then, and fills up.
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
	t.Logf("the first without a place was entry %d of %d; %d are in", first, 256<<10, f.n[0]+f.n[1])
	if first < 46*70*60 || f.n[0] < 256<<10*97/100 || f.n[0] > 256<<10 {
		t.Errorf("the first without a place was entry %d; %d are in", first, f.n[0])
	}
}

// TestSetupFilterGrows: what 4,096 circuits need in 140 minutes, one every 15 minutes
// each, is a quarter of the table.
func TestSetupFilterGrows(t *testing.T) {
	f, now, r := NewFilter(256<<10), time.Unix(1e9, 0), mrand.New(mrand.NewPCG(4, 1))
	const gap = 15 * time.Minute / 4096
	for range 3 * filterFor / gap {
		now = now.Add(gap)
		if fresh, full := f.Add(now, r.Uint64()); !fresh || full {
			t.Fatalf("fresh %v, full %v with %d in it", fresh, full, f.n[0]+f.n[1])
		}
	}
	if f.used != 1 {
		t.Errorf("%d quarters are used for %d entries", f.used, f.n[0]+f.n[1])
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
