package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"hopwire/cmd/control"
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

// A relay is one on the map.
type relay struct {
	announce.Raw
	age time.Duration
}

// relays are those on the map, in the order of their addresses.
func (s *routeServer) relays() (all []relay) {
	s.Runner.Turn(func(now time.Time) {
		s.server.Each(now, func(raw announce.Raw, age time.Duration) { all = append(all, relay{raw, age}) })
	})
	slices.SortFunc(all, func(a, b relay) int {
		k, o := a.Key(), b.Key()
		return bytes.Compare(k[:], o[:])
	})
	return all
}

// showMap lists the relays, or the links that both ends state as a graph for dot.
func (s *routeServer) showMap(w io.Writer, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "--dot":
		dot(w, s.relays())
		return nil
	case len(args) > 0:
		return hint.Errorf("map [--json] [--dot]", "bad option %s", args[0])
	}
	t := table.New("address:s ip:s links:n relay:n server:n price:n age_s:n")
	for _, r := range s.relays() {
		t.Add(r.Key(), r.Key().IPv6(), r.Links().Len(), flag(r.Raw, announce.FlagRelay), flag(r.Raw, announce.FlagServer), r.Price(), int(r.age.Seconds()))
	}
	control.Send(w, t)
	return nil
}

func flag(raw announce.Raw, f byte) int {
	if raw.Flags()&f != 0 {
		return 1
	}
	return 0
}

// dot writes a graph in the language of Graphviz.
func dot(w io.Writer, all []relay) {
	by := map[identity.ShortID]announce.Raw{}
	for _, r := range all {
		by[r.Key().Short()] = r.Raw
	}
	control.Text(w, "graph mesh {")
	for _, r := range all {
		id := r.Key().Short()
		control.Text(w, fmt.Sprintf("  %q;", id))
		for i := range r.Links().Len() {
			if to := r.Links().At(i).ID; string(to[:]) > string(id[:]) && by[to] != nil && linked(by[to], id) {
				control.Text(w, fmt.Sprintf("  %q -- %q [label=\"%.1f ms\"];", id, to, cost(r.Raw, by[to])))
			}
		}
	}
	control.Text(w, "}")
}

func linked(from announce.Raw, to identity.ShortID) bool {
	_, ok := from.Links().Find(to)
	return ok
}

// cost is that of a link, in ms; 0 where one end is not known.
func cost(a, b announce.Raw) float64 {
	if a == nil || b == nil {
		return 0
	}
	there, _ := a.Links().Find(b.Key().Short())
	back, _ := b.Links().Find(a.Key().Short())
	return announce.Cost(there, back).Nanoseconds() / 1e6
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
	case status == query.StatusRefused:
		return hint.Errorf("try again: 'hopwire-route status' shows when there is a snapshot of the map", "there is no map to answer from yet")
	case status != query.StatusOK:
		return hint.Errorf("'hopwire-route map' lists the relays, 'map --dot' their links", "one of the two is not on the map, or there is no such way")
	}
	by := map[identity.ShortID]announce.Raw{} // of those on the ways; the list has not the first
	s.Runner.Turn(func(now time.Time) {
		s.server.Each(now, func(raw announce.Raw, _ time.Duration) {
			if raw.Key() == q.From {
				by[q.From.Short()] = raw
			}
		})
	})
	for raw, _, ok := list.Next(); ok; raw, _, ok = list.Next() {
		by[raw.Key().Short()] = raw
	}
	t := table.New("path:n hops:n cost_ms:n way:l")
	for way, ok := ways.Next(); ok; way, ok = ways.Next() {
		ids, ms, from := "", 0.0, q.From.Short()
		for i := range way.Len() {
			to := way.At(i)
			ms += cost(by[from], by[to])
			ids += " " + to.String()
			from = to
		}
		t.Add(len(t.Rows)+1, way.Len(), ms, strings.TrimPrefix(ids, " "))
	}
	control.Send(w, t)
	return nil
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
	slices.SortFunc(avoid, func(a, b identity.ShortID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range slices.Compact(avoid) {
		q.Avoid = query.AppendID(q.Avoid, id)
	}
	return q, err
}
