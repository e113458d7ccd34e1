package server

import (
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/geo"
	"hopwire/route/query"
)

// TestSideBySide: jobs run on other threads while the server takes and forgets relays;
// with the race detector this shows what a job shares with it. Each call is answered.
func TestSideBySide(t *testing.T) {
	links := geo.New(3, 200, 0.02).Links
	m := newTown(t, 0, links)
	done := make(chan func(time.Time), 1024)
	boss := Caller{Key: identity.Key{5}, Local: true}
	s := New(t0, Config{Identity: person(t, 7), Relays: 190, Bytes: 1 << 20, Work: func(_ Kind, job func() func(time.Time)) bool {
		go func() { done <- job() }()
		return true
	}})
	now, open, answered := t0, 0, 0
	ask := func(request []byte) {
		open++
		s.Serve(now, boss, request, func(_ time.Time, r []byte) {
			open--
			if query.Status(r[0]) == query.StatusOK {
				answered++
			}
		})
	}
	for i := range 600 {
		k := i % len(links)
		if k == 0 {
			m.sequence++
		}
		ask(append([]byte{byte(query.OpGive)}, list([]announce.Raw{m.says(k, links[k])}, 0)...))
		ask(query.AppendSegments(nil, m.ids[i*7%len(links)].Key().IPv6()))
		ask(query.AppendMap(nil, uint32(i)<<24, 0))
		ask((&query.PathsRequest{From: m.ids[0].Key(), To: m.ids[i*13%len(links)].Key(), K: 2, Disjoint: true}).Append(nil))
		if now = now.Add(time.Second); i%100 == 99 {
			now = now.Add(20 * time.Minute)
		}
		s.Advance(now)
		for open > 20 {
			(<-done)(now)
			s.Advance(now)
		}
	}
	for open > 0 {
		(<-done)(now)
	}
	if answered < 600 || s.asking != 0 || s.waiting != 0 {
		t.Errorf("%d answers, %d and %d wait", answered, s.asking, s.waiting)
	}
}
