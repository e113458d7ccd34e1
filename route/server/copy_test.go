package server

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/geo"
	"hopwire/route/query"
)

// copyRound copies a round of one server to another, and returns how many pages and
// bytes it took. between is called after each page.
func copyRound(t *testing.T, c *query.Copy, from, to *world, between func()) (pages, size int) {
	t.Helper()
	for more := true; more; pages++ {
		response := from.ask(friend, c.Request(nil))
		size += len(response)
		p, goes, err := c.Response(response)
		if err != nil {
			t.Fatal(err)
		}
		to.Copied(to.now, from.c.Identity.Key(), p.Announcements, time.Second, func(time.Time, int, bool) {})
		to.work()
		between()
		more = goes
	}
	return pages, size
}

func sameMap(t *testing.T, name string, a, b *world) {
	t.Helper()
	if x, y := holds(a), holds(b); !slices.EqualFunc(x, y, func(a, b announce.Raw) bool { return bytes.Equal(a, b) }) {
		t.Errorf("%s: %d relays and %d, or not the same", name, len(x), len(y))
	}
}

// TestCopying: one server has the map of another after a round, also when it changes
// between any two pages; a further round costs what changed.
func TestCopying(t *testing.T) {
	links := geo.New(3, 900, 0.02).Links
	m := newTown(t, 0, links)
	a, b := newWorld(t, Config{}), newWorld(t, Config{Identity: person(t, 9), Servers: nil})
	b.c.Servers = append(b.c.Servers, a.c.Identity.Key())
	a.give(own, m.raws[:800], 0)
	a.pass(10 * time.Second)
	c, i := query.NewCopy(10_000), 0
	m.sequence = 2
	pages, all := copyRound(t, c, a, b, func() { // old ones announce themselves anew, further ones come
		a.give(own, []announce.Raw{m.says(i*37%800, links[i*37%800]), m.raws[800+i]}, 0)
		a.pass(30 * time.Second)
		i++
	})
	if pages < 4 {
		t.Fatalf("%d pages", pages)
	}
	_, changes := copyRound(t, c, a, b, func() {})
	sameMap(t, "after the changes", a, b)
	if changes*20 > all {
		t.Errorf("the changes took %d bytes, all %d", changes, all)
	}
	if _, nothing := copyRound(t, c, a, b, func() {}); nothing > 20 {
		t.Errorf("no changes took %d bytes", nothing)
	}
	for i := range b.store.held {
		h := &b.store.held[i]
		if o := a.store.find(h.short); h.born > o.born {
			t.Fatalf("%v became younger by %v", h.short, h.born-o.born)
		}
	}
}

// TestCopyGone: who copies learns what is gone.
func TestCopyGone(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 50, 0).Links)
	a := newWorld(t, Config{})
	a.give(own, m.raws[:20], 30*time.Minute)
	a.give(own, m.raws[20:], 0)
	a.pass(10 * time.Second)
	c := query.NewCopy(100)
	if p, more, err := c.Response(a.ask(friend, c.Request(nil))); more || err != nil || p.Gone.Len() != 0 {
		t.Fatal(more, err, p.Gone.Len())
	}
	a.pass(31 * time.Minute)
	p, more, err := c.Response(a.ask(friend, c.Request(nil)))
	if more || err != nil || p.Gone.Len() != 20 || len(p.Announcements) != 0 {
		t.Errorf("%v %v: %d gone", more, err, p.Gone.Len())
	}
}

// TestLyingServer: a server that we copy sends what was forgotten as new, what nobody
// signed, and other ages; of all that nothing is believed.
func TestLyingServer(t *testing.T) {
	links := geo.New(3, 60, 0).Links
	m := newTown(t, 0, links)
	liar := person(t, 99).Key()
	w := newWorld(t, Config{Servers: []identity.Key{liar}})
	copied := func(raws []announce.Raw, age time.Duration) (n int) {
		w.Copied(w.now, liar, list(raws, age), 0, func(_ time.Time, accepted int, _ bool) { n = accepted })
		w.work()
		return n
	}
	w.give(friend, m.raws[:20], 59*time.Minute)
	w.give(friend, m.raws[20:40], 30*time.Minute)
	w.pass(2 * time.Minute)
	if got := copied(m.raws[:20], 0); got != 0 {
		t.Errorf("%d that were forgotten came back", got)
	}
	if got := copied(m.raws[20:40], 0); got != 0 {
		t.Errorf("%d became younger", got)
	}
	if age := w.now.Sub(t0) - w.store.find(m.shorts[30]).born; age != 32*time.Minute {
		t.Errorf("an age is %v, want 32 min", age)
	}
	forged := invented(links)
	if got := copied(append(forged[:3:3], m.raws[40:]...), 0); got != 0 || w.N.BadSignature != 1 {
		t.Errorf("%d were taken from a page that begins with a forged one, %d signatures were bad", got, w.N.BadSignature)
	}
	if n, _ := w.Len(); n != 20 || len(w.Server.sources[len(w.Server.sources)-1].gifts) != 0 {
		t.Errorf("%d relays", n)
	}
	w.Copied(w.now, identity.Key{5}, list(m.raws[40:], 0), 0, func(_ time.Time, n int, ok bool) {
		if ok || n != 0 {
			t.Error("whom the operator did not name is copied")
		}
	})
}
