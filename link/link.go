package link

import (
	"slices"
	"time"

	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// A Link is the session with one neighbour on one port. It belongs to the owner
// of its Links; a Link that has gone down stays valid memory but sends nothing.
//
//	          newLink             confirm                       close
//	(none) -----------> pending ----------> up -----------------------------> gone
//	                       |                 |
//	                       | close, merge    +-- watched, quiet or probed:
//	                       v                 |   see liveness
//	                     gone                +-- its keys change: see keyset
//
// Pending: both ends may have the keys, but message 1 may have been a recording. The
// initiator confirms at once, when message 2 has opened (finish); the responder when a
// frame of the initiator opens (receive). It is closed after answerLife, or for another
// one of the same neighbour (admit).
// Up: the layer above has heard LinkUp, and will hear LinkDown.
// Gone: removed from all tables, for good. Causes while up: RemovePort, a goodbye
// (recordBye), probes without an answer (probe), keys older than keyLife (advanceKeys),
// or a newer session of the same neighbour (confirm). A pending one goes silently; in
// merge its keys go to the link that stands.
type Link struct {
	Index int // small and dense among the links that are up: for tables of the layer above

	ls        *Links
	port      *port
	addr      Addr
	peer      identity.Key
	short     identity.ShortID
	remote    [8]byte // the neighbour's boot and port nonce
	initiator bool
	up, gone  bool
	busy      bool
	since     time.Time

	cur, prev, next *keyset
	rekey           rekey
	early           step.Bucket // rekeys that the neighbour began

	control outbox
	live    liveness
	air     air // of frames to it, on a radio
	stats   Stats
}

// Stats are totals of one link since it came up.
type Stats struct {
	FramesIn, FramesOut uint64
}

// A keyset is one pair of directional keys and how far they are used.
type keyset struct {
	_          [0]func() // not compared: saves the code
	send, recv *half
	version    byte // that both ends speak
	born       time.Time
	counter    uint64 // of the next frame
	window     Window
}

func newKeyset(now time.Time, k *handshake.Keys) *keyset {
	return &keyset{send: newHalf(&k.Send), recv: newHalf(&k.Recv), version: k.Version, born: now, counter: 1}
}

// newLink enters a session that is not confirmed yet.
func (ls *Links) newLink(now time.Time, p *port, to Addr, peer identity.Key, remote [8]byte, k *handshake.Keys, initiator bool) *Link {
	l := &Link{ls: ls, port: p, addr: to, peer: peer, short: peer.Short(), remote: remote, initiator: initiator, since: now}
	l.cur = newKeyset(now, k)
	l.live.heard = now
	p.insert(l)
	ls.links = append(ls.links, l)
	ls.next.By(now.Add(answerLife))
	return l
}

// Peer returns the neighbour's address; Short its short id.
func (l *Link) Peer() identity.Key      { return l.peer }
func (l *Link) Short() identity.ShortID { return l.short }

// Version is what the newest handshake with the neighbour has agreed upon.
func (l *Link) Version() byte { return l.cur.version }

// Port returns the port's id and what is known of it; Addr where the neighbour is on it.
func (l *Link) Port() (int, PortInfo) { return l.port.id, l.port.info }
func (l *Link) Addr() Addr            { return l.addr }

// Since returns when the link came up; Stats its totals.
func (l *Link) Since() time.Time { return l.since }
func (l *Link) Stats() Stats     { return l.stats }

// Up says whether the link still stands.
func (l *Link) Up() bool { return l.up && !l.gone }

// SetBusy tells whether circuits use the link: it is then watched more closely. A
// neighbour that has been silent for longer than a busy one is gets probed now.
func (l *Link) SetBusy(now time.Time, busy bool) {
	if busy && !l.busy {
		l.live.helloAt = now
		l.ls.next.By(now)
	}
	l.busy = busy
}

// open tries the keys of the session on a frame and advances the replay window
// of the one that opens it. Nothing changes otherwise.
func (l *Link) open(now time.Time, frame []byte) (Header, bool) {
	for _, k := range [...]*keyset{l.cur, l.next, l.prev} {
		if k == nil {
			continue
		}
		h, ok, replayed := k.open(frame)
		if replayed {
			l.ls.N.Replayed++
		}
		if !ok {
			continue
		}
		if k == l.next {
			l.switchKeys()
		}
		return h, true
	}
	return Header{}, false
}

// open tries these keys. Nothing has changed when it fails.
func (k *keyset) open(frame []byte) (h Header, ok, replayed bool) {
	c := k.recv.counter(frame)
	if !k.window.Plausible(c) {
		return h, false, false
	}
	if !k.window.Check(c) {
		return h, false, true
	}
	if h, ok = k.recv.open(c, frame); !ok {
		return h, false, false
	}
	k.window.Accept(c)
	if h.Label == 0 {
		k.recv.openControl(c, frame[offBody:])
	}
	return h, true, false
}

// receive takes a frame that has opened; true when f was passed on.
func (l *Link) receive(now time.Time, h Header, f *Frame) bool {
	ls := l.ls
	ls.N.In++
	l.stats.FramesIn++
	l.live.alive(now)
	if !l.up {
		if l = l.confirm(now); l.gone {
			return false
		}
	}
	if h.Label == 0 {
		ls.N.Control++
		l.records(now, f.Bytes()[offBody:])
		return false
	}
	ls.up.Frame(now, l, h, f)
	return true
}

// confirm makes the session the link with its neighbour, and returns that link.
// An older one to the same port of the neighbour is void: it restarted, or lost
// us. Only when two handshakes crossed on the wire do both ends keep the link that
// stands and take the keys of the initiator with the lower address. The link is gone when
// its neighbour has as many on this port as it may.
func (l *Link) confirm(now time.Time) *Link {
	ls := l.ls
	for _, o := range step.Clone(l.port.links) {
		if o == l || !o.up || o.peer != l.peer || [4]byte(o.remote[:4]) == [4]byte(l.remote[:4]) && o.remote != l.remote {
			continue
		}
		if o.remote == l.remote && o.initiator != l.initiator && now.Sub(o.since) < simultaneous {
			return o.merge(now, l)
		}
		o.close(now)
	}
	if l.port.others(l.peer, l.remote) >= maxPerKey {
		l.close(now)
		return l
	}
	l.Index = ls.freeIndex()
	l.up, l.since, l.live.heard = true, now, now
	l.control.init()
	ls.N.Handshakes++
	l.live.helloAt = now
	l.hello(now, helloAsk)
	ls.next.By(now)
	ls.up.LinkUp(now, l)
	return l
}

// merge settles two handshakes that crossed: l is the link that stands, o the session of
// the other handshake. l takes the keys of the initiator with the lower address.
func (l *Link) merge(now time.Time, o *Link) *Link {
	mine := l.ls.c.Identity.Key()
	lower := string(mine[:]) < string(l.peer[:])
	if o.initiator == lower {
		l.prev, l.cur, l.initiator = l.cur, o.cur, o.initiator
	} else {
		l.prev = o.cur // frames already under way may still come under it
	}
	o.forget()
	l.hello(now, helloAsk)
	return l
}

// freeIndex returns the smallest index that no live link has.
func (ls *Links) freeIndex() int {
	used := make([]bool, len(ls.links)+1)
	for _, l := range ls.links {
		if l.up && l.Index < len(used) {
			used[l.Index] = true
		}
	}
	return slices.Index(used, false)
}

// forget removes the session from the tables.
func (l *Link) forget() {
	l.gone = true
	l.port.remove(l)
	l.ls.links = step.Remove(l.ls.links, l)
}

// close takes the link down and tells the layer above.
func (l *Link) close(now time.Time) {
	if l.gone {
		return
	}
	l.forget()
	l.ls.next.By(now)
	if !l.up {
		return
	}
	l.ls.N.LinksLost++
	l.fail(now)
	l.ls.up.LinkDown(now, l)
}

// Send stages a data frame and hands it to its port; f belongs to the link from now
// on. It allocates nothing.
func (l *Link) Send(now time.Time, h Header, f *Frame, flow *Flow) {
	if _, ok := l.Stage(h, f, flow); !ok {
		l.ls.c.Env.Free(f)
		return
	}
	f.Depart()
}

// out hands a frame to the port; it is sealed when it leaves the port's queue.
func (l *Link) out(f *Frame) {
	f.link, f.Broadcast = l, false
	f.Depart()
}

// Seal completes a frame that Env.Send was given, as the last thing before it
// goes out: the counters of a link follow the order on the wire, and a frame that
// waited gets the newest keys. False: its link is down, it must not be sent.
func (f *Frame) Seal() bool {
	l := f.link
	if l == nil {
		return true // a beacon or a handshake, whole as it is
	}
	if f.link = nil; l.gone {
		return false
	}
	k := l.cur
	if f.header.Label == 0 {
		k.send.sealControl(k.counter, f.Bytes())
	} else {
		k.send.seal(k.counter, f.header, f.Bytes())
	}
	k.counter++
	l.stats.FramesOut++
	f.Addr = l.addr
	return true
}

// advance does what is due on the link.
func (l *Link) advance(now time.Time) {
	if !l.up {
		if d := l.since.Add(answerLife); now.Before(d) {
			l.ls.next.By(d)
		} else {
			l.close(now)
		}
		return
	}
	if l.watch(now) {
		if l.control.ack {
			l.reserve(now, 0)
		}
		l.resend(now)
		l.advanceKeys(now)
	}
}
