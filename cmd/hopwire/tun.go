package main

import (
	"errors"
	"fmt"

	"hopwire/cmd/hint"
	"hopwire/hop/ip"
)

// A tunKeeper sees to it that the TUN stays as the node has made it: others may delete
// it, or flush its addresses. It is used by the watch's goroutine alone.
type tunKeeper struct {
	d     *daemon
	index int    // of the device that is attached
	said  string // of what is wrong; "": nothing is
}

// open makes the device and attaches it.
func (k *tunKeeper) open() error {
	t, err := ip.OpenTUN(k.d.c.TUN, k.d.id.Key().IPv6())
	if err == nil {
		err = k.d.runner.AttachTUN(t)
	}
	if te, ok := errors.AsType[*ip.TUNError](err); ok {
		return hint.Add(err, te.Hint)
	}
	if err != nil {
		return fmt.Errorf("TUN: %w", err)
	}
	k.index = t.Index()
	if k.d.tun == nil { // others only look whether there is one
		k.d.tun = t
	}
	return nil
}

// look puts right what is wrong with the device; true: that could not be done yet.
func (k *tunKeeper) look() (again bool) {
	if k.d.tun == nil {
		return false // the settings say so
	}
	s, err := ip.LookTUN(k.d.c.TUN, k.d.id.Key().IPv6())
	switch {
	case err != nil:
	case s.Index != k.index || !k.d.runner.HasTUN():
		k.say("gone: it is made again", "")
		err = k.open()
	case !s.Up:
		k.say("down: it stays so", tunDownHint(s.Name))
		return false
	case !s.Addr || !s.Route:
		k.say(tunLacks(s)+": it is given back", "")
		if err = s.Mend(k.d.id.Key().IPv6()); err == nil {
			return true // look whether it is there
		}
	default:
		k.well()
		return false
	}
	if err != nil {
		k.say(err.Error(), hint.Of(err))
		return true
	}
	k.well()
	return false
}

// say logs what is wrong, once.
func (k *tunKeeper) say(what, hint string) {
	if k.said == what {
		return
	}
	k.said = what
	k.d.log.Error("TUN", "device", k.d.c.TUN, "error", what, "hint", hint)
}

// well logs that all is right again.
func (k *tunKeeper) well() {
	if k.said != "" {
		k.d.log.Info("TUN restored", "device", k.d.c.TUN)
	}
	k.said = ""
}

func tunLacks(s ip.TUNState) string {
	if !s.Addr {
		return "no mesh address"
	}
	return "no route to the mesh"
}

func tunDownHint(name string) string { return "ip link set " + name + " up" }

// tun checks the device of the node that runs.
func (f *findings) tun(d *daemon) {
	if d.tun == nil {
		return
	}
	s, err := ip.LookTUN(d.c.TUN, d.id.Key().IPv6())
	switch {
	case err != nil:
		f.bad("", "%s: %v", d.c.TUN, err)
	case s.Index == 0:
		f.bad("the log of the node says why it cannot make it again", "the device %s is gone", s.Name)
	case !s.Up:
		f.bad(tunDownHint(s.Name), "%s is down: no IP reaches the mesh", s.Name)
	case !s.Addr || !s.Route:
		f.bad("the log of the node says why it cannot give it back", "%s has %s", s.Name, tunLacks(s))
	default:
		f.ok("%s is up, with the mesh address and the route", s.Name)
	}
}
