package link

import (
	"errors"
	"slices"
	"time"

	"hopwire/link/handshake"
	"hopwire/link/step"
)

// sendHandshake sends a handshake message as a frame; without an address to everybody.
func (ls *Links) sendHandshake(p *port, to Addr, message []byte) {
	f := ls.c.Env.Alloc()
	if f == nil {
		ls.N.NoRoom++
		return
	}
	f.whole(to)
	copy(f.Bytes(), message)
	ls.c.Env.Send(p.id, f)
}

// whole marks a long frame as complete: nothing is left to do but to send it.
func (f *Frame) whole(to Addr) {
	f.link, f.flow, f.bulk = nil, nil, false
	f.Addr, f.Broadcast, f.N = to, to == Addr{}, FrameLong
}

// door takes a long frame that no session opened: message 2 of an attempt of
// ours, message 1 of somebody, or garbage. f stays the caller's.
func (ls *Links) door(now time.Time, p *port, f *Frame) {
	if !f.Broadcast && ls.second(p, f) {
		return
	}
	if !slices.ContainsFunc(p.filters, func(k handshake.FirstFilter) bool { return k.Check(f.Bytes()) }) {
		ls.N.FirstBadFilter++
		return
	}
	ls.N.FirstHeard++
	if f.Broadcast && len(ls.c.Neighbours) == 0 {
		ls.N.FirstBadFilter++
		return
	}
	h := handshake.SeenHash(f.Bytes())
	switch {
	case ls.seen.has(h):
		ls.N.FirstSeen++
	case !p.doorBucket(f.Addr).Take(now, doorRate, doorBurst) || !p.bucket.Take(now, 2*doorRate, 2*doorBurst):
		ls.N.FirstLimited++
	case p.full():
		ls.N.NoRoom++
	default:
		ls.seen.add(h)
		ls.readLetters(now, p) // or those that no job's end found room for would be in the way for good
		m := letter{now, f.Addr, slices.Clone(f.Bytes())}
		if len(p.letters) == 0 && ls.respond(p, m.from, m.bytes) {
			return
		}
		if len(p.letters) >= maxLetters || p.jobs == 0 {
			ls.N.FirstLimited++
			return
		}
		p.letters = append(p.letters, m)
	}
}

// respond answers a first message elsewhere; the session it makes stays
// unconfirmed until a frame of the initiator has opened under its keys.
func (ls *Links) respond(p *port, from Addr, message []byte) bool {
	c := handshake.RespondConfig{Kind: handshake.KindLink, Version: ls.c.Version, Identity: ls.c.Identity, NetworkKey: ls.keys[p.info.Key].key,
		Prefiltered: true, PortNonce: p.nonce, Size: FrameLong, Allow: ls.allowed}
	rand := step.Stream(ls.c.Rand)
	return ls.work(p, maxJobs, Cost{ClassHandshake, 5, 1, 0}, func() func(time.Time) {
		r, err := handshake.Respond(rand, c, message)
		return func(now time.Time) {
			switch {
			case errors.Is(err, handshake.ErrVersion):
				ls.N.BadVersion++
			case errors.Is(err, handshake.ErrRefused):
				ls.N.FirstRefused++
			case err != nil:
				ls.N.FirstBad++
			case ls.port(p.id) == p:
				ls.answer(now, p, from, r)
			}
		}
	})
}

// answer keeps the unconfirmed session and sends message 2.
func (ls *Links) answer(now time.Time, p *port, to Addr, r *handshake.Response) {
	if !ls.admit(now, p, to, r.Peer, r.PortNonce) {
		ls.N.NoRoom++
		return
	}
	ls.newLink(now, p, to, r.Peer, r.PortNonce, r.Keys, false)
	ls.sendHandshake(p, to, r.Message)
}

// second finds the attempt that a frame answers and finishes it elsewhere. Garbage costs
// half a filter, of 32 bytes, for each first message that its address may answer: those
// sent to it, at most maxPerAddr by beacons, and those for configured neighbours.
func (ls *Links) second(p *port, f *Frame) bool {
	for _, a := range p.attempts {
		if a.addr != f.Addr && a.addr != (Addr{}) && !p.isUDP() {
			continue
		}
		for _, i := range a.live {
			if i != nil && i.Check(f.Bytes()) {
				ls.finish(p, a, i, f.Addr, slices.Clone(f.Bytes()))
				return true
			}
		}
	}
	return false
}

// finish turns message 2 into a link. An initiation is used up by it: an answer that
// passes the filter but not the handshake can only be made by who read message 1. It is
// not used up when the worker has no room: the answer may come again.
func (ls *Links) finish(p *port, a *attempt, i *handshake.Initiation, from Addr, message []byte) {
	if !ls.work(p, maxSeconds, Cost{ClassHandshake, 2, 1, 0}, func() func(time.Time) {
		keys, remote, err := i.Finish(message)
		return func(now time.Time) {
			if errors.Is(err, handshake.ErrVersion) {
				ls.N.BadVersion++
				return
			}
			if err != nil || ls.port(p.id) != p {
				ls.N.SecondBad++
				return
			}
			if !ls.admit(now, p, from, a.peer, remote) {
				ls.N.NoRoom++
				return
			}
			ls.newLink(now, p, from, a.peer, remote, keys, true).confirm(now)
		}
	}) {
		return
	}
	for j := range a.live {
		if a.live[j] == i {
			a.live[j] = nil
		}
	}
}
