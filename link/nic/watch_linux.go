package nic

import (
	"bytes"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Times of a watch.
const (
	watchGap   = 5 * time.Second        // between looks, in case a message was lost
	watchFirst = 250 * time.Millisecond // before a failed step is tried again; twice as long each time,
	watchMost  = time.Second            // and at most so long: the kernel does not say that IPv6 is allowed again
	watchLeast = 50 * time.Millisecond  // between two looks, whatever the kernel says
)

// Of linux/rtnetlink.h: what is listened to.
const (
	groupLink   = 1
	group4Addr  = 5
	group6Addr  = 9
	group6Route = 11
	group6Info  = 12
)

// WatchInterfaces calls changed when something about an interface, an address, or a
// route to a prefix may have changed: at once, soon after the kernel says so, and every
// few seconds in case a message was lost. When changed returns true, or kick receives
// something, something could not be done, and it is called again, later each time. It
// calls changed from this goroutine alone, and returns when stop is closed.
func WatchInterfaces(stop, kick <-chan struct{}, route netip.Prefix, changed func() (again bool)) {
	w := &watch{route: route.Addr().AsSlice(), said: make(chan struct{}, 1), ended: make(chan struct{}, 1), pause: watchLeast, delay: watchFirst}
	defer w.close()
	for {
		w.subscribe()
		select {
		case <-stop:
			return
		case <-w.ended:
			w.close()
			w.failed() // or the same error again, at full speed
			continue
		case <-kick:
			w.failed()
			continue
		case <-w.said:
			w.delay = watchFirst
			w.rest()
		case <-time.After(w.pause):
			if w.pause == watchGap {
				w.delay = watchFirst // all has been well
			}
		}
		w.pause, w.looked = watchGap, time.Now()
		if changed() {
			w.failed()
		}
	}
}

// A watch is what WatchInterfaces knows.
type watch struct {
	route        []byte // destination of the routes that concern us
	socket       *nl.NetlinkSocket
	said, ended  chan struct{}
	pause, delay time.Duration // before the next look, and before the one after the next failure
	looked       time.Time
}

// rest waits until the next look may be: at once after a quiet time, since a carrier that
// is lost stops traffic.
func (w *watch) rest() {
	if d := watchLeast - time.Since(w.looked); d > 0 {
		unix.Poll(nil, int(d.Milliseconds())+1)
	}
}

// failed has the next look come sooner than else.
func (w *watch) failed() {
	w.pause = w.delay
	w.delay = min(2*w.delay, watchMost)
}

func (w *watch) close() {
	if w.socket != nil {
		w.socket.Close()
	}
	w.socket = nil
}

// subscribe listens to the kernel, unless it does. Without descriptors there are only
// the looks in between.
func (w *watch) subscribe() {
	if w.socket != nil {
		return
	}
	s, err := nl.Subscribe(unix.NETLINK_ROUTE, groupLink, group4Addr, group6Addr, group6Route, group6Info)
	if err == nil {
		w.socket = s
		go w.listen(s)
	}
}

// listen notes that the kernel has said something, until s is closed or broken.
// Whatever it was, everything is read anew; so a full socket loses nothing.
func (w *watch) listen(s *nl.NetlinkSocket) {
	for {
		messages, _, err := s.Receive()
		if err != nil && !Transient(err) {
			note(w.ended)
			return
		}
		if err != nil || slices.ContainsFunc(messages, w.concerns) {
			note(w.said)
		}
	}
}

// concerns says whether a message is about an interface, an address, or the loss of our
// route. Others' routes change hundreds of times a second on some routers.
func (w *watch) concerns(m syscall.NetlinkMessage) bool {
	switch m.Header.Type {
	case unix.RTM_NEWROUTE:
		return false
	case unix.RTM_DELROUTE:
		return bytes.Contains(m.Data, w.route)
	}
	return true
}

func note(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
