package main

import (
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"

	"hopwire/cmd/control"
	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/table"
	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/query"
	"hopwire/route/server"
)

// answer does the commands that are this program's own.
func (s *routeServer) answer(w io.Writer, args []string) (done bool, err error) {
	switch args[0] {
	case "map":
		return true, s.showMap(w, args[1:])
	case "paths":
		return true, s.paths(w, args[1:])
	}
	return false, nil
}

// request puts a question to the server in the operator's name.
func (s *routeServer) request(w io.Writer, b []byte) ([]byte, error) {
	answer := make(chan []byte, 1)
	s.Runner.Turn(func(now time.Time) {
		s.local(now, b, func(_ time.Time, response []byte) { answer <- response })
	})
	select {
	case r := <-answer:
		return r, nil
	case <-control.Gone(w):
	case <-time.After(10 * time.Second):
	}
	return nil, hint.Errorf("it may be making a large map; try again", "the server does not answer")
}

// eachRelay calls do for the announcements of the map, page by page.
func eachRelay(ask func(request []byte) ([]byte, error), do func(raw announce.Raw, age time.Duration)) error {
	c := query.NewCopy(1 << 30)
	for more := true; more; {
		b, err := ask(c.Request(nil))
		if err != nil {
			return err
		}
		var p query.Page
		if p, more, err = c.Response(b); err != nil {
			return err
		}
		for raw, age, ok := p.Announcements.Next(); ok; raw, age, ok = p.Announcements.Next() {
			do(raw, age)
		}
	}
	return nil
}

// showMap lists the relays, or the links that both ends state as a graph for dot.
func (s *routeServer) showMap(w io.Writer, args []string) error {
	var all []announce.Raw
	t := table.New("address:s links:n relay:n server:n price:n age_s:n")
	err := eachRelay(func(b []byte) ([]byte, error) { return s.request(w, b) }, func(raw announce.Raw, age time.Duration) {
		all = append(all, raw)
		t.Add(raw.Key(), raw.Links().Len(), flag(raw, announce.FlagRelay), flag(raw, announce.FlagServer), raw.Price(), int(age.Seconds()))
	})
	switch {
	case err != nil:
		return err
	case len(args) == 0:
		control.Send(w, t)
	case args[0] == "--dot" && len(args) == 1:
		dot(w, all)
	default:
		return hint.Errorf("map [--json] [--dot]", "bad option %s", args[0])
	}
	return nil
}

func flag(raw announce.Raw, f byte) int {
	if raw.Flags()&f != 0 {
		return 1
	}
	return 0
}

// dot writes a graph in the language of Graphviz.
func dot(w io.Writer, all []announce.Raw) {
	by := map[identity.ShortID]announce.Raw{}
	for _, raw := range all {
		by[raw.Key().Short()] = raw
	}
	control.Text(w, "graph mesh {")
	for _, raw := range all {
		id := raw.Key().Short()
		control.Text(w, fmt.Sprintf("  %q;", id))
		for i := range raw.Links().Len() {
			l := raw.Links().At(i)
			if far, ok := by[l.ID]; ok && l.ID.String() > id.String() {
				if back, ok := far.Links().Find(id); ok {
					ms := announce.Cost(l, back).Nanoseconds() / 1e6
					control.Text(w, fmt.Sprintf("  %q -- %q [label=\"%.1f ms\"];", id, l.ID, ms))
				}
			}
		}
	}
	control.Text(w, "}")
}

// paths lists ways between two relays.
func (s *routeServer) paths(w io.Writer, args []string) error {
	q, err := s.pathsRequest(args)
	if err != nil {
		return err
	}
	b, err := s.request(w, q.Append(nil))
	if err != nil {
		return err
	}
	status, ways, list, err := query.ParseWays(b)
	switch {
	case err != nil:
		return err
	case status == query.StatusUnknown:
		return hint.Errorf("'hopwire-route map' lists what is known", "one of the two is not on the map, or there is no such way")
	case status != query.StatusOK:
		return fmt.Errorf("the server says status %d", status)
	}
	by := map[identity.ShortID]announce.Raw{}
	for raw, _, ok := list.Next(); ok; raw, _, ok = list.Next() {
		by[raw.Key().Short()] = raw
	}
	t := table.New("way:n hops:n cost_ms:n path:l")
	for way, ok := ways.Next(); ok; way, ok = ways.Next() {
		t.Add(len(t.Rows)+1, way.Len(), costOf(q.From.Short(), way, by), join(way))
	}
	if len(t.Rows) == 0 {
		return hint.Errorf("'hopwire-route map --dot' shows the links", "there is no way between them")
	}
	control.Send(w, t)
	return nil
}

func join(way query.IDs) string {
	var ids []string
	for i := range way.Len() {
		ids = append(ids, way.At(i).String())
	}
	return strings.Join(ids, " ")
}

// costOf adds up what the relays of a way state, in ms.
func costOf(from identity.ShortID, way query.IDs, by map[identity.ShortID]announce.Raw) (ms float64) {
	for i := range way.Len() {
		to := way.At(i)
		if a, b := by[from], by[to]; a != nil && b != nil {
			there, _ := a.Links().Find(to)
			back, _ := b.Links().Find(from)
			ms += announce.Cost(there, back).Nanoseconds() / 1e6
		}
		from = to
	}
	return ms
}

var metrics = map[string]query.Metric{"latency": query.Latency, "capacity": query.Capacity, "loss": query.Loss, "price": query.Price}

const pathsUsage = "paths FROM TO [-k N] [--by latency|capacity|loss|price] [--avoid ADDR]"

// pathsRequest reads the command's words.
func (s *routeServer) pathsRequest(args []string) (q query.PathsRequest, err error) {
	q.K, q.Disjoint = 2, true
	if len(args) < 2 {
		return q, hint.Errorf(pathsUsage, "two addresses are needed")
	}
	if q.From, err = s.Target(args[:1]); err == nil {
		q.To, err = s.Target(args[1:2])
	}
	var avoid []identity.ShortID
	for i := 2; i < len(args) && err == nil; i += 2 {
		value := ""
		if i+1 < len(args) {
			value = args[i+1]
		}
		metric, known := metrics[value]
		n, bad := strconv.Atoi(value)
		var k identity.Key
		switch {
		case args[i] == "-k" && bad == nil && n > 0 && n <= server.MostWays:
			q.K = n
		case args[i] == "--by" && known:
			q.Metric = metric
		case args[i] == "--avoid" && len(avoid) < query.MaxAvoid:
			k, err = s.Target([]string{value})
			avoid = append(avoid, k.Short())
		default:
			err = hint.Errorf(pathsUsage, "bad option %s %s", args[i], value)
		}
	}
	sort.Slice(avoid, func(i, j int) bool { return string(avoid[i][:]) < string(avoid[j][:]) })
	for i, id := range avoid {
		if i == 0 || id != avoid[i-1] {
			q.Avoid = query.AppendID(q.Avoid, id)
		}
	}
	return q, err
}

// findings is what the server knows of its own trouble.
func (s *routeServer) findings(f *daemon.Findings) {
	s.Runner.Turn(func(now time.Time) {
		relays, bytes := s.server.Len()
		f.OK("%d relays on the map, %d kB of announcements", relays, bytes>>10)
		if n := s.server.N; n.Full > 0 {
			f.Bad("raise HOPWIRE_ROUTE_MEMORY", "%d announcements found no room", n.Full)
		}
		for _, c := range s.copies {
			if c.said {
				f.Bad("is it running, and is this server in its HOPWIRE_ROUTE_PEERS?", "the map of %s is not copied", c.of)
			} else if !c.ok.IsZero() {
				f.OK("the map of %s was copied %d s ago", c.of, int(now.Sub(c.ok).Seconds()))
			}
		}
	})
}
