package ask_test

import (
	"bytes"
	mrand "math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/ask"
	"hopwire/route/meshtest"
	"hopwire/route/query"
	"hopwire/route/server"
)

// A town is a grid of whole nodes, each of which knows but those near it, with route
// servers that know all.
type town struct {
	*meshtest.Mesh
	t       testing.TB
	side    int
	clients []*ask.Client
	servers []int
	asked   map[int][]query.Request // by server
	from    map[int][]node.Caller
	reply   func(server int, r query.Request, honest []byte) []byte // nil: no answer at all
	setting ask.Servers
	core    bool
}

// shortTown is how many nodes are simulated at most where time is short.
const shortTown = 9

// newTown builds one of side × side nodes, which know near others each; servers are some
// of them.
func newTown(t testing.TB, side, near int, servers ...int) *town {
	if testing.Short() && side*side > shortTown {
		t.Skip("simulates for long")
	}
	w := &town{t: t, side: side, servers: servers, asked: map[int][]query.Request{}, from: map[int][]node.Caller{}, clients: make([]*ask.Client, side*side)}
	w.Mesh = meshtest.New(meshtest.Options{Seed: 1, Delay: 2 * time.Millisecond, MaxNodes: near,
		Serve: w.serve,
		Route: func(i int, c *route.Config) {
			if slices.Contains(servers, i) {
				c.Flags |= announce.FlagServer
			}
		},
		Wrap: func(i int, m node.Map) node.Map {
			c := ask.New(ask.Config{Map: m.(*route.Map), Rand: mrand.NewChaCha8([32]byte{byte(i)}), Jitter: mrand.New(mrand.NewPCG(uint64(i), 7)), Servers: w.setting, Core: w.core})
			w.clients[i] = c
			return c
		}})
	for i := range side * side {
		w.Add()
		if i%side > 0 {
			w.Connect(i-1, i)
		}
		if i >= side {
			w.Connect(i-side, i)
		}
	}
	return w
}

// start boots all and lets the map settle.
func (w *town) start(settle time.Duration) {
	w.BootAll()
	for i, c := range w.clients {
		c.Attach(w.Nodes[i].Node)
	}
	w.Run(settle)
}

func (w *town) serve(n *meshtest.Node) func(time.Time, node.Caller, []byte, func(time.Time, []byte)) {
	return func(now time.Time, from node.Caller, request []byte, reply func(time.Time, []byte)) {
		r, err := query.ParseRequest(request)
		if err != nil {
			w.t.Errorf("request %x: %v", request, err)
			return
		}
		w.asked[n.Index] = append(w.asked[n.Index], r)
		w.from[n.Index] = append(w.from[n.Index], from)
		answer := w.honest(now, r)
		if w.reply != nil {
			answer = w.reply(n.Index, r, answer)
		}
		if answer != nil {
			reply(now, answer)
		}
	}
}

// honest is what a server that knows everything answers.
func (w *town) honest(now time.Time, r query.Request) []byte {
	switch r.Op {
	case query.OpSegments:
		if to, ok := w.whose(r.To); ok {
			return append([]byte{0}, w.segments(now, to.Short())...)
		}
		return []byte{byte(query.StatusUnknown)}
	case query.OpMap:
		return w.page(now)
	case query.OpOffer:
		return []byte{0}
	}
	return []byte{byte(query.StatusRefused)}
}

// known is everybody's own announcement.
func (w *town) known(now time.Time) (raws map[identity.ShortID]announce.Raw, ages map[identity.ShortID]time.Duration) {
	raws, ages = map[identity.ShortID]announce.Raw{}, map[identity.ShortID]time.Duration{}
	for _, n := range w.Nodes {
		own := n.ID.Key().Short()
		n.Map.Each(now, func(id identity.ShortID, raw announce.Raw, age time.Duration) {
			if id == own {
				raws[id], ages[id] = raw, age
			}
		})
	}
	return raws, ages
}

// page is the whole map.
func (w *town) page(now time.Time) []byte {
	raws, ages := w.known(now)
	var ids []identity.ShortID
	for id := range raws {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b identity.ShortID) int { return bytes.Compare(a[:], b[:]) })
	p := query.Page{Snapshot: 1}
	for _, id := range ids {
		p.Announcements = query.AppendAnnouncement(p.Announcements, raws[id], ages[id])
	}
	return p.Append([]byte{0})
}

func (w *town) segments(now time.Time, to identity.ShortID) (list []byte) {
	raws, ages := w.known(now)
	b := server.NewBuilder(len(raws))
	for id, raw := range raws {
		b.Relay(id, true)
		for i := range raw.Links().Len() {
			s := raw.Links().At(i)
			b.Link(s.ID, uint32(announce.Cost(s, s).Nanoseconds()/1000))
		}
	}
	g := b.Graph()
	at := g.Find(to)
	if at < 0 {
		return nil
	}
	l := server.Spread(g, []int32{g.Find(w.Nodes[w.servers[0]].ID.Key().Short())}, 8)
	for _, v := range l.Segments(at, query.MaxAnswer, func(v int32) int { return query.AnnouncementSize(raws[g.ID(v)]) }) {
		id := g.ID(v)
		list = query.AppendAnnouncement(list, raws[id], ages[id])
	}
	return list
}

// segmentsAsked returns the destinations that a server was asked for.
func (w *town) segmentsAsked(server int) (to []identity.Key) {
	for _, r := range w.asked[server] {
		if r.Op == query.OpSegments {
			key, _ := w.whose(r.To)
			to = append(to, key)
		}
	}
	return to
}

// whose returns whose mesh address it is.
func (w *town) whose(ip netip.Addr) (identity.Key, bool) {
	for _, n := range w.Nodes {
		if k := n.ID.Key(); k.IPv6() == ip {
			return k, true
		}
	}
	return identity.Key{}, false
}

func (w *town) key(i int) identity.Key { return w.Nodes[i].ID.Key() }

// paths asks the map of a node for ways, as its node would.
func (w *town) paths(i, to int) (paths []hop.Path, err error) {
	w.Nodes[i].Host.Turn(func(now time.Time) { paths, err = w.clients[i].Paths(now, w.key(to), 2) })
	return paths, err
}
