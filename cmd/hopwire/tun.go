package main

import (
	"errors"
	"fmt"

	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/hop/ip"
)

// A tunKeeper sees to it that the TUN stays as the node has made it: others may delete
// it, or flush its addresses. It is used by the watch's goroutine alone.
type tunKeeper struct {
	_    [0]func() // not compared: saves the code
	r    *router
	said string // of what is wrong; "": nothing is
}

const tunDown = "down: it stays so"

// open makes the device and attaches it.
func (k *tunKeeper) open() error {
	t, err := ip.OpenTUN(k.r.c.TUN, k.r.ID.Key().IPv6())
	if err == nil {
		err = k.r.Runner.AttachTUN(t)
	}
	return tunError(err)
}

// tunError gives an error the hint that it has.
func tunError(err error) error {
	if te, ok := errors.AsType[*ip.TUNError](err); ok {
		return hint.Add(err, te.Hint)
	}
	if err != nil {
		return fmt.Errorf("TUN: %w", err)
	}
	return nil
}

// look puts right what is wrong with the device; true: whether it is right now is to be
// seen.
func (k *tunKeeper) look() (again bool) {
	if !k.r.tun {
		return false // the settings say so
	}
	what, advice := "", ""
	s, err := k.r.lookTUN()
	switch {
	case err != nil:
	case s.Index == 0 || !k.r.Runner.HasTUN():
		what, err = "gone: it is made again", k.open()
	case !s.Up:
		what, advice = tunDown, tunAdvice(s)
	case !s.Well:
		what, err = "no mesh address or no route: they are given back", tunError(s.Mend(k.r.ID.Key().IPv6()))
	}
	if err != nil {
		what, advice = err.Error(), hint.Of(err)
	}
	k.say(what, advice)
	return what != "" && what != tunDown
}

// say logs what is wrong, or that nothing is any more, once.
func (k *tunKeeper) say(what, advice string) {
	switch {
	case what == k.said:
	case what == "":
		k.r.Log.Info("TUN restored", "device", k.r.c.TUN)
	default:
		k.r.Log.Error("TUN", "device", k.r.c.TUN, "error", what, "hint", advice)
	}
	k.said = what
}

func (r *router) lookTUN() (ip.TUNState, error) { return ip.LookTUN(r.c.TUN, r.ID.Key().IPv6()) }

func tunAdvice(s ip.TUNState) string { return "ip link set " + s.Name + " up" }

// checkTUN checks the device of the node that runs.
func (r *router) checkTUN(f *daemon.Findings) {
	if !r.tun {
		return
	}
	switch s, err := r.lookTUN(); {
	case err != nil:
		f.Err(err)
	case s.Well:
		f.OK("%s is up, with the mesh address and the route", s.Name)
	case s.Index != 0 && !s.Up:
		f.Bad(tunAdvice(s), "%s is down: no IP reaches the mesh", s.Name)
	default:
		f.Bad("the log of the node says why it cannot give it back", "%s is gone, or has no mesh address or no route", s.Name)
	}
}
