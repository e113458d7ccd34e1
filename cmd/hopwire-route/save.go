package main

import (
	"io"
	"time"

	"hopwire/cmd/file"
	"hopwire/cmd/logs"
	"hopwire/route/server"
)

// The map is written saveFirst after the start, and then at gaps that double up to
// saveMost: what a kill may lose, against tens of megabytes to a disk.
const (
	saveFirst = 5 * time.Second
	saveMost  = 5 * time.Minute
)

// A saver writes the map to the disk now and then, and at the end.
type saver struct {
	s    *routeServer
	last uint32        // snapshot that is written
	done chan struct{} // closed at the end

	what string    // is wrong; "": nothing. The turn's,
	at   time.Time // as is when it was last written; zero: not yet
}

// run writes until stop is closed, and then once more.
func (v *saver) run(stop <-chan struct{}) {
	defer close(v.done)
	for gap := saveFirst; ; gap = min(2*gap, saveMost) {
		select {
		case <-stop:
			v.save()
			return
		case <-time.After(gap):
			v.save()
		}
	}
}

// save writes the newest snapshot, unless it is written. The file is whole at any time.
func (v *saver) save() {
	var n *server.Snapshot
	var now time.Time
	v.s.Runner.Turn(func(at time.Time) { n, now = v.s.server.Snapshot(), at })
	if n == nil {
		return
	}
	id, relays := n.ID()
	if id == v.last {
		return
	}
	err := file.WriteBy(v.s.c.file(), func(w io.Writer) error { return n.Save(w, v.s.ID, now, time.Now()) })
	if err == nil {
		v.last = id
		v.s.Log.Log(logs.Debug, "map written", "relays", relays)
	}
	v.s.Runner.Turn(func(now time.Time) { v.wrote(now, err) })
}

// wrote logs what is wrong, or that nothing is any more, once.
func (v *saver) wrote(now time.Time, err error) {
	what := ""
	if err == nil {
		v.at = now
	} else {
		what = err.Error()
	}
	switch {
	case what == v.what:
	case what == "":
		v.s.Log.Info("map is written again")
	default:
		v.s.Log.Error("map is not written", "error", what, "hint", "it is tried again; a restart begins with the map of before, or with none")
	}
	v.what = what
}
