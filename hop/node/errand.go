package node

import (
	"time"

	"hopwire/hop"
	"hopwire/hop/call"
	"hopwire/link/handshake"
	"hopwire/link/step"
)

// An Errand is one call on a circuit of its own, under an identity that is drawn for it:
// who is asked learns neither who asks, nor which other errands are of the same node. It
// has no peer: nothing keeps it warm, renews it or carries packets on it.
type Errand struct {
	Path    hop.Path // the last hop is who is asked; 2 to hop.MaxHops hops
	Request []byte   // copied
	// Hold returns how much longer to hold a frame, at most a second, so that the other end
	// sees the round trip that the caller wants. Else it would see rtt and late together: rtt
	// is what was measured at message 2, less what the set-up took (0: no message 2 came), and
	// late how long ago the last frame of the other end came. They are two, since rtt says
	// where we are and late how busy. It applies to every frame after message 1, and to the
	// circuit's end. nil: frames leave at once.
	Hold func(rtt, late time.Duration) time.Duration
	// Done is told the response, which is its own, the RTT measured (0: no message 2 came), or
	// an error, once: an error of package call (ErrTimeout: whoever is asked was silent for
	// three seconds, or took ten), or hop.ErrNoPath when the path has failed, which the map has
	// heard of then. It may begin another errand: of the one that is over, nothing is sent or
	// heard any more but its end.
	Done func(now time.Time, response []byte, rtt time.Duration, err error)
}

const (
	maxErrands    = 4                // that are not done
	maxErrandEnds = 8                // and with those whose circuits still wait to be closed
	errandFor     = 10 * time.Second // the longest that one takes
	errandSilence = 3 * time.Second  // of who is asked, or while a set-up is opened: it is over
	shortRequest  = 128              // bytes: it goes in a short frame with room to spare
)

// An errand is under way.
//
//	         Errand              started                 end             advance
//	(none) ----------> opening ----------> asking ----------------> over ---------> (none)
//	                   |     ^   |                                   ^
//	                   +-----+   +-----------------------------------+
//	                   reopen     fail, missed, time
//
// Over: Done was told. The circuit stays until what is held back has left, and hears
// nothing any more.
type errand struct {
	n       *Node
	c       Errand
	ch      *channel
	calls   *call.Endpoint
	until   time.Time
	wide    bool          // its request fits a short frame, so all of its frames are long
	rtt     time.Duration // measured; 0: not yet
	m       measure
	over    bool
	closeAt time.Time
	other   *hop.Path // to be opened at closeAt in the place of a circuit that was refused
}

// Errand begins one, and reports its end to Done. hop.ErrTooMany: four are under way, or
// there is no room; hop.ErrNoPath: the first hop is no neighbour, or the path has a wrong
// number of hops. Then Done is not called.
func (n *Node) Errand(now time.Time, c Errand) error {
	e := &errand{n: n, c: c, until: now.Add(errandFor), wide: c.Hold != nil && len(c.Request) <= shortRequest}
	switch {
	case len(c.Path.Hops) < 2:
		return hop.ErrNoPath
	case len(n.errands) >= maxErrandEnds || n.errandsOpen() >= maxErrands:
		return hop.ErrTooMany
	}
	if err := e.ask(now); err != nil {
		return hop.ErrTooMany
	}
	if err := e.open(now, c.Path); err != nil {
		e.over = true
		e.calls.Close(err)
		return err
	}
	n.errands = append(n.errands, e)
	n.next.By(e.until)
	return nil
}

func (n *Node) errandsOpen() (open int) {
	for _, e := range n.errands {
		if !e.over {
			open++
		}
	}
	return open
}

// ask begins the call, which goes when the channel is ready.
func (e *errand) ask(now time.Time) error {
	var first [4]byte
	step.Draw(e.n.rand, first[:])
	e.calls = call.New(call.Config{First: first, Pool: e.n.calls, Send: func(now time.Time, fragment []byte) bool {
		return e.ch != nil && e.ch.ready() && e.ch.add(now, recordCall, fragment)
	}})
	_, err := e.calls.Call(now, e.c.Request, e.end)
	e.c.Request = nil
	return err
}

func (e *errand) open(now time.Time, path hop.Path) error {
	ch, err := e.n.dial(now, e, path, lifeOfErrands)
	if err != nil {
		return err
	}
	ch.c.Stays = true
	ch.opening.until = now.Add(errandSilence * setups(path))
	if e.ch = ch; e.c.Hold != nil {
		ch.back, ch.wide = new(holdback), e.wide
	}
	ch.initiate(now)
	return nil
}

// reopen is for the other key of a hop. Who refused must not see the round trip by what it
// sees next.
func (e *errand) reopen(now time.Time, ch *channel, path hop.Path) error {
	ch.c.User = nil
	e.m.forget(e.n)
	e.m = measure{}
	e.other, e.closeAt = &path, e.hold(now, 0, now.Sub(ch.born))
	e.n.next.By(e.closeAt)
	return nil
}

func (e *errand) agreed(*handshake.Keys) {}

func (e *errand) started(now time.Time, _ *channel, rtt time.Duration) {
	e.rtt = rtt
	e.n.next.By(now)
}

// holdBack begins to hold back, as soon as it is known for how long; until then nothing
// can be sent.
func (e *errand) holdBack(now time.Time) (ok bool) {
	late := e.ch.heard.Add(measureFor)
	if !e.m.done() && now.Before(late) {
		e.n.next.By(late)
		return false
	}
	e.rtt = e.m.without(e.rtt)
	*e.ch.back = holdback{rtt: e.rtt, rule: e.c.Hold}
	return true
}

func (e *errand) takeCall(now time.Time, _ *channel, data []byte) {
	e.calls.Receive(now, data)
	e.n.next.By(now)
}

func (e *errand) slowed(now time.Time) { e.calls.Slow(now) }

func (e *errand) missed(now time.Time, _ *channel) { e.end(now, nil, hop.ErrTooMany) }

// fail tells the map as a peer does.
func (e *errand) fail(now time.Time, ch *channel, i int, why hop.Reason) {
	e.n.Map.Failed(now, ch.path, i, why)
	e.end(now, nil, hop.ErrNoPath)
}

// end reports the errand, and lets what is held back leave.
func (e *errand) end(now time.Time, response []byte, err error) {
	if e.over {
		return
	}
	e.over, e.ch.c.User, e.other = true, nil, nil
	e.m.forget(e.n)
	e.calls.Close(call.ErrClosed)
	switch e.closeAt = now; {
	case err == nil && e.ch.back != nil:
		e.closeAt = e.ch.back.last(now)
	case err != nil && e.rtt != 0 && now.Before(e.until): // something of theirs was the reason, or missing
		e.closeAt = e.hold(now, e.rtt, 0)
	case err != nil:
		e.closeAt = e.hold(now, 0, now.Sub(e.ch.born))
	}
	e.n.next.By(e.closeAt)
	if done := e.c.Done; done != nil {
		done(now, response, e.rtt, err)
	}
}

// hold is when something may leave that the other end could measure a round trip by.
func (e *errand) hold(now time.Time, rtt, late time.Duration) time.Time {
	if e.c.Hold == nil {
		return now
	}
	return now.Add(within(e.c.Hold(rtt, late)))
}

func (e *errand) drop(ch *channel) {
	if ch == e.ch && e.over {
		e.n.errands = step.Remove(e.n.errands, e)
	}
}

// advanceErrands does what is due.
func (n *Node) advanceErrands(now time.Time) {
	for _, e := range step.Clone(n.errands) {
		e.advance(now)
	}
}

func (e *errand) advance(now time.Time) {
	ch := e.ch
	if ch.back != nil {
		e.n.next.By(ch.back.leave(now, ch))
	}
	switch {
	case e.over && !now.Before(e.closeAt):
		ch.emit(now)
		ch.close(now)
		return
	case e.over:
		e.n.next.By(e.closeAt)
		return
	case !now.Before(e.until):
		e.end(now, nil, call.ErrTimeout)
		return
	}
	e.n.next.By(e.until)
	e.ping(now)
	switch {
	case e.other != nil:
		e.advanceOther(now)
	case ch.opening != nil:
		ch.advanceOpening(now)
	case ch.back != nil && ch.back.rule == nil && !e.holdBack(now):
	default:
		e.advanceCall(now)
	}
}

// advanceOther tries the other key.
func (e *errand) advanceOther(now time.Time) {
	if now.Before(e.closeAt) {
		e.n.next.By(e.closeAt)
		return
	}
	old, path := e.ch, *e.other
	e.other = nil
	if err := e.open(now, path); err != nil {
		e.end(now, nil, err)
		return
	}
	old.close(now)
}

// advanceCall sends what is due, and watches whether anything comes back.
func (e *errand) advanceCall(now time.Time) {
	e.n.next.By(e.calls.Advance(now))
	if e.over {
		return
	}
	from := e.ch.heard
	if e.ch.unanswered.After(from) {
		from = e.ch.unanswered
	}
	silent := from.Add(errandSilence)
	switch {
	case now.Before(silent):
		e.n.next.By(silent)
	case e.ch.unanswered.IsZero():
		e.end(now, nil, call.ErrTimeout)
	default:
		e.n.N.Failed++
		e.fail(now, e.ch, len(e.ch.path.Hops)-1, hop.ReasonTimeout)
	}
}
