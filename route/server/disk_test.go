package server

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"hopwire/route/announce"
	"hopwire/route/geo"
	"hopwire/route/query"
)

// saved is the file of a mesh of relays, a minute after they gave themselves to a server.
func saved(t testing.TB, relays int) (*town, *world, []byte) {
	m := newTown(t, 0, geo.New(3, relays, 0.02).Links)
	w := newWorld(t, Config{})
	w.give(friend, m.raws, time.Minute)
	w.pass(time.Minute)
	return m, w, file(t, w, w.now)
}

func file(t testing.TB, w *world, wall time.Time) []byte {
	var b bytes.Buffer
	if err := w.Snapshot().Save(&b, w.c.Identity, w.now, wall); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// holds returns what a server has, as a list in order of short ids.
func holds(w *world) (raws []announce.Raw) {
	s := slices.SortedFunc(slices.Values(w.store.held), func(a, b held) int { return compareIDs(a.short, b.short) })
	for i := range s {
		raws = append(raws, s[i].raw)
	}
	return raws
}

// TestRestart: what was saved is there again, older by the time that passed by the clock of
// the world; where that clock is not to be believed, 45 minutes old.
func TestRestart(t *testing.T) {
	m, old, b := saved(t, 200)
	for name, c := range map[string]struct {
		passed time.Duration
		age    time.Duration // of what was two minutes old
		n      int
	}{
		"at once": {0, 2 * time.Minute, 200}, "after 20 min": {20 * time.Minute, 22 * time.Minute, 200}, "after two hours": {2 * time.Hour, 0, 0},
		"in 1970": {-50 * 365 * 24 * time.Hour, 45 * time.Minute, 200}, "in 2080": {50 * 365 * 24 * time.Hour, 45 * time.Minute, 200}, "a second before": {-time.Second, 45 * time.Minute, 200},
	} {
		w := newWorld(t, Config{})
		n, err := w.Load(w.now, bytes.NewReader(b), old.now.Add(c.passed))
		if err != nil || n != c.n {
			t.Errorf("%s: %d relays, %v", name, n, err)
		}
		if n == 0 {
			continue
		}
		if !slices.EqualFunc(holds(w), holds(old), func(a, b announce.Raw) bool { return bytes.Equal(a, b) }) {
			t.Errorf("%s: others are there", name)
		}
		for _, h := range w.store.held {
			if age := w.now.Sub(t0) - h.born; age != c.age {
				t.Fatalf("%s: an age of %v, want %v", name, age, c.age)
			}
		}
		w.pass(0)
		if status, raws, _ := w.segments(m.ids[5].Key()); status != query.StatusOK || len(raws) < 2 {
			t.Errorf("%s: status %d, %d announcements", name, status, len(raws))
		}
	}
}

// TestRestarts: ages add up over restarts; nothing becomes younger by one.
func TestRestarts(t *testing.T) {
	_, old, b := saved(t, 50)
	wall := old.now
	for i := range 5 {
		w := newWorld(t, Config{})
		wall = wall.Add(5 * time.Minute)
		if n, err := w.Load(w.now, bytes.NewReader(b), wall); n != 50 || err != nil {
			t.Fatalf("%d: %d, %v", i, n, err)
		}
		w.pass(5 * time.Minute)
		wall = wall.Add(5 * time.Minute)
		b = file(t, w, wall)
	}
	w := newWorld(t, Config{})
	w.Load(w.now, bytes.NewReader(b), wall)
	if age := w.now.Sub(t0) - w.store.held[0].born; age < 52*time.Minute || age > 52*time.Minute+time.Second {
		t.Errorf("the age is %v after five restarts, want 52 min", age)
	}
}

// TestKilled: a file that was cut off anywhere gives what stands before, and says so; at
// every byte of a small one, and at every hundredth of a large one.
func TestKilled(t *testing.T) {
	for relays, steps := range map[int]int{3: 1 << 20, 600: 100} {
		_, old, b := saved(t, relays)
		last := 0
		for at := 0; at < len(b); at += max(1, len(b)/steps) {
			w := newWorld(t, Config{})
			n, err := w.Load(w.now, bytes.NewReader(b[:at]), old.now)
			if !errors.Is(err, ErrShort) || n < last {
				t.Fatalf("%d of %d bytes: %d relays after %d, %v", at, len(b), n, last, err)
			}
			last = n
			for _, raw := range holds(w) {
				if !raw.Verify() {
					t.Fatalf("%d of %d bytes: not signed", at, len(b))
				}
			}
		}
		if relays > 500 && last < relays/2 {
			t.Errorf("of %d relays, %d were ever there", relays, last)
		}
	}
}

// TestChanged: a file that was changed anywhere gives nothing that was not in it, and no
// block behind the change; nor does a block in another place, or the file of another
// server.
func TestChanged(t *testing.T) {
	_, old, b := saved(t, 400)
	was := holds(old)
	for at := 0; at < len(b); at += 1 + len(b)/500 {
		bad := slices.Clone(b)
		bad[at] ^= 1 << (at % 8)
		w := newWorld(t, Config{})
		n, err := w.Load(w.now, bytes.NewReader(bad), old.now)
		if err == nil {
			t.Fatalf("byte %d of %d may change: %d relays", at, len(b), n)
		}
		for _, raw := range holds(w) {
			if !slices.ContainsFunc(was, func(r announce.Raw) bool { return bytes.Equal(r, raw) }) {
				t.Fatalf("byte %d: something new", at)
			}
		}
	}
	other := newWorld(t, Config{Identity: person(t, 5)})
	if n, err := other.Load(other.now, bytes.NewReader(b), old.now); n != 0 || !errors.Is(err, ErrFile) {
		t.Errorf("another server loads %d relays, %v", n, err)
	}
	size := mostBlock // cut out most of a block: the next one is at another place
	if n, err := newWorld(t, Config{}).Load(t0, bytes.NewReader(append(slices.Clone(b[:fileHead]), b[fileHead+size:]...)), old.now); n != 0 || err == nil {
		t.Errorf("without the first block: %d relays, %v", n, err)
	}
}

// TestLoadBounded: a server with less room takes as much as fits.
func TestLoadBounded(t *testing.T) {
	_, old, b := saved(t, 200)
	w := newWorld(t, Config{Relays: 64, Bytes: 1 << 20})
	if n, err := w.Load(w.now, bytes.NewReader(b), old.now); n != 64 || err != nil {
		t.Errorf("%d relays, %v", n, err)
	}
}

func FuzzLoad(f *testing.F) {
	_, old, b := saved(f, 5)
	f.Add(b)
	f.Add(b[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		w := newWorld(t, Config{Relays: 100, Bytes: 100 * meanBytes})
		n, _ := w.Load(w.now, bytes.NewReader(b), old.now)
		if relays, size := w.Len(); relays != n || size > 100*meanBytes {
			t.Fatalf("%d relays, %d bytes after %d", relays, size, n)
		}
	})
}
