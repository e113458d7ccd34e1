package main

import (
	"bytes"
	"time"

	"hopwire/cmd/file"
	"hopwire/cmd/logs"
	"hopwire/route/server"
)

// saveGap is between two files of the map: what a restart may lose, and a write of some
// ten megabytes to a disk.
const saveGap = 5 * time.Minute

// A saver writes the map to the disk now and then, and at the end.
type saver struct {
	s    *routeServer
	last uint32 // snapshot that is written
	said string
}

func (v *saver) run(stop <-chan struct{}) {
	tick := time.NewTicker(saveGap)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			v.save()
			return
		case <-tick.C:
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
	var b bytes.Buffer
	err := n.Save(&b, v.s.ID, now, time.Now())
	if err == nil {
		err = file.Write(v.s.c.file(), b.Bytes())
	}
	if err != nil {
		v.say(err.Error())
		return
	}
	v.last = id
	v.say("")
	v.s.Log.Log(logs.Debug, "map written", "relays", relays, "bytes", b.Len())
}

// say logs what is wrong, or that nothing is any more, once.
func (v *saver) say(what string) {
	switch {
	case what == v.said:
	case what == "":
		v.s.Log.Info("map is written again")
	default:
		v.s.Log.Error("map is not written", "error", what, "hint", "a restart begins with the map of before, or with none")
	}
	v.said = what
}
