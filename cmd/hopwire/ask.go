package main

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"hopwire/cmd/control"
	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/table"
	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/ask"
)

// The commands about route servers and ways.

// answer does the commands that are this program's own.
func (r *router) answer(w io.Writer, args []string) (done bool, err error) {
	switch args[0] {
	case "servers":
		control.Send(w, r.servers())
	case "paths":
		err = r.paths(w, args[1:])
	default:
		return false, nil
	}
	return true, err
}

// servers lists the route servers that are known, in the order of asking.
func (r *router) servers() *table.Table {
	t := table.New("address:s hops:n way:l asked:n answered:n refused:n contradicted:n timed_out:n rtt_ms:n state:s")
	r.Runner.Turn(func(now time.Time) {
		for _, s := range r.client.ServerList(now) {
			var way []string
			for _, id := range s.Way {
				way = append(way, id.String())
			}
			t.Add(s.Key, len(s.Way), strings.Join(way, " "), s.Asked, s.Answered, s.Refused, s.Contradicted, s.TimedOut, daemon.Milliseconds(s.RTT), serverState(&s))
		}
	})
	return t
}

func serverState(s *ask.ServerStatus) string {
	switch {
	case s.Avoided > 0:
		return "avoided for " + strconv.Itoa(int(s.Avoided.Seconds())) + " s"
	case !s.Known:
		return "no way now"
	case s.NoDetour:
		return "no way with two relays between: not asked"
	}
	return "ok"
}

const pathsUsage = "paths ADDR [-k N] [--avoid ADDR] [--via ADDR] [--probe] [--refresh]"

// A pathsCommand is what the command's words say.
type pathsCommand struct {
	to             identity.Key
	k              int
	avoid          []identity.Key
	via            identity.Key
	probe, refresh bool
}

func (r *router) pathsCommand(args []string) (c pathsCommand, err error) {
	c.k = 3
	if c.to, err = r.Target(args); err != nil {
		return c, err
	}
	for i := 1; i < len(args) && err == nil; i++ {
		value := ""
		if i+1 < len(args) {
			value = args[i+1]
		}
		n, bad := strconv.Atoi(value)
		var key identity.Key
		switch {
		case args[i] == "--probe":
			c.probe = true
			continue
		case args[i] == "--refresh":
			c.refresh = true
			continue
		case args[i] == "-k" && bad == nil && n > 0 && n <= 16:
			c.k = n
		case args[i] == "--avoid" && len(c.avoid) < 16:
			key, err = r.Target([]string{value})
			c.avoid = append(c.avoid, key)
		case args[i] == "--via":
			c.via, err = r.Target([]string{value})
		default:
			return c, hint.Errorf(pathsUsage, "bad option %s %s", args[i], value)
		}
		i++
	}
	return c, err
}

// paths lists ways to a node with what is stated and, with --probe, measured of them.
func (r *router) paths(w io.Writer, args []string) error {
	c, err := r.pathsCommand(args)
	if err != nil {
		return err
	}
	gone := control.Gone(w)
	ways, err := r.ways(gone, &c)
	if err != nil {
		return r.noWay(c.to, err)
	}
	control.Begin(w, "path:n hops:n cost_ms:n rtt_ms:n measured_ms:n kbits:n loss:n price:n age_s:n from:s alive:s way:l")
	living := 0
	for i, p := range ways {
		measured, alive := time.Duration(0), "unknown"
		switch {
		case c.probe:
			if measured = r.probe(gone, p.Path); measured != 0 {
				alive = "yes"
				living++
			} else {
				alive = "no"
			}
		case !p.Stands:
			alive = "no"
		default:
			living++
		}
		var hops []string
		for _, h := range p.Path.Hops {
			hops = append(hops, h.Key.Short().String())
		}
		if control.Row(w, i+1, len(hops), daemon.Milliseconds(p.Path.Cost), daemon.Milliseconds(p.RTT), answered(measured), p.Capacity, p.Loss, p.Price,
			int(p.Age.Seconds()), whence(p.From), alive, strings.Join(hops, " ")) != nil {
			return nil // the client has gone
		}
	}
	if living == 0 {
		return hint.Errorf("--refresh asks a route server again", "no path to %s is alive", c.to)
	}
	return nil
}

// answered is a round-trip time in milliseconds, or nothing where none was measured.
func answered(rtt time.Duration) any {
	if rtt == 0 {
		return ""
	}
	return daemon.Milliseconds(rtt)
}

// whence says why the nodes of a way are known.
func whence(from byte) string {
	var all []string
	for _, c := range []struct {
		bit  byte
		name string
	}{{route.WayNear, "vicinity"}, {route.WayToServer, "server"}, {route.WayAnswer, "answer"}} {
		if from&c.bit != 0 {
			all = append(all, c.name)
		}
	}
	return strings.Join(all, "+")
}

// askPatience is how long the command waits for the servers' answer.
const askPatience = 5 * time.Second

// ways asks the map, and the servers where it knows none, or is to ask anew.
func (r *router) ways(gone <-chan struct{}, c *pathsCommand) (ways []route.Way, err error) {
	end := time.Now().Add(askPatience)
	for {
		asking := false
		r.Runner.Turn(func(now time.Time) {
			if c.refresh {
				r.client.Refresh(now, c.to)
				c.refresh = false
			}
			_, wanted := r.client.Paths(now, c.to, 1)
			asking = errors.Is(wanted, hop.ErrAsking)
			ways, err = r.client.Ways(now, c.to, c.k, c.avoid, c.via)
		})
		if !asking || time.Now().After(end) {
			return ways, err
		}
		select {
		case <-gone:
			return nil, err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// noWay says why there is none.
func (r *router) noWay(to identity.Key, err error) error {
	switch {
	case errors.Is(err, hop.ErrUnknown):
		return hint.Errorf("'hopwire servers' lists who is asked, 'hopwire routes' what is known", "%s is not known", to)
	case errors.Is(err, hop.ErrTooFar):
		return hint.Errorf("a link that shortens the way helps, on a cable or over UDP", "every way to %s has more than %d hops", to, hop.MaxHops)
	}
	return hint.Errorf("without --avoid and --via there may be one", "there is no such way to %s", to)
}

// probe measures a way: the round trip to its end, the second time, for the first has the
// set-up in it; 0: it does not answer.
func (r *router) probe(gone <-chan struct{}, p hop.Path) (rtt time.Duration) {
	walk := r.Walk(p)
	defer walk.Close()
	if _, ok := walk.Ask(gone, len(p.Hops)-1); ok {
		rtt, _ = walk.Ask(gone, len(p.Hops)-1)
	}
	return rtt
}

// asked is the doctor's look at route servers.
func (r *router) asked(f *daemon.Findings) {
	r.Runner.Turn(func(now time.Time) {
		s, _ := r.c.routeServers()
		switch {
		case !r.client.Full():
			f.OK("the whole mesh fits into the map: no route server is asked")
		case s.None:
			f.Note("HOPWIRE_ROUTE_SERVERS says so", "the map is full, and no route server is asked: "+farther)
		default:
			judgeServers(f, r.client.ServerList(now), s.Own)
		}
		if n := r.client.N.Contradicted; n > 0 {
			f.Note("'hopwire servers' says which: it, or a neighbour, hides or invents something", "%d answers of route servers were contradicted by what is known here", n)
		}
	})
}

const farther = "nodes beyond it are not found"

// judgeServers says what is wrong with those that are known, where some are needed; own:
// their maps are copied, and none is asked.
func judgeServers(f *daemon.Findings, list []ask.ServerStatus, own bool) {
	known, answers, near, first := 0, 0, 0, map[identity.ShortID]bool{}
	for _, s := range list {
		if !s.Known {
			continue
		}
		known++
		if s.Answered > 0 || s.Asked == 0 {
			answers++
		}
		if s.NoDetour {
			near++
		}
		if len(s.Way) > 0 {
			first[s.Way[0]] = true
		}
	}
	switch {
	case known == 0:
		f.Bad("run hopwire-route on a node, or set HOPWIRE_ROUTE_SERVERS", "the map is full and no route server is known: "+farther)
	case answers == 0:
		f.Bad("'hopwire servers' says what became of the questions", "no route server answers: "+farther)
	case near == known && !own:
		f.Bad("a further link helps, to another neighbour than the server's", "no way to a route server has two relays between: it is not asked, since it would learn who asks")
	default:
		f.OK("%d route servers are known", known)
	}
	if known > 1 && len(first) == 1 {
		f.Note("a further link, to another neighbour, helps", "all ways to route servers begin with the same neighbour")
	}
}
