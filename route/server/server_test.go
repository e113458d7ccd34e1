package server

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/geo"
	"hopwire/route/query"
)

// TestServer: a mesh gives itself to a server, which then answers with ways to each of
// its relays: joined links of announcements that verify, and the destination first.
func TestServer(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 300, 0.02).Links)
	w := newWorld(t, Config{})
	if got := w.give(friend, m.raws, time.Minute); got != 300 {
		t.Fatalf("%d accepted", got)
	}
	w.pass(time.Minute)
	if _, relays := w.Snapshot().ID(); relays != 300 {
		t.Fatalf("%d relays in the snapshot", relays)
	}
	for i := range m.ids {
		status, raws, _ := w.segments(m.ids[i].Key())
		if status != query.StatusOK || raws[0].Key() != m.ids[i].Key() {
			t.Fatalf("relay %d: status %d, %d announcements", i, status, len(raws))
		}
		if !raws[len(raws)-1].Verify() || len(raws) < 2 {
			t.Errorf("relay %d: %d announcements", i, len(raws))
		}
	}
	if status, _, _ := w.segments(person(t, 999).Key()); status != query.StatusUnknown {
		t.Errorf("a stranger: status %d", status)
	}
}

// TestSameAnswer: whoever asks, and whenever before the next snapshot within a minute,
// the answer has the same bytes; ages in it are never less than they are.
func TestSameAnswer(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 60, 0).Links)
	w := newWorld(t, Config{})
	w.give(friend, m.raws, 10*time.Minute)
	w.pass(3 * time.Second)
	question := query.AppendSegments(nil, m.ids[7].Key().IPv6())
	first, asked := w.ask(friend, question), w.now
	w.pass(50 * time.Second)
	if got := w.ask(Caller{Neighbour: identity.Key{9}, Key: identity.Key{8}}, question); !bytes.Equal(got, first) {
		t.Error("somebody else has another answer")
	}
	for range 200 {
		w.pass(33 * time.Second)
		_, _, ages := w.segments(m.ids[7].Key())
		for _, age := range ages {
			if is := 10*time.Minute + w.now.Sub(t0); age < min(is, time.Hour) || age > is+stampGap {
				t.Fatalf("after %v an age is %v", w.now.Sub(asked), age)
			}
		}
	}
	if n, bytes := w.Len(); n != 0 || bytes != 0 {
		t.Errorf("after two hours %d relays, %d bytes", n, bytes)
	}
}

// TestAddress: a destination is named by its mesh address, all of it; its announcement is
// the first of the answer, so who did not know the key has it then.
func TestAddress(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 20, 0).Links)
	w := newWorld(t, Config{})
	w.give(friend, m.raws, 0)
	w.pass(3 * time.Second)
	key, far := m.ids[4].Key(), person(t, 77).Key()
	alike := key.IPv6().As16()
	alike[15]++
	for name, c := range map[string]struct {
		to     netip.Addr
		status query.Status
	}{
		"known": {key.IPv6(), query.StatusOK}, "unknown": {far.IPv6(), query.StatusUnknown},
		"the same short id": {netip.AddrFrom16(alike), query.StatusUnknown}, "nobody's": {identity.MeshPrefix().Addr(), query.StatusUnknown},
	} {
		r, err := query.ParseResponse(query.OpSegments, w.ask(friend, query.AppendSegments(nil, c.to)))
		raw, _, ok := r.Announcements.Next()
		if err != nil || r.Status != c.status || ok != (c.status == query.StatusOK) || ok && raw.Key() != key {
			t.Errorf("%s: %v, status %d", name, err, r.Status)
		}
		if k, ok := w.Lookup(c.to); ok != (c.status == query.StatusOK) || ok && k != key {
			t.Errorf("%s: here it is %v, %v", name, k, ok)
		}
	}
}

// TestPaths: ways are for those who were allowed; they join, avoid who is to be avoided
// and share nobody.
func TestPaths(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 400, 0.02).Links)
	boss := Caller{Neighbour: identity.Key{1}, Key: identity.Key{4}}
	w := newWorld(t, Config{Allowed: []identity.Key{boss.Key}})
	w.give(own, m.raws, 0)
	w.pass(time.Minute)
	q := query.PathsRequest{From: m.ids[3].Key(), To: m.ids[250].Key(), K: 2, Disjoint: true}
	ways, raws := w.paths(boss, &q)
	if len(ways) != 2 {
		t.Fatalf("%d ways", len(ways))
	}
	seen := map[identity.ShortID]bool{}
	for _, way := range ways {
		at := m.shorts[3]
		for _, id := range way {
			if _, ok := raws[id].Links().Find(at); !ok || seen[id] && id != m.shorts[250] {
				t.Fatalf("no way: %v after %v", id, at)
			}
			at, seen[id] = id, true
		}
		if at != m.shorts[250] {
			t.Errorf("it leads to %v", at)
		}
	}
	q.Avoid = query.AppendID(nil, ways[0][1])
	again, _ := w.paths(boss, &q)
	for _, way := range again {
		if slices.Contains(way, ways[0][1]) {
			t.Error("it goes through whom it was to avoid")
		}
	}
	q.From = person(t, 999).Key()
	if got, _ := w.paths(boss, &q); got != nil {
		t.Errorf("a stranger has the ways %v", got)
	}
	if r := w.ask(friend, q.Append(nil)); query.Status(r[0]) != query.StatusNotAllowed {
		t.Errorf("anybody has status %d", r[0])
	}
	if r := w.ask(own, q.Append(nil)); query.Status(r[0]) != query.StatusUnknown {
		t.Errorf("the operator has status %d", r[0])
	}
}

// paths asks for ways and returns them with the announcements.
func (w *world) paths(from Caller, q *query.PathsRequest) (ways [][]identity.ShortID, raws map[identity.ShortID]announce.Raw) {
	w.t.Helper()
	_, list, a, err := query.ParseWays(w.ask(from, q.Append(nil)))
	if err != nil {
		w.t.Fatal(err)
	}
	for way, ok := list.Next(); ok; way, ok = list.Next() {
		var ids []identity.ShortID
		for i := range way.Len() {
			ids = append(ids, way.At(i))
		}
		ways = append(ways, ids)
	}
	raws = map[identity.ShortID]announce.Raw{}
	for raw, _, ok := a.Next(); ok; raw, _, ok = a.Next() {
		raws[raw.Key().Short()] = raw
	}
	return ways, raws
}

// TestLongWays: ways longer than any circuit are answered, up to what an answer can say.
func TestLongWays(t *testing.T) {
	for relays, want := range map[int]int{200: 1, 256: 1, 257: 0, 300: 0} {
		links := make([][]geo.Link, relays)
		for i := range links[1:] {
			links[i] = append(links[i], geo.Link{To: i + 1, Cost: 500})
			links[i+1] = append(links[i+1], geo.Link{To: i, Cost: 500})
		}
		raws := invented(links)
		w := newWorld(t, Config{})
		w.stored(raws)
		w.pass(time.Minute)
		ways, _ := w.paths(own, &query.PathsRequest{From: raws[0].Key(), To: raws[relays-1].Key(), K: 1})
		if len(ways) != want || want == 1 && len(ways[0]) != relays-1 {
			t.Errorf("%d relays in a row: %d ways", relays, len(ways))
		}
	}
}
