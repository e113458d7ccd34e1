package server

import (
	"bytes"
	"encoding/binary"
	"io"
	mrand "math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/geo"
	"hopwire/route/query"
)

// invented are announcements of a map's relays that nobody signed, for what is done with
// announcements that were verified: to sign a hundred thousand takes longer than all else.
func invented(links [][]geo.Link) (raws []announce.Raw) {
	r := mrand.NewChaCha8([32]byte{4})
	keys := make([]identity.Key, len(links))
	for i := range keys {
		r.Read(keys[i][:])
	}
	for i := range links {
		raw := make([]byte, announce.MinSize, announce.MinSize+16*len(links[i]))
		raw[0], raw[1] = 1, announce.FlagRelay
		copy(raw[2:], keys[i][:])
		binary.LittleEndian.PutUint32(raw[42:], 7)
		var l []announce.Statement
		for _, to := range links[i] {
			l = append(l, announce.Statement{ID: keys[to.To].Short(), RTT: 2 * time.Duration(to.Cost) * time.Microsecond})
		}
		l = announce.Sort(l)
		raw = raw[:len(raw)-65]
		raw = append(raw, byte(len(l)))
		for _, s := range l {
			us := uint32(s.RTT.Microseconds())
			raw = append(append(raw, s.ID[:]...), byte(us), byte(us>>8), byte(us>>16), 0, 0, 0, 0, 0)
		}
		raws = append(raws, append(raw, make([]byte, 64)...))
	}
	return raws
}

// filled is a server with a whole map in its store.
func filled(t testing.TB, links [][]geo.Link) *world {
	w := newWorld(t, Config{Relays: len(links), Bytes: len(links) * 600})
	for _, raw := range invented(links) {
		a, err := announce.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		w.store.put(0, &candidate{raw: a, short: a.Key().Short()})
	}
	return w
}

// TestMemory: with the largest map a server holds no more than perRelay for each relay,
// one snapshot in use and the next being made.
func TestMemory(t *testing.T) {
	relays := largest
	if testing.Short() {
		relays = largest / 10
	}
	links := geo.New(1, relays, 0.02).Links
	before := inUse()
	w := filled(t, links)
	w.pass(0)
	one := inUse()
	next := w.begin(w.now)
	next.make(w.servers(), false, 0, 0)
	two := inUse()
	t.Logf("%d relays: %d bytes each with a snapshot, %d with two", relays, (one-before)/uint64(relays), (two-before)/uint64(relays))
	if two-before > uint64(relays)*perRelay {
		t.Errorf("%d bytes each, more than %d", (two-before)/uint64(relays), perRelay)
	}
	runtime.KeepAlive(w)
	runtime.KeepAlive(next)
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkSnapshot is what is done in the background when something changed.
func BenchmarkSnapshot(b *testing.B) {
	w := filled(b, geo.New(1, largest, 0.02).Links)
	for b.Loop() {
		w.begin(w.now).make(w.servers(), false, 0, 0)
	}
}

// BenchmarkAnswer is a question at a time, of the largest map.
func BenchmarkAnswer(b *testing.B) {
	w := filled(b, geo.New(1, largest, 0.02).Links)
	w.pass(0)
	b.ReportAllocs()
	total := 0
	for i := 0; b.Loop(); i++ {
		total += len(w.snap.answer(time.Second, &query.Request{Op: query.OpSegments, To: w.snap.items[i*7919%largest].raw.Key().IPv6()}))
	}
	b.ReportMetric(float64(total)/float64(b.N), "bytes/answer")
}

// BenchmarkGive is a verified announcement, from the call to the store.
func BenchmarkGive(b *testing.B) {
	m := newTown(b, 0, geo.New(3, 500, 0.02).Links)
	all := list(m.raws, 0)
	b.ResetTimer()
	for n := 0; n < b.N; n += 500 {
		w := newWorld(b, Config{Servers: []identity.Key{{}}})
		w.Copied(w.now, identity.Key{}, all, 0, func(time.Time, int, bool) {})
		w.work()
		if w.N.Accepted != 500 {
			b.Fatalf("%+v", w.N)
		}
	}
}

// BenchmarkRestart is from the file to the first answer.
func BenchmarkRestart(b *testing.B) {
	old := filled(b, geo.New(1, largest, 0.02).Links)
	old.pass(0)
	var saved bytes.Buffer
	if err := old.snap.Save(&saved, old.c.Identity, old.now, t0); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(saved.Len()))
	for b.Loop() {
		w := newWorld(b, Config{Relays: largest, Bytes: largest * 600})
		if n, err := w.Load(w.now, bytes.NewReader(saved.Bytes()), t0); n != largest || err != nil {
			b.Fatal(n, err)
		}
		w.pass(0)
		if status, _, _ := w.segments(old.snap.items[77].raw.Key()); status != query.StatusOK {
			b.Fatal(status)
		}
	}
}

// BenchmarkSave is what is written every few minutes.
func BenchmarkSave(b *testing.B) {
	w := filled(b, geo.New(1, largest, 0.02).Links)
	w.pass(0)
	for b.Loop() {
		if err := w.snap.Save(io.Discard, w.c.Identity, w.now, t0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPaths is two disjoint ways of the largest map, with and without long links.
func BenchmarkPaths(b *testing.B) {
	for name, long := range map[string]float64{"long": 0.02, "none": 0} {
		w := filled(b, geo.New(1, largest, long).Links)
		w.pass(0)
		items := w.snap.items
		r := query.Request{Op: query.OpPaths, Paths: query.PathsRequest{K: 2, Disjoint: true}}
		ask := func(i int) {
			r.Paths.From, r.Paths.To = items[i*7919%largest].raw.Key(), items[(i*104729+1)%largest].raw.Key()
			w.snap.answer(time.Second, &r)
		}
		ask(0)
		b.Run(name, func(b *testing.B) { report(b, ask) })
	}
}

// BenchmarkSegments99 is the 99th percentile of questions.
func BenchmarkSegments99(b *testing.B) {
	for name, long := range map[string]float64{"long": 0.02, "none": 0} {
		w := filled(b, geo.New(1, largest, long).Links)
		w.pass(0)
		items, r := w.snap.items, query.Request{Op: query.OpSegments}
		b.Run(name, func(b *testing.B) {
			report(b, func(i int) {
				r.To = items[i*7919%largest].raw.Key().IPv6()
				w.snap.answer(time.Second, &r)
			})
		})
	}
}

// report runs questions and reports the CPU time of the median and the slow ones.
func report(b *testing.B, ask func(i int)) {
	var took []time.Duration
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := 0; b.Loop(); i++ {
		begin := cpu()
		ask(i)
		took = append(took, cpu()-begin)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// cpu is the time that this thread has run.
func cpu() time.Duration {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}
