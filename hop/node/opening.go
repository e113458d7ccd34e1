package node

import (
	"io"
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// opening is a session handshake at the source: a full one (init) or a join under
// the resumption secret of an earlier one. Its first body is repeated as it is;
// the circuit's layers make it different on every wire.
type opening struct {
	init  *handshake.Initiation
	join  *join
	first []byte
	again hop.Repeat
	sent  time.Time // for the first time
	until time.Time
	retry time.Time // message 1 had no worker: when to ask for one again; zero: it has
	busy  bool      // the answer is being worked on
}

// answered is what a last hop keeps to repeat its answer, until the first session
// frame shows that the answer arrived.
type answered struct {
	hash uint64
	body []byte
}

// open starts a circuit to the peer over path. The handshake follows the set-up
// at once: the circuit is usable after one round trip. full: it is a whole handshake,
// even where a join would do.
func (p *peer) open(now time.Time, path hop.Path, full bool) error {
	ch, err := p.n.dial(now, p, path, lifeOfPeers)
	if err != nil {
		return err
	}
	ch.p = p
	p.wake(ch.opening.until)
	ch.renewAt = now.Add(step.Jitter(p.n.jitter, p.n.c.CircuitLife, 20))
	if j := p.resume.next(p.n); j != nil && !full {
		ch.opening.join, ch.opening.first = j, j.body
		ch.first(now)
	} else {
		ch.initiate(now)
	}
	p.opening = ch
	return nil
}

// Life classes of circuits (hop/onion/wire.md, "Set-up").
const (
	lifeOfErrands = 0 // 2 minutes
	lifeOfPeers   = 1 // 15 minutes
)

// dial opens a circuit; what its first frame is, its owner says.
func (n *Node) dial(now time.Time, o owner, path hop.Path, life byte) (*channel, error) {
	c, err := n.Circuits.Open(now, path, life)
	if err != nil {
		return nil, err
	}
	ch := &channel{n: n, o: o, c: c, path: path, born: now, heard: now}
	c.User = ch
	ch.opening = &opening{until: now.Add(openFor(path))}
	ch.wake(ch.opening.until)
	return ch, nil
}

// openFor is how long an opening is waited for: as long for each set-up that it takes.
func openFor(path hop.Path) time.Duration { return hop.Patience * setups(path) }

// setups is how many set-ups a path takes: itself, and Extends.
func setups(path hop.Path) time.Duration {
	return time.Duration((len(path.Hops) + onion.MaxHops - 1) / onion.MaxHops)
}

// reopen is for the other key of a hop.
func (p *peer) reopen(now time.Time, ch *channel, path hop.Path) error {
	err := p.open(now, path, ch.opening.join == nil)
	if err == nil {
		ch.close(now)
	}
	return err
}

// otherKey begins the opening anew with the other onion key of a hop that refused. The
// map chose the key by an age that nobody signs, so the hop may be as good as its key is
// wrong: the map hears of it when both were refused. False: there is no other key.
func (ch *channel) otherKey(now time.Time, i int) bool {
	path, ok := otherKeyOf(ch.path, i)
	if ch.opening == nil || !ok || ch.o.reopen(now, ch, path) != nil {
		return false
	}
	ch.n.N.OtherKeys++
	return true
}

// otherKeyOf is a path with the other onion key of a hop; false: there is none.
func otherKeyOf(path hop.Path, i int) (hop.Path, bool) {
	if i < 0 || i >= len(path.Hops) || path.Hops[i].Other == ([32]byte{}) {
		return path, false
	}
	path.Hops = slices.Clone(path.Hops)
	h := &path.Hops[i]
	h.Onion, h.Other, h.Parity = h.Other, [32]byte{}, h.Parity^1
	return path, true
}

// initiate makes message 1 on the worker and sends it. When the worker has no room, that is
// not the path's fault: it is asked again soon.
func (ch *channel) initiate(now time.Time) {
	n := ch.n
	ch.opening.retry = time.Time{}
	nk := n.c.Links.NetworkKeys[0]
	to, stranger := ch.path.Hops[len(ch.path.Hops)-1].Key, ch.p == nil
	if !stranger {
		to = ch.p.key // whatever the map says
	}
	filter := handshake.NewFirstFilter(to, handshake.KindSession, nk, nil)
	c := handshake.InitiateConfig{Kind: handshake.KindSession, Version: n.c.Links.Version, Identity: n.c.Links.Identity, NetworkKey: nk, Peer: to, Filter: &filter, Size: link.BodyLong}
	rand := step.Stream(n.rand)
	ok := n.env.Work(link.Cost{Class: link.ClassHandshake, DH: 3, KEM: 1}, func() func(time.Time) {
		i, message, err := initiate(rand, c, stranger)
		return func(now time.Time) {
			if err == nil && !ch.closed {
				ch.opening.init, ch.opening.first = i, message
				ch.first(now)
			}
		}
	})
	if !ok {
		ch.opening.retry = now.Add(step.Jitter(n.jitter, workRetry, 50))
		ch.wake(ch.opening.retry)
	}
}

// initiate makes message 1. A stranger does so under an identity that is drawn for it, and
// that nobody has once the handshake is done.
func initiate(rand io.Reader, c handshake.InitiateConfig, stranger bool) (*handshake.Initiation, []byte, error) {
	if !stranger {
		return handshake.Initiate(rand, c)
	}
	id, err := identity.NewIdentity(rand)
	if err != nil {
		return nil, nil, err
	}
	c.Identity = id
	defer func() { *id = identity.Identity{} }()
	return handshake.Initiate(rand, c)
}

// first sends the first body, and again until it is answered.
func (ch *channel) first(now time.Time) {
	o := ch.opening
	if o == nil || o.first == nil || !ch.c.Ready() {
		return // the set-up or message 1 is still being made; the later of them calls again
	}
	ch.wake(o.again.Sent(now))
	ch.raw(now, o.first)
	if o.again.Tries == 1 {
		o.sent = now
		ch.o.begun(now, ch)
	}
}

// advanceOpening repeats or gives up.
func (ch *channel) advanceOpening(now time.Time) {
	o := ch.opening
	switch {
	case !now.Before(o.until) && o.first == nil: // no worker in all the time: who knows what the path is like
		ch.n.N.Failed++
		ch.o.missed(now, ch)
		return
	case !now.Before(o.until) && !o.busy:
		ch.n.N.Failed++
		ch.o.fail(now, ch, len(ch.path.Hops)-1, hop.ReasonTimeout)
		return
	case !o.retry.IsZero() && !now.Before(o.retry):
		ch.initiate(now)
	}
	if !o.busy {
		ch.wake(o.until)
	}
	ch.wake(o.retry)
	if o.again.Tries == 0 || o.busy || o.again.Over() {
		return
	}
	if !now.Before(o.again.At) {
		ch.first(now)
	}
	ch.wake(o.again.At)
}

// opened takes the first frame that came back.
func (ch *channel) opened(now time.Time, seq uint32, body []byte) {
	o := ch.opening
	switch {
	case o.busy || o.first == nil:
	case o.join != nil:
		ch.joined(now, seq, body)
	case len(body) == link.BodyLong && o.init.Check(body):
		ch.heard = now
		ch.finish(slices.Clone(body))
	default:
		ch.n.N.BadFrame++
	}
}

// finish works message 2 out on the worker; then the channel is ready.
func (ch *channel) finish(message []byte) {
	o := ch.opening
	o.busy = true
	ok := ch.n.env.Work(link.Cost{Class: link.ClassHandshake, DH: 2, KEM: 1}, func() func(time.Time) {
		keys, _, err := o.init.Finish(message)
		return func(now time.Time) {
			if o.busy = false; err == nil {
				defer keys.Wipe()
			}
			ch.wake(o.until)
			switch {
			case ch.closed:
			case err != nil:
				ch.o.fail(now, ch, len(ch.path.Hops)-1, hop.ReasonSpoiled)
			default:
				ch.setKeys(keys.Session())
				ch.o.agreed(keys)
				ch.n.N.Handshakes++
				ch.start(now)
			}
		}
	})
	o.busy = ok
}

// start puts a channel that is ready to use.
func (ch *channel) start(now time.Time) {
	rtt := ch.heard.Sub(ch.opening.sent)
	ch.opening = nil
	ch.o.started(now, ch, rtt)
}

// firstFrame takes a frame for a last hop that has no session yet: a join or message 1.
func (n *Node) firstFrame(now time.Time, ch *channel, seq uint32, body []byte) {
	if len(body) != link.BodyLong {
		n.N.BadFirst++
		return
	}
	if ch.answered != nil { // one is being worked on, and a circuit has one session
		return
	}
	if n.takeJoin(now, ch, seq, body) {
		return
	}
	i := slices.IndexFunc(n.first, func(f handshake.FirstFilter) bool { return f.Check(body) })
	if i < 0 {
		n.N.BadFirst++
		return
	}
	n.respond(now, ch, i, body)
}

// respond works out message 2 on the worker, if the budgets allow it. A circuit whose first
// messages come to nothing is closed.
func (n *Node) respond(now time.Time, ch *channel, key int, body []byte) {
	done, ok := n.doors.take(now, ch.source())
	if !ok {
		n.N.FirstLimited++
		return
	}
	message := slices.Clone(body)
	ch.firsts++
	ch.answered = &answered{hash: handshake.SeenHash(message)}
	c := handshake.RespondConfig{Kind: handshake.KindSession, Version: n.c.Links.Version, Identity: n.c.Links.Identity, NetworkKey: n.c.Links.NetworkKeys[key], Prefiltered: true, Size: link.BodyLong}
	rand := step.Stream(n.rand)
	ok = n.env.Work(link.Cost{Class: link.ClassHandshake, DH: 5, KEM: 1}, func() func(time.Time) {
		r, err := handshake.Respond(rand, c, message)
		return func(now time.Time) {
			if done(); err != nil {
				ch.refuse(now)
				return
			}
			defer r.Keys.Wipe()
			if !ch.closed {
				n.accepted(now, ch, r)
			}
		}
	})
	if !ok {
		done()
		n.N.FirstLimited++
		ch.firsts--
		ch.answered = nil
	}
}

// refuse notes a first message that only passed the filter.
func (ch *channel) refuse(now time.Time) {
	ch.n.N.BadFirst++
	if ch.answered = nil; ch.firsts >= maxFirst {
		ch.close(now)
	}
}

// accepted enters the session that a first message made and answers it.
func (n *Node) accepted(now time.Time, ch *channel, r *handshake.Response) {
	if r.Peer == n.key { // our identity is in use elsewhere, or somebody plays our message back
		n.N.OwnKey++
		ch.close(now)
		return
	}
	p := n.welcome(now, r.Peer, ch.source())
	if p == nil {
		ch.close(now)
		return
	}
	ch.setKeys(r.Keys.Session())
	p.version = r.Keys.Version
	p.tokens.reset(n, p, r.Keys.Resume)
	ch.answered.body = r.Message
	n.N.Handshakes++
	p.admit(now, ch)
	ch.raw(now, r.Message)
}

// repeated answers a first frame that came again, and says whether it was one.
func (ch *channel) repeated(now time.Time, body []byte) bool {
	a := ch.answered
	if a == nil || len(body) != link.BodyLong || handshake.SeenHash(body) != a.hash {
		return false
	}
	if a.body != nil {
		ch.raw(now, a.body)
	} else if ch.ready() {
		ch.add(now, recordAlive)
	}
	return true
}
