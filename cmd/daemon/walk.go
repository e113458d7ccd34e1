package daemon

import (
	"strconv"
	"time"

	"hopwire/cmd/hint"
	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/route"
)

// mostWays is how many ways a command may number.
const mostWays = 16

// way is that of a number among those that the map lists; where the map can ask others,
// it does, and is waited for until gone is closed.
func (d *Daemon) way(gone <-chan struct{}, to identity.Key, number string) (p hop.Path, err error) {
	var ways []route.Way
	if d.Parts.Ways != nil {
		ways, err = d.Parts.Ways(gone, to, mostWays)
	} else {
		d.Runner.Turn(func(now time.Time) { ways, err = d.Map.Ways(now, to, mostWays, nil, identity.Key{}) })
	}
	if err != nil {
		return p, d.unreachable(to)
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(ways) {
		return p, hint.Errorf("they are numbered from 1, the cheapest first, as "+d.do("paths")+" of a router lists them", "there is no path %s of %d", number, len(ways))
	}
	return ways[n-1].Path, nil
}

// A Walk measures one way, over a circuit of its own: a new one when that has failed. It
// is not safe for concurrent use; Close ends it.
type Walk struct {
	d     *Daemon
	path  hop.Path
	probe *node.Probe // nil: none
}

// Walk begins one; nothing is sent yet.
func (d *Daemon) Walk(path hop.Path) *Walk { return &Walk{d: d, path: path} }

// Ask measures the round trip to hop i (from 0), until gone is closed; false: no answer.
// What is asked first has the set-up in it.
func (w *Walk) Ask(gone <-chan struct{}, i int) (rtt time.Duration, ok bool) {
	rtt, ok = w.d.question(gone, func(now time.Time, done func(time.Time, time.Duration, bool)) (err error) {
		if w.probe == nil {
			w.probe, err = w.d.Runner.Node().Probe(now, w.path)
		}
		if err == nil {
			err = w.probe.Ping(now, i, done)
		}
		return err
	})
	if !ok {
		w.Close()
	}
	return rtt, ok
}

// Close ends it. What is asked after that begins anew.
func (w *Walk) Close() {
	w.d.Runner.Turn(func(now time.Time) {
		if w.probe != nil {
			w.probe.Close(now)
			w.probe = nil
		}
	})
}
