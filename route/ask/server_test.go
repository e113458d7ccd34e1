package ask_test

import (
	"testing"
	"time"

	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/meshtest"
	"hopwire/route/query"
	"hopwire/route/server"
)

// TestRealServer: nodes offer their vicinities to a route server, which so has the whole
// map; what it answers is found out as no contradiction, by whoever asks for whomever, also
// when links have broken and come back.
func TestRealServer(t *testing.T) {
	const side, at = 5, 12
	w := newTown(t, side, 9, at)
	var s *server.Server
	w.Mesh.Serve = func(n *meshtest.Node) func(time.Time, node.Caller, []byte, func(time.Time, []byte)) {
		if n.Index != at {
			return nil
		}
		s = server.New(w.Now, server.Config{Identity: n.ID, Relays: 1000, Bytes: 1 << 20, Work: func(_ server.Kind, job func() func(time.Time)) bool {
			w.After(time.Millisecond, func() {
				done := job()
				n.Host.Turn(func(now time.Time) { done(now) })
			})
			return true
		}})
		return func(now time.Time, from node.Caller, request []byte, reply func(time.Time, []byte)) {
			s.Serve(now, server.Caller{Key: from.Key, Neighbour: neighbour(w, from.Neighbour)}, request, reply)
		}
	}
	w.start(20 * time.Second)
	w.turns(at, &s)
	w.Run(75 * time.Minute)
	if relays, _ := s.Len(); relays != side*side-1 && relays != side*side {
		t.Errorf("the server knows %d relays", relays)
	}
	for i := range side * side {
		for _, to := range []int{0, 4, 20, 24, 7, 18} {
			w.paths(i, to)
		}
	}
	w.Run(2 * time.Minute)
	w.Cables[[2]int{7, 12}].Loss = 1
	w.Run(20 * time.Minute)
	for i := range side * side {
		for _, to := range []int{1, 9, 22, 15, 11} {
			w.paths(i, to)
		}
	}
	w.Run(2 * time.Minute)
	for i, c := range w.clients {
		if i != at && (c.N.Contradicted > 0 || c.N.Answered < 8) {
			t.Errorf("node %d: %+v", i, c.N)
		}
		for _, l := range c.ServerList(w.Now) {
			if l.Why != route.FaultNone {
				t.Errorf("node %d: fault %d", i, l.Why)
			}
		}
	}
}

// neighbour is whose short id it is.
func neighbour(w *town, id identity.ShortID) identity.Key {
	for _, n := range w.Nodes {
		if k := n.ID.Key(); k.Short() == id {
			return k
		}
	}
	return identity.Key{}
}

// turns has the server advance now and then, and know what its node does, as the program
// does.
func (w *town) turns(at int, s **server.Server) {
	n := w.Nodes[at]
	var next func()
	next = func() {
		n.Host.Turn(func(now time.Time) {
			gift := []byte{byte(query.OpGive)}
			n.Map.Each(now, func(_ identity.ShortID, raw announce.Raw, age time.Duration) {
				gift = query.AppendAnnouncement(gift, raw, age)
			})
			(*s).Serve(now, server.Caller{Key: n.ID.Key(), Local: true}, gift, func(time.Time, []byte) {})
			(*s).Advance(now)
		})
		w.After(5*time.Second, next)
	}
	next()
}
