package link

import (
	"slices"
	"time"

	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// rekeySize is the length of handshake messages inside link control: a record
// holds them whole, and there is no prefilter in front (wire.md, "Rekey").
const rekeySize = 1360

// rekey is the state of a rekey inside the living session, so that garbage at the
// open door can never take down a link that stands.
//
//	           due                   message 2 opened (rekey2)
//	(empty) ---------> own is set ------------------------------> (empty), new cur
//	   |                   | their message 1, and they have the lower address
//	   | their message 1   v
//	   +------------> answer and next are set ------------------> (empty), new cur
//	                                    first frame under next (switchKeys)
//
// busy: a job of it is with the worker. prev, the keys before, opens late frames until
// it is keyLife old.
type rekey struct {
	own     *handshake.Initiation
	message []byte // message 1 of ours, resent until answered
	busy    bool
	at      time.Time
	seen    uint64 // message 1 of theirs that was answered,
	answer  []byte // and the answer
}

// switchKeys makes the next keys the current ones: the other side uses them.
func (l *Link) switchKeys() {
	l.prev, l.cur, l.next = l.cur, l.next, nil
	l.rekey = rekey{}
	l.ls.N.Rekeys++
}

// due says when this side begins a rekey: the initiator first, so that the two
// rarely cross; the other only if nothing happened.
func (l *Link) due() time.Time {
	d := rekeyAfter
	if !l.initiator {
		d += rekeyAfter / 6
	}
	if l.cur.counter >= rekeyFrames {
		d = 0
	}
	return l.cur.born.Add(d)
}

// advanceKeys begins or repeats a rekey and forgets keys whose time is over.
func (l *Link) advanceKeys(now time.Time) {
	if l.prev != nil && now.Sub(l.prev.born) >= keyLife {
		l.prev = nil
	}
	if now.Sub(l.cur.born) >= keyLife {
		l.close(now)
		return
	}
	if at := l.due(); now.Before(at) {
		l.ls.next.By(at)
		return
	}
	if now.Before(l.rekey.at) {
		l.ls.next.By(l.rekey.at)
		return
	}
	l.rekey.at = now.Add(step.Jitter(l.ls.c.Jitter, rekeyRetry, 20))
	l.ls.next.By(l.rekey.at)
	switch {
	case l.rekey.busy:
	case l.rekey.own != nil:
		l.record(now, recordRekey1, l.rekey.message)
	default:
		l.beginRekey()
	}
}

func (l *Link) beginRekey() {
	ls := l.ls
	c := handshake.InitiateConfig{Kind: handshake.KindLink, Version: ls.c.Version, Identity: ls.c.Identity, NetworkKey: ls.keys[l.port.info.Key].key, Peer: l.peer, PortNonce: l.port.nonce, Size: rekeySize}
	rand := step.Stream(ls.c.Rand)
	l.rekey.busy = ls.work(l.port, maxJobs, Cost{ClassHandshake, 3, 1, 0}, func() func(time.Time) {
		i, message, err := handshake.Initiate(rand, c)
		return func(now time.Time) {
			l.rekey.busy = false
			if err == nil && !l.gone {
				l.rekey.own, l.rekey.message = i, message
				l.record(now, recordRekey1, message)
			}
		}
	})
}

// rekey1 answers a first message inside the session; the same bytes get the same
// answer. When both began, the initiator with the lower address goes on. Each costs the
// worker five X25519: a neighbour that rekeys sooner than is due waits.
func (l *Link) rekey1(now time.Time, message []byte) {
	r := &l.rekey
	if len(message) != rekeySize || r.busy {
		return
	}
	if h := handshake.SeenHash(message); r.answer != nil && h == r.seen {
		l.record(now, recordRekey2, r.answer)
		return
	}
	mine := l.ls.c.Identity.Key()
	if r.own != nil && string(mine[:]) < string(l.peer[:]) {
		return
	}
	if l.port.jobs >= maxJobs {
		return // it comes again
	}
	if !l.early.Take(now, rekeyRate, rekeyBurst) {
		l.ls.N.RekeysEarly++
		return
	}
	c := handshake.RespondConfig{Kind: handshake.KindLink, Version: l.ls.c.Version, Identity: l.ls.c.Identity, NetworkKey: l.ls.keys[l.port.info.Key].key, PortNonce: l.port.nonce, Size: rekeySize,
		Allow: func(k identity.Key) bool { return k == l.peer }}
	rand, message := step.Stream(l.ls.c.Rand), slices.Clone(message)
	r.busy = l.ls.work(l.port, maxJobs, Cost{ClassHandshake, 5, 1, 0}, func() func(time.Time) {
		res, err := handshake.Respond(rand, c, message)
		return func(now time.Time) {
			r.busy = false
			if err != nil || l.gone {
				return
			}
			r.own, r.seen, r.answer = nil, handshake.SeenHash(message), res.Message
			l.next = newKeyset(now, res.Keys)
			l.record(now, recordRekey2, res.Message)
		}
	})
}

// rekey2 finishes our rekey and switches at once: the other side follows with
// the first frame it opens under the new keys.
func (l *Link) rekey2(now time.Time, message []byte) {
	i := l.rekey.own
	if i == nil || l.rekey.busy || len(message) != rekeySize {
		return
	}
	message = slices.Clone(message)
	l.rekey.busy = l.ls.work(l.port, maxSeconds, Cost{ClassHandshake, 2, 1, 0}, func() func(time.Time) {
		keys, _, err := i.Finish(message)
		return func(now time.Time) {
			l.rekey.busy = false
			if l.gone || err != nil {
				l.rekey.own = nil // begun anew with the next retry
				return
			}
			l.next = newKeyset(now, keys)
			l.switchKeys()
			l.hello(now, 0)
		}
	})
}
