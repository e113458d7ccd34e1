package server

import (
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/geo"
	"hopwire/route/query"
)

// stored enters announcements as if they had been verified, as far as there is room.
func (w *world) stored(raws []announce.Raw) (n int) {
	for _, raw := range raws {
		c := candidate{raw: raw, short: raw.Key().Short(), born: w.now.Sub(t0)}
		if w.install(w.now, &c) {
			n++
		}
	}
	return n
}

// honestLeft is how many of some relays a server has.
func (w *world) has(raws []announce.Raw) (n int) {
	for _, raw := range raws {
		if w.store.find(raw.Key().Short()) != nil {
			n++
		}
	}
	return n
}

// TestInventedIdentities: a hundred thousand invented relays come by one neighbour. They
// are let in no faster than the bucket of that neighbour says, and no signature is
// checked for the others; whoever comes by another neighbour is not hindered.
func TestInventedIdentities(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	bad := invented(make([][]geo.Link, n))
	m := newTown(t, 0, geo.New(3, 200, 0.02).Links)
	w := newWorld(t, Config{Relays: 2000, Bytes: 2000 * meanBytes})
	for i := 0; i < n; i += 1000 {
		w.give(friend, bad[i:i+1000], 0)
		w.now = w.now.Add(time.Second)
	}
	if got := w.give(Caller{Neighbour: identity.Key{77}}, m.raws[:64], 0); got != 64 || w.has(m.raws) != 64 {
		t.Errorf("%d of 64 honest ones were taken", got)
	}
	rate, burst := w.newcomerRate()
	if most := burst + rate*float64(n)/1000; float64(w.N.Limited) < float64(n)-most {
		t.Errorf("%d of %d were limited, want all but %.0f", w.N.Limited, n, most)
	}
	if w.N.BadSignature > uint64(n)/1000 {
		t.Errorf("%d signatures were checked in vain, more than one a call", w.N.BadSignature)
	}
}

// TestInventedMesh: where invented relays have filled the store, behind two relays, they
// make room for honest ones down to a 64th of it; a full store of honest ones lets no
// invented ones in.
func TestInventedMesh(t *testing.T) {
	const honest, sybils, room = 1500, 3000, 3200
	links := joined(honest, sybils, 0.05, [2]int{700, honest}, [2]int{1300, honest + 9})
	all := invented(links)
	w := newWorld(t, Config{Relays: room, Bytes: room * 600})
	w.own = all[100].Key().Short()
	early, late := all[:1400], all[1400:honest]
	w.stored(early)
	w.stored(all[honest:])
	if len(w.store.held) != room {
		t.Fatalf("%d relays, want a full store", len(w.store.held))
	}
	w.pass(time.Minute)
	for range 20 { // those who come state links with those who are there
		w.stored(late)
		w.pass(time.Minute)
	}
	if got := w.has(all[:honest]); got != honest {
		t.Errorf("%d of %d honest relays are there", got, honest)
	}
	before := w.has(all[honest:])
	w.stored(all[honest:])
	if got := w.has(all[:honest]); got != honest || w.has(all[honest:]) > before {
		t.Errorf("%d honest ones, then %d; %d invented ones, then %d", honest, got, before, w.has(all[honest:]))
	}
	t.Logf("%d evicted, %d refused for room", w.N.Evicted, w.N.Full)
}

// TestCrowdShrinks: others may want so much room that a 64th is left of a crowd, and not
// less.
func TestCrowdShrinks(t *testing.T) {
	const honest, sybils, room = 3000, 1500, 3100
	links := joined(honest, sybils, 0.05, [2]int{700, honest})
	all := invented(links)
	w := newWorld(t, Config{Relays: room, Bytes: room * 600})
	w.own = all[100].Key().Short()
	w.stored(all[:1600])
	w.stored(all[honest:])
	for range 60 {
		w.pass(10 * time.Second)
		w.stored(all[1600:honest])
	}
	if got, least := w.has(all[honest:]), room/crowdPart; got < least || got > least+len(all)/50 {
		t.Errorf("%d of the crowd are left, want %d", got, least)
	}
	if got := w.has(all[:honest]); got < honest*99/100 {
		t.Errorf("%d of %d honest relays are there", got, honest)
	}
}

// TestBadCalls: what is no request is answered as such; nothing is stored, and nothing
// is left behind.
func TestBadCalls(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 20, 0).Links)
	w := newWorld(t, Config{})
	w.give(friend, m.raws[:10], 0)
	w.pass(time.Minute)
	n, size := w.Len()
	forged := append(announce.Raw(nil), m.raws[12]...)
	forged[len(forged)-1] ^= 1
	other := append(announce.Raw(nil), m.raws[3]...)
	other[42]++ // a later sequence, not signed
	for name, c := range map[string]struct {
		request []byte
		status  query.Status
	}{
		"nothing": {nil, query.StatusBad}, "no operation": {[]byte{99}, query.StatusBad}, "half a question": {[]byte{1, 2, 3}, query.StatusBad},
		"half a gift":       {append([]byte{byte(query.OpGive)}, list(m.raws[12:], 0)[:300]...), query.StatusBad},
		"a forged one":      {append([]byte{byte(query.OpGive)}, list([]announce.Raw{forged}, 0)...), query.StatusOK},
		"a forged sequence": {append([]byte{byte(query.OpGive)}, list([]announce.Raw{other}, 0)...), query.StatusOK},
		"an hour old":       {append([]byte{byte(query.OpGive)}, list(m.raws[12:13], time.Hour)...), query.StatusOK},
		"the same":          {append([]byte{byte(query.OpGive)}, list(m.raws[:10], 0)...), query.StatusOK},
		"ways":              {(&query.PathsRequest{K: 1}).Append(nil), query.StatusNotAllowed},
	} {
		response := w.ask(friend, c.request)
		if query.Status(response[0]) != c.status {
			t.Errorf("%s: status %d, want %d", name, response[0], c.status)
		}
		if c.status == query.StatusOK && (response[1] != 0 || response[2] != 0) {
			t.Errorf("%s: %x were accepted", name, response[1:])
		}
		if relays, bytes := w.Len(); relays != n || bytes != size || w.waiting != 0 || w.asking != 0 {
			t.Fatalf("%s: %d relays, %d bytes, %d and %d wait", name, relays, bytes, w.waiting, w.asking)
		}
	}
	if w.N.BadSignature != 2 || w.N.Duplicate != 10 || w.N.Old != 1 {
		t.Errorf("counted: %+v", w.N)
	}
}

// TestExpiredStays: what was forgotten for its age does not come back as new, but the
// relay's next announcement does.
func TestExpiredStays(t *testing.T) {
	links := geo.New(3, 20, 0).Links
	m := newTown(t, 0, links)
	w := newWorld(t, Config{})
	w.give(friend, m.raws, 30*time.Minute)
	w.pass(31 * time.Minute)
	if n, _ := w.Len(); n != 0 {
		t.Fatalf("%d relays", n)
	}
	if got := w.give(friend, m.raws, 0); got != 0 {
		t.Errorf("%d came back as new", got)
	}
	id, _ := query.ParseResponse(query.OpOffer, w.ask(friend, query.AppendOffer([]byte{byte(query.OpOffer)}, m.shorts[0], 1)))
	if id.Wanted.Len() != 0 {
		t.Error("it is wanted")
	}
	m.sequence++
	if got := w.give(friend, []announce.Raw{m.says(0, links[0])}, 0); got != 1 {
		t.Error("a newer one is not taken")
	}
}

// TestOften: a relay that announces itself all the time is heard so often and no more.
func TestOften(t *testing.T) {
	links := geo.New(3, 3, 0).Links
	m := newTown(t, 0, links)
	w := newWorld(t, Config{})
	for range 300 {
		w.give(friend, []announce.Raw{m.says(0, links[0])}, 0)
		w.now = w.now.Add(time.Second)
		m.sequence++
	}
	if got := w.N.Accepted; got < 80 || got > originBurst+300/5 {
		t.Errorf("%d of 300 were taken", got)
	}
}

// TestNeighbours: a neighbour may ask so much and no more, in whatever names; another one is
// not hindered, and no call is left without an answer.
func TestNeighbours(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 20, 0).Links)
	w := newWorld(t, Config{})
	w.give(own, m.raws, 0)
	w.pass(time.Minute)
	question := query.AppendSegments(nil, m.ids[3].Key().IPv6())
	calls, replies, refused := 0, 0, 0
	ask := func(neighbour, key byte) {
		calls++
		w.Serve(w.now, Caller{Neighbour: identity.Key{neighbour}, Key: identity.Key{key}}, question, func(_ time.Time, r []byte) {
			replies++
			if query.Status(r[0]) == query.StatusRefused {
				refused++
			}
		})
	}
	for i := range 200 {
		ask(1, byte(i))
	}
	if w.asking != mostAsking || refused != 200-mostAsking {
		t.Errorf("%d wait, %d were refused", w.asking, refused)
	}
	ask(2, 1)
	if w.asking != mostAsking+1 {
		t.Error("another neighbour is refused")
	}
	w.work()
	for range 1000 {
		ask(1, 0)
		w.work()
	}
	if answered := w.N.Answered[query.StatusOK]; answered > questionBurst+mostAsking || replies != calls {
		t.Errorf("%d answers at one time, %d replies to %d calls", answered, replies, calls)
	}
	for n := range 400 { // more neighbours than are remembered
		w.Serve(w.now, Caller{Neighbour: identity.Key{1, byte(n), byte(n >> 8)}}, question, func(time.Time, []byte) {})
	}
	if len(w.sources) > mostSources {
		t.Errorf("%d neighbours are remembered", len(w.sources))
	}
}

// TestNoWorker: where work is not taken, calls are refused and nothing stays behind.
func TestNoWorker(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 20, 0).Links)
	w := newWorld(t, Config{})
	w.give(own, m.raws[:10], 0)
	w.pass(time.Minute)
	w.busy = true
	give := append([]byte{byte(query.OpGive)}, list(m.raws[10:], 0)...)
	for _, request := range [][]byte{give, query.AppendSegments(nil, m.ids[3].Key().IPv6()), query.AppendMap(nil, 0, 0)} {
		if r := w.ask(friend, request); query.Status(r[0]) != query.StatusRefused {
			t.Errorf("%d: status %d", request[0], r[0])
		}
	}
	w.busy = false
	if got := w.give(friend, m.raws[10:], 0); got != 10 || w.waiting != 0 || w.asking != 0 {
		t.Errorf("then %d are taken; %d and %d wait", got, w.waiting, w.asking)
	}
}

// TestFairChecks: signatures of one source do not wait for the many of another.
func TestFairChecks(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 600, 0.02).Links)
	w := newWorld(t, Config{})
	var order []string
	give := func(name string, neighbour byte, raws []announce.Raw) {
		w.Serve(w.now, Caller{Neighbour: identity.Key{neighbour}, Local: true}, append([]byte{byte(query.OpGive)}, list(raws, 0)...),
			func(time.Time, []byte) { order = append(order, name) })
	}
	for i := range 5 {
		give("many", 1, m.raws[i*100:i*100+100])
	}
	give("one", 2, m.raws[599:])
	w.work()
	if len(order) != 6 || order[0] != "one" {
		t.Errorf("answered in the order %v", order)
	}
}

// TestGiftsBounded: what waits for its signatures is bounded, by neighbour and in all.
func TestGiftsBounded(t *testing.T) {
	raws := invented(make([][]geo.Link, 1200))
	w := newWorld(t, Config{Relays: 1 << 20, Bytes: 1 << 30})
	request := append([]byte{byte(query.OpGive)}, list(raws, 0)...)
	for i := range 200 {
		w.Serve(w.now, Caller{Neighbour: identity.Key{byte(i % 20)}}, request, func(time.Time, []byte) {})
	}
	if w.waiting > totalWaiting || w.sources[0].waiting > sourceWaiting || w.waiting < totalWaiting/2 {
		t.Errorf("%d bytes wait, %d of one neighbour", w.waiting, w.sources[0].waiting)
	}
}

// FuzzServe: whatever is asked, there is one response, and nothing that waits is left
// behind.
func FuzzServe(f *testing.F) {
	m := newTown(f, 0, geo.New(3, 20, 0).Links)
	f.Add(query.AppendSegments(nil, m.ids[3].Key().IPv6()))
	f.Add(query.AppendMap(nil, 7, 9))
	f.Add(append([]byte{byte(query.OpGive)}, list(m.raws[15:16], 0)...))
	f.Add((&query.PathsRequest{From: m.ids[1].Key(), To: m.ids[2].Key(), K: 3}).Append(nil))
	f.Add(query.AppendOffer([]byte{byte(query.OpOffer)}, m.shorts[19], 9))
	w := newWorld(f, Config{Relays: 64, Bytes: 1 << 16})
	w.give(own, m.raws[:10], 0)
	w.pass(time.Minute)
	f.Fuzz(func(t *testing.T, b []byte) {
		w.t = t
		r := w.ask(own, b)
		if len(r) == 0 || r[0] > byte(query.StatusNotAllowed) || r[0] != 0 && len(r) > 1 || w.waiting != 0 || w.asking != 0 {
			t.Fatalf("%x", r)
		}
	})
}
