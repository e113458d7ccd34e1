package server

import (
	"encoding/binary"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/geo"
	"hopwire/route/query"
)

// t0 is when a server under test starts.
var t0 = time.Unix(1_700_000_000, 0)

// person is the n-th identity.
func person(t testing.TB, n uint32) *identity.Identity {
	var seed [32]byte
	binary.LittleEndian.PutUint32(seed[:], n)
	id, err := identity.NewIdentity(mrand.NewChaCha8(seed))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A town is a mesh of relays that sign what they say.
type town struct {
	ids      []*identity.Identity
	shorts   []identity.ShortID
	raws     []announce.Raw
	sequence uint32
}

// newTown is a mesh of people from the first on, with links as the map has them.
func newTown(t testing.TB, first uint32, links [][]geo.Link) *town {
	w := &town{sequence: 1}
	for i := range links {
		w.ids = append(w.ids, person(t, first+uint32(i)))
		w.shorts = append(w.shorts, w.ids[i].Key().Short())
	}
	for i := range links {
		w.raws = append(w.raws, w.says(i, links[i]))
	}
	return w
}

// says is what a relay announces.
func (w *town) says(i int, links []geo.Link) announce.Raw {
	a := &announce.Announcement{Flags: announce.FlagRelay, Key: w.ids[i].Key(), Sequence: w.sequence, Left: time.Hour}
	for _, l := range links {
		a.Links = append(a.Links, announce.Statement{ID: w.shorts[l.To], RTT: 2 * time.Duration(l.Cost) * time.Microsecond})
	}
	a.Links = announce.Sort(a.Links)
	return a.Signed(w.ids[i])
}

// list is all announcements, of an age.
func list(raws []announce.Raw, age time.Duration) (l query.Announcements) {
	for _, raw := range raws {
		l = query.AppendAnnouncement(l, raw, age)
	}
	return l
}

// A world is a server under test and the work that it gave away.
type world struct {
	*Server
	t    testing.TB
	now  time.Time
	jobs [Mapping + 1][]func() func(time.Time)
	busy bool // work is refused
}

func newWorld(t testing.TB, c Config) *world {
	w := &world{t: t, now: t0}
	if c.Identity == nil {
		c.Identity = person(t, 1<<31)
	}
	if c.Relays == 0 {
		c.Relays, c.Bytes = 10_000, 10_000*meanBytes
	}
	c.Work = func(kind Kind, job func() func(time.Time)) bool {
		if w.busy {
			return false
		}
		w.jobs[kind] = append(w.jobs[kind], job)
		return true
	}
	w.Server = New(t0, c)
	return w
}

// work does all work that waits, and what follows from it.
func (w *world) work() {
	for w.some() {
		for kind := range w.jobs {
			jobs := w.jobs[kind]
			w.jobs[kind] = nil
			for _, job := range jobs {
				job()(w.now)
			}
		}
		w.Advance(w.now)
	}
}

func (w *world) some() bool {
	for _, jobs := range w.jobs {
		if len(jobs) > 0 {
			return true
		}
	}
	return false
}

// pass lets time go by, up to when the server wants to be called and beyond.
func (w *world) pass(d time.Duration) {
	for end := w.now.Add(d); ; {
		w.Advance(w.now)
		w.work()
		next := w.Advance(w.now)
		if next.IsZero() || next.After(end) {
			w.now = end
			w.Advance(end)
			w.work()
			return
		}
		w.now = next
	}
}

var friend = Caller{Neighbour: identity.Key{1}, Key: identity.Key{2}}

// own is the operator, who is not limited.
var own = Caller{Neighbour: identity.Key{3}, Local: true}

// ask puts a question and returns the response; a call has one.
func (w *world) ask(from Caller, request []byte) (response []byte) {
	w.t.Helper()
	n := 0
	w.Serve(w.now, from, request, func(_ time.Time, r []byte) { response, n = r, n+1 })
	w.work()
	if n != 1 {
		w.t.Fatalf("%d responses to %x", n, request[:min(8, len(request))])
	}
	return response
}

// give gives announcements in calls as large as they may be, and returns how many were
// accepted.
func (w *world) give(from Caller, raws []announce.Raw, age time.Duration) (accepted int) {
	w.t.Helper()
	for len(raws) > 0 {
		request := []byte{byte(query.OpGive)}
		for len(raws) > 0 && len(request)+query.AnnouncementSize(raws[0]) <= query.MaxGive {
			request = query.AppendAnnouncement(request, raws[0], age)
			raws = raws[1:]
		}
		r, err := query.ParseResponse(query.OpGive, w.ask(from, request))
		if err != nil {
			w.t.Fatal(err)
		}
		accepted += r.Accepted
	}
	return accepted
}

// segments asks for the ways to a relay.
func (w *world) segments(to identity.Key) (query.Status, []announce.Raw, []time.Duration) {
	w.t.Helper()
	r, err := query.ParseResponse(query.OpSegments, w.ask(friend, query.AppendSegments(nil, to.IPv6())))
	if err != nil {
		w.t.Fatal(err)
	}
	var raws []announce.Raw
	var ages []time.Duration
	for raw, age, ok := r.Announcements.Next(); ok; raw, age, ok = r.Announcements.Next() {
		raws, ages = append(raws, raw), append(ages, age)
	}
	return r.Status, raws, ages
}
