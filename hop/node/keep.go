package node

import (
	"errors"
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/hop/ip"
	"hopwire/link/step"
)

// advancePeers does what is due at the ends: openings, renewals, moves,
// keep-alives, and forgetting what nobody uses.
func (n *Node) advancePeers(now time.Time) {
	for _, p := range step.Clone(n.order) {
		if p.next.Due(now) {
			p.advance(now)
		}
		n.next.By(p.next.At())
	}
	if !n.swept {
		n.flows.Sweep()
		n.swept = true
	}
}

// wake has the peer looked at by then, and no other: most of a server's rest.
//
//go:noinline
func (p *peer) wake(at time.Time) {
	p.next.By(at)
	p.n.next.By(at)
}

func (ch *channel) wake(at time.Time) {
	if ch.p != nil {
		ch.p.wake(at)
	} else {
		ch.n.next.By(at)
	}
}

func (p *peer) advance(now time.Time) {
	for _, ch := range p.channels() {
		if !ch.closed {
			ch.advance(now)
		}
	}
	if p.calls != nil {
		p.wake(p.calls.Advance(now))
	}
	p.pings = p.n.asked(p.pings)
	p.closeIdle(now)
	p.ensure(now)
	if p.idle(now) && len(p.channels()) == 0 && p.called(now) {
		p.forget(now)
	}
}

// called says that no call needs the peer any more. An answer to one of its calls waits a
// while for another circuit of the peer's: none is opened for it.
func (p *peer) called(now time.Time) bool {
	if p.calls == nil || p.calls.Idle() {
		return true
	}
	until := p.touched.Add(answerFor)
	p.wake(until)
	return !p.calls.Calling() && !now.Before(until)
}

//go:noinline
func (p *peer) idle(now time.Time) bool { return now.Sub(p.used) >= idleAfter }

// closeIdle closes our circuits when there was no traffic for long, and the warm one
// before that.
func (p *peer) closeIdle(now time.Time) {
	if p.warm != nil && now.Sub(p.used) >= warmFor {
		p.warm.close(now)
	}
	if p.warm != nil {
		p.wake(p.used.Add(warmFor))
	}
	if !p.idle(now) {
		p.wake(p.used.Add(idleAfter))
		return
	}
	for _, ch := range []*channel{p.active, p.opening} {
		if ch != nil {
			ch.close(now)
		}
	}
	p.unwait()
}

// advance does what is due on one channel.
func (ch *channel) advance(now time.Time) {
	p := ch.p
	if ch.opening != nil {
		ch.advanceOpening(now)
		return
	}
	if slices.Contains(p.old, ch) {
		if !now.Before(ch.renewAt) {
			ch.close(now)
		} else {
			ch.wake(ch.renewAt)
		}
		return
	}
	ch.owe(now)
	if ch.c != nil {
		ch.measure(now)
		ch.probe(now)
		ch.gauge(now)
		ch.watch(now)
	}
}

// owe answers the other end when nothing else has.
func (ch *channel) owe(now time.Time) {
	switch {
	case ch.answerBy.IsZero():
	case now.Before(ch.answerBy):
		ch.wake(ch.answerBy)
	default:
		ch.add(now, recordAlive)
	}
}

// measure asks for the RTT once a second while there is traffic, and keeps a
// circuit that rests alive.
func (ch *channel) measure(now time.Time) {
	gap := warmGap
	if ch == ch.p.active && now.Sub(ch.p.used) < 2*askGap {
		gap = askGap
	}
	at := ch.askedAt
	if at.IsZero() || at.Before(ch.askAt.Add(-askGap)) {
		at = ch.askAt.Add(-askGap)
	}
	if at = at.Add(gap); !now.Before(at) {
		ch.ask(now)
		at = now.Add(gap)
	}
	ch.wake(at)
}

// watch moves traffic away from a circuit that has gone silent, and gives it up
// when it stays so.
func (ch *channel) watch(now time.Time) {
	p := ch.p
	if ch.unanswered.IsZero() {
		return
	}
	move, dead := ch.unanswered.Add(ch.patience()), ch.unanswered.Add(ch.patience()+lingerFor)
	switch {
	case now.Before(move):
		p.wake(move)
	case !now.Before(dead):
		p.fail(now, ch, len(ch.path.Hops)-1, hop.ReasonTimeout)
	default:
		if ch == p.active && p.warm != nil && p.warm.ready() && !p.warm.failing(now) {
			p.active, p.warm = p.warm, ch // it may come back
			p.n.N.Moves++
			p.active.ask(now)
		} else if !now.Before(ch.askAt) {
			ch.ask(now)
		}
		p.wake(step.Earliest(dead, now.Add(askGap)))
	}
}

// ensure opens what is missing: a circuit to use, its renewal, or a warm one.
func (p *peer) ensure(now time.Time) {
	if p.opening != nil || p.idle(now) {
		return
	}
	need, full := false, false
	p.replace = false
	if p.improve(now); p.opening != nil {
		return
	}
	switch a := p.active; {
	case a == nil:
		need = p.busy(now)
	case !now.Before(a.renewAt):
		need, full = true, true
	default:
		p.wake(a.renewAt)
		need = p.lacks(now)
	}
	if !need {
		return
	}
	if now.Before(p.retryAt) {
		p.wake(p.retryAt)
		return
	}
	p.begin(now, full)
}

// lacks says that a second circuit is missing: a warm one, or at once one in the place of
// a circuit that is failing and that the warm one has not replaced.
func (p *peer) lacks(now time.Time) bool {
	at := p.warmAt
	if p.active.failing(now) {
		at = p.spareAt
	} else if p.warm != nil || now.Sub(p.used) >= warmFor {
		return false
	}
	if now.Before(at) {
		p.wake(at)
		return false
	}
	return true
}

// improve moves to the path that the map prefers now, when it is another than the one in
// use. The map does not change for less than a fifth.
func (p *peer) improve(now time.Time) {
	if p.active == nil || !now.Before(p.active.renewAt) || now.Sub(p.used) >= warmFor {
		return
	}
	if now.Before(p.checkAt) {
		p.wake(p.checkAt)
		return
	}
	p.checkAt = now.Add(checkPath)
	p.wake(p.checkAt)
	if p.warm != nil && p.n.Map.Load(p.warm.path) == hop.LoadFull {
		p.warm.close(now) // it is not used, and takes a place in a full table
		p.warmAt = now.Add(warmRetry)
	}
	paths, err := p.n.Map.Paths(now, p.key, 1)
	if err != nil || paths[0].Same(p.active.path) {
		return
	}
	if w := p.warm; w != nil && w.ready() && paths[0].Same(w.path) && !w.failing(now) {
		p.active, p.warm = w, p.active
		p.active.ask(now)
		return
	}
	p.replace = true
	p.open(now, paths[0], false)
}

// busy: there is something for a circuit of ours to carry.
func (p *peer) busy(now time.Time) bool {
	return p.queue.held > 0 || len(p.pings) > 0 || now.Sub(p.used) < warmFor || p.calls != nil && !p.calls.Idle()
}

// begin opens a circuit on the best path, or, when one is in use, on the path
// that shares least with it.
func (p *peer) begin(now time.Time, renew bool) {
	paths, err := p.n.Map.Paths(now, p.key, 3)
	if err != nil {
		p.lost(now, err)
		return
	}
	p.askedBy = time.Time{}
	path, ok := paths[p.tries%len(paths)], true
	if p.active != nil && !renew {
		path, ok = p.other(now, paths)
	}
	if !ok { // there is but one way, or no other has room: no warm circuit
		p.warmAt, p.spareAt = now.Add(warmRetry), now.Add(askGap)
		p.wake(p.warmAt)
		return
	}
	if err := p.open(now, path, renew || p.active == nil); err != nil {
		p.lost(now, err)
	}
}

// other returns the first path that is not the one in use. One for a circuit that
// is only to be warm has no relay whose table is filling up.
func (p *peer) other(now time.Time, paths []hop.Path) (hop.Path, bool) {
	for _, path := range paths {
		if !path.Same(p.active.path) && (p.active.failing(now) || p.n.Map.Load(path) == hop.LoadLight) {
			return path, true
		}
	}
	return hop.Path{}, false
}

// lost notes that there is no way, and tells the senders of what waited.
func (p *peer) lost(now time.Time, err error) {
	if errors.Is(err, hop.ErrAsking) {
		p.asking(now)
		return
	}
	p.wantErr = err
	p.tries++
	p.retryAt = now.Add(max(p.backoff(), retryFirst))
	p.wake(p.retryAt)
	if p.active == nil && p.tries > 3 {
		p.giveUp(now, ip.CodeNoRoute)
	}
}
