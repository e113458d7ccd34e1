package node

import (
	"encoding/binary"
	"time"

	"hopwire/hop"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// A wait is somebody's question to a peer or a hop.
type wait struct {
	sent  time.Time
	until time.Time
	done  func(now time.Time, rtt time.Duration, ok bool)
}

// question registers a question and returns its id, which is above those that
// channels use for their own RTT, and random: two relays that are asked shall not
// see by it that one source asked them.
func (n *Node) question(now time.Time, done func(now time.Time, rtt time.Duration, ok bool)) (uint32, error) {
	if len(n.waits) >= maxWaits {
		return 0, hop.ErrTooMany
	}
	id := uint32(0)
	for _, taken := n.waits[id]; id == 0 || taken; _, taken = n.waits[id] {
		var b [4]byte
		step.Draw(n.rand, b[:])
		id = binary.LittleEndian.Uint32(b[:]) | 1<<31
	}
	n.waits[id] = wait{now, now.Add(waitFor), done}
	n.next.By(now.Add(waitFor))
	return id, nil
}

// answer hands an answer to who asked; false: nobody did.
func (n *Node) answer(now time.Time, id uint32, _ int) bool {
	w, ok := n.waits[id]
	if ok {
		delete(n.waits, id)
		w.done(now, now.Sub(w.sent), true)
	}
	return ok
}

// advanceWaits ends the questions that nobody answered.
func (n *Node) advanceWaits(now time.Time) {
	for id, w := range n.waits {
		if !now.Before(w.until) {
			delete(n.waits, id)
			w.done(now, 0, false)
		} else {
			n.next.By(w.until)
		}
	}
}

// Ping asks the node at the other end for an echo and reports the round trip
// once; ok is false after five seconds without one. A circuit is opened when
// there is none, and its set-up counts in the first round trip.
func (n *Node) Ping(now time.Time, to identity.Key, done func(now time.Time, rtt time.Duration, ok bool)) error {
	p := n.peer(now, to)
	if p == nil {
		return hop.ErrTooMany
	}
	p.want(now)
	id, err := n.question(now, done)
	if err != nil {
		return err
	}
	n.sendPing(now, p, id)
	return nil
}

// sendPing sends the question as soon as there is a session.
func (n *Node) sendPing(now time.Time, p *peer, id uint32) {
	if ch := p.any(now); ch != nil {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], id)
		ch.add(now, recordAsk, b[:])
		return
	}
	if len(p.pings) < maxQueue {
		p.pings = append(p.pings, id)
	}
}

// asked returns those of the ids that still wait for an answer, in place.
func (n *Node) asked(ids []uint32) []uint32 {
	left := ids[:0]
	for _, id := range ids {
		if _, ok := n.waits[id]; ok {
			left = append(left, id)
		}
	}
	return left
}

// TraceHop asks hop i (from 0) of the circuit in use towards a peer for a Pong.
func (n *Node) TraceHop(now time.Time, to identity.Key, i int, done func(now time.Time, rtt time.Duration, ok bool)) error {
	p := n.peers[to]
	if p == nil || p.active == nil || i >= len(p.active.path.Hops) {
		return hop.ErrNoPath
	}
	id, err := n.question(now, done)
	if err != nil {
		return err
	}
	p.used = now
	if !p.active.c.Ping(now, i, id) {
		delete(n.waits, id)
		return hop.ErrTooMany
	}
	return nil
}

// Route returns the path of the circuit in use towards a peer; nil: none yet.
func (n *Node) Route(to identity.Key) []hop.Hop {
	if p := n.peers[to]; p != nil && p.active != nil {
		return p.active.path.Hops
	}
	return nil
}

// Want asks for a circuit of our own to the peer, and says why there is none.
func (n *Node) Want(now time.Time, to identity.Key) error {
	p := n.peer(now, to)
	if p == nil {
		return hop.ErrTooMany
	}
	p.want(now)
	return p.wantErr
}
