package node

import (
	"net/netip"
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/hop/call"
	"hopwire/hop/ip"
	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// A peer is the other end of our sessions: at most two circuits of our own, one
// in use and one warm, and those of the peer's that end here.
//
//	          begin, improve         started: no other in use
//	(none) -----------------> opening ----------------------------> active
//	                             |                                 ^   |  |
//	                             | started: another is in use      |   |  | replaced: started when it is
//	                             v             move, watch, improve|   |  | renewed, failing, or replace
//	                            warm ------------------------------+   |  v
//	                             ^                                     | old --> closed after lingerFor
//	                             +-------------------------------------+
//	                                watch, improve: the two change places
//
// There is at most one active, one warm and one opening channel: a second warm one makes
// the first old. Old ones linger to deliver what is under way. Any of them may close: it failed (fail, which puts the warm
// one in the place of an active one: move), it is not wanted any more (closeIdle: after
// idleAfter; warm after warmFor, or when a relay of its path is full), or its opening ran
// out of time. A closed channel has no role (drop).
// terminals are the peer's circuits that end here: at most maxTerminals, the one last
// heard of first; the last is closed for a new one (admit).
// The peer itself is forgotten when it has been idle for idleAfter and has no channel and
// no call left (advance), or to make room (evict).
type peer struct {
	n         *Node
	key       identity.Key
	ip        netip.Addr
	active    *channel
	warm      *channel
	opening   *channel   // to become active or warm
	old       []*channel // replaced; they linger to deliver what is under way
	terminals []*channel // the one last heard of comes first
	from      source     // where it was last heard of, kept when its circuits close; 0: never
	queue     waiting    // packets for a session
	pings     []uint32   // and questions
	calls     *call.Endpoint
	via       *channel // that the call at hand came by
	version   byte     // of the sessions, as the newest handshake has agreed
	resume    resume
	tokens    tokens

	next    step.Timer
	used    time.Time // last traffic of ours that wanted a circuit of ours
	touched time.Time // last traffic of any kind
	tries   int
	retryAt time.Time
	askedBy time.Time // until then packets wait for a map that asks; zero: none does
	wantErr error     // why there is no path
	warmAt  time.Time // when to look for a second way again
	spareAt time.Time // the same while the one in use is failing
	checkAt time.Time // for a better path than the one in use
	lossAt  time.Time // until then, loss moves no traffic
	replace bool      // what is being opened is to replace the active circuit
}

// peer returns the state of a peer, making it when needed; nil: the table is full
// of peers in use.
func (n *Node) peer(now time.Time, key identity.Key) *peer {
	if p := n.peers[key]; p != nil {
		return p
	}
	if len(n.order) >= n.c.MaxPeers && !n.evict(now) && !n.oust(now) {
		n.N.NoRoom++
		return nil
	}
	p := &peer{n: n, key: key, ip: key.IPv6(), touched: now}
	n.peers[key], n.byIP[p.ip] = p, p
	n.order = append(n.order, p)
	return p
}

// evict makes room for a peer. First goes one that there is no way to: whoever asks for
// many made-up addresses must take no room from real ones. Else the one that was
// longest without traffic goes, if that is half of warmFor at least.
func (n *Node) evict(now time.Time) bool {
	var oldest *peer
	for _, p := range n.order {
		if oldest == nil || p.lostCause() && !oldest.lostCause() ||
			p.lostCause() == oldest.lostCause() && p.touched.Before(oldest.touched) {
			oldest = p
		}
	}
	if oldest == nil || !oldest.lostCause() && now.Sub(oldest.touched) < warmFor/2 {
		return false
	}
	oldest.forget(now)
	return true
}

// lostCause says that the map knows no way to the peer, and that there is no circuit to
// it either, neither of ours nor of the peer's.
//
//go:noinline
func (p *peer) lostCause() bool {
	return p.wantErr != nil && p.wantErr != hop.ErrTooMany && p.active == nil && p.opening == nil && len(p.terminals) == 0 && len(p.old) == 0
}

// forget closes what the peer has and removes it.
func (p *peer) forget(now time.Time) {
	p.closeAll(now)
	p.unwait()
	p.tokens.clear(p.n)
	p.resume = resume{}
	if p.calls != nil {
		p.calls.Close(call.ErrClosed)
	}
	delete(p.n.peers, p.key)
	delete(p.n.byIP, p.ip)
	p.n.order = step.Remove(p.n.order, p)
}

// channels are all of the peer's.
func (p *peer) channels() []*channel {
	all := append(step.Clone(p.terminals), p.old...)
	for _, ch := range []*channel{p.active, p.warm, p.opening} {
		if ch != nil {
			all = append(all, ch)
		}
	}
	return all
}

func (p *peer) closeAll(now time.Time) {
	for _, ch := range p.channels() {
		ch.close(now)
	}
}

// drop forgets a closed channel.
func (p *peer) drop(ch *channel) {
	for _, slot := range []**channel{&p.active, &p.warm, &p.opening} {
		if *slot == ch {
			*slot = nil
		}
	}
	p.old = step.Remove(p.old, ch)
	p.terminals = step.Remove(p.terminals, ch)
	p.wake(time.Time{}.Add(1)) // look at the peer again soon
}

// prefer moves a terminal to the front: answers without a flow leave there.
func (p *peer) prefer(ch *channel) {
	p.touched, p.from = ch.heard, ch.source()
	if i := slices.Index(p.terminals, ch); i > 0 {
		copy(p.terminals[1:i+1], p.terminals[:i])
		p.terminals[0] = ch
	}
}

// admit enters a circuit of the peer's that ends here and has its session.
func (p *peer) admit(now time.Time, ch *channel) {
	ch.p, ch.o, ch.heard, p.touched, p.from = p, p, now, now, ch.source()
	p.terminals = step.Insert(p.terminals, 0, ch)
	if len(p.terminals) > maxTerminals {
		p.terminals[len(p.terminals)-1].close(now)
	}
}

func (p *peer) begun(time.Time, *channel) {}

func (p *peer) agreed(keys *handshake.Keys) {
	p.version = keys.Version
	p.resume.reset(keys.Resume)
}

// started takes a channel of ours that became ready: it is put to use when there
// is none, or when it renews or replaces the one in use; else it stays warm.
func (p *peer) started(now time.Time, ch *channel, _ time.Duration) {
	ch.ask(now)
	p.opening, p.tries, p.wantErr, p.checkAt = nil, 0, nil, now.Add(checkPath)
	defer func() { p.replace = false }()
	switch old := p.active; {
	case old == nil:
		p.active = ch
	case p.replace || !now.Before(old.renewAt) || old.failing(now):
		p.n.N.Renewals++
		p.active = ch
		p.linger(now, old)
	default:
		if p.warm != nil { // the one in use is well again
			p.linger(now, p.warm)
		}
		p.warm = ch
	}
	p.flushQueue(now)
	p.wake(now)
}

// linger keeps a replaced channel for a moment.
func (p *peer) linger(now time.Time, ch *channel) {
	ch.renewAt = now.Add(lingerFor)
	p.old = append(p.old, ch)
	p.wake(ch.renewAt)
}

// failing says that something was sent that wants an answer, and that nothing has come
// back within patience; or that long frames do not pass.
//
//go:noinline
func (ch *channel) failing(now time.Time) bool {
	return ch.narrow || !ch.unanswered.IsZero() && now.Sub(ch.unanswered) >= ch.patience()
}

// route picks the channel for a packet of a flow: where the flow's last packet
// came from, else our own, else the peer's that was last heard of; nil: none yet.
func (p *peer) route(now time.Time, flow uint64) *channel {
	if ch := p.n.flowChannel(now, flow); ch != nil && ch.p == p {
		return ch
	}
	if p.active != nil && p.active.ready() {
		return p.active
	}
	for _, ch := range p.terminals {
		if ch.ready() && ch.answered == nil && !ch.failing(now) {
			return ch
		}
	}
	return nil
}

// any picks a channel for what belongs to no flow.
func (p *peer) any(now time.Time) *channel { return p.route(now, 0) }

// want asks for a circuit of our own.
func (p *peer) want(now time.Time) {
	p.used, p.touched = now, now
	if p.active == nil && p.opening == nil {
		p.ensure(now)
	}
}

// flushQueue sends the packets that waited.
func (p *peer) flushQueue(now time.Time) {
	for _, packet := range p.unwait() {
		p.n.toPeer(now, p, packet, nil)
	}
	pings := p.pings
	p.pings = nil
	for _, id := range pings {
		p.n.sendPing(now, p, id)
	}
}

// fail closes a channel because hop i (or the link to it) failed, tells the map,
// and moves traffic to the warm circuit at once.
func (p *peer) fail(now time.Time, ch *channel, i int, why hop.Reason) {
	if ch.opening != nil && ch.opening.join != nil {
		p.resume = resume{} // the other end may have lost the secret
	}
	if ch.c != nil {
		p.n.Map.Failed(now, ch.path, i, why)
	}
	opening := p.opening == ch
	if ch == p.active {
		p.move(now)
	}
	ch.close(now)
	if opening {
		p.miss(now, 0)
	}
	if why == hop.ReasonFull || why == hop.ReasonBusy { // do not add to what is too much already
		p.retryAt = now.Add(step.Jitter(p.n.jitter, retryFull, 50))
	}
	p.wake(now)
}

// missed: the path may be as good as ever.
func (p *peer) missed(now time.Time, ch *channel) {
	p.miss(now, retryFirst)
	ch.close(now)
}

// miss notes an opening that came to nothing. After some the senders of what waits are
// told.
func (p *peer) miss(now time.Time, least time.Duration) {
	p.tries++
	p.retryAt = now.Add(max(p.backoff(), least))
	if p.tries >= openTries && p.active == nil {
		p.giveUp(now, ip.CodeNoAnswer)
	}
}

// backoff grows once every path has been tried.
func (p *peer) backoff() time.Duration {
	if p.tries < openTries {
		return 0
	}
	return min(retryFirst<<min(p.tries-openTries, 8), retryMost)
}

// move puts the warm circuit to use.
func (p *peer) move(now time.Time) {
	if p.warm == nil || !p.warm.ready() {
		return
	}
	p.active, p.warm = p.warm, nil
	p.n.N.Moves++
	p.active.ask(now)
}
