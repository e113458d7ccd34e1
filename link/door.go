package link

import (
	"errors"
	"slices"
	"time"

	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// An attempt is our own handshake with one neighbour on one port. At most two
// first messages of it are alive at once: the answer to the one before may be late.
type attempt struct {
	peer     identity.Key
	addr     Addr    // zero: broadcast
	port     [8]byte // the neighbour's boot and port as its beacon said
	nonce    [8]byte
	hasNonce bool
	static   bool
	busy     bool // a job is under way
	live     [2]*handshake.Initiation
	wait     time.Duration
	at       time.Time // of the next message 1
	tries    int
}

// seek makes attempts for the configured neighbours that can be on this port.
func (ls *Links) seek(now time.Time, p *port) {
	for _, s := range ls.c.Neighbours {
		_, eth := s.Addr.MAC()
		udp := s.Addr.UDP().IsValid()
		isUDP := p.info.MAC == [6]byte{} && !p.info.Broadcast
		if (eth || udp) && udp != isUDP || !eth && !udp && !p.info.Broadcast {
			continue
		}
		if len(p.attempts) < maxAttempts {
			p.attempts = append(p.attempts, &attempt{peer: s.Key, addr: s.Addr, static: true, wait: handshakeWait, at: now})
		}
	}
}

func (p *port) attempt(k identity.Key, a Addr) *attempt {
	for _, t := range p.attempts {
		if t.peer == k && (t.addr == a || t.addr == Addr{}) {
			return t
		}
	}
	return nil
}

// advanceAttempt sends message 1 when it is due and forgets an attempt that a
// beacon began and that came to nothing.
func (ls *Links) advanceAttempt(now time.Time, p *port, a *attempt) {
	if ls.linked(p, a) {
		a.wait, a.at, a.live, a.tries = handshakeWait, now.Add(handshakeWait), [2]*handshake.Initiation{}, 0
		if !a.static {
			p.attempts = step.Remove(p.attempts, a)
		}
		return
	}
	if a.busy {
		return // the job's end wakes us
	}
	if now.Before(a.at) {
		ls.next.By(a.at)
		return
	}
	if a.tries >= 8 && !a.static {
		p.attempts = step.Remove(p.attempts, a)
		return
	}
	a.tries++
	a.at = now.Add(step.Jitter(ls.c.Jitter, a.wait, 20))
	a.wait = min(2*a.wait, handshakeMax)
	ls.next.By(a.at)
	ls.initiate(p, a)
}

// linked says whether the attempt has reached its goal.
func (ls *Links) linked(p *port, a *attempt) bool {
	for _, l := range p.links {
		if l.up && l.peer == a.peer && (a.addr == Addr{} || a.addr == l.addr) && (a.static || a.port == l.remote) {
			return true
		}
	}
	return false
}

// initiate makes message 1 elsewhere and sends it when it is there.
func (ls *Links) initiate(p *port, a *attempt) {
	nk := ls.keys[p.info.Key].key
	var nonce []byte
	if a.hasNonce {
		nonce = a.nonce[:]
	}
	filter := handshake.NewFirstFilter(a.peer, handshake.KindLink, nk, nonce)
	c := handshake.InitiateConfig{Kind: handshake.KindLink, Version: ls.c.Version, Identity: ls.c.Identity, NetworkKey: nk, Peer: a.peer, Filter: &filter, PortNonce: p.nonce, Size: FrameLong}
	rand := step.Stream(ls.c.Rand)
	a.busy = ls.c.Env.Work(Cost{ClassHandshake, 3, 1, 0}, func() func(time.Time) {
		i, message, err := handshake.Initiate(rand, c)
		return func(now time.Time) {
			a.busy = false
			ls.next.By(now)
			if err == nil && ls.port(p.id) == p {
				a.live = [2]*handshake.Initiation{i, a.live[0]}
				ls.sendHandshake(p, a.addr, message)
			}
		}
	})
}

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
	if len(p.attempts) > 0 && !f.Broadcast && p.roamBucket.Take(now, openRate, openBurst) && ls.second(now, p, f) {
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
	case !p.room():
		ls.N.NoRoom++
	default:
		ls.seen.add(h)
		ls.respond(p, f.Addr, slices.Clone(f.Bytes()))
	}
}

// respond answers a first message elsewhere; the session it makes stays
// unconfirmed until a frame of the initiator has opened under its keys.
func (ls *Links) respond(p *port, from Addr, message []byte) {
	c := handshake.RespondConfig{Kind: handshake.KindLink, Version: ls.c.Version, Identity: ls.c.Identity, NetworkKey: ls.keys[p.info.Key].key,
		Prefiltered: true, PortNonce: p.nonce, Size: FrameLong, Allow: ls.allowed}
	rand := step.Stream(ls.c.Rand)
	ok := ls.c.Env.Work(Cost{ClassHandshake, 5, 1, 0}, func() func(time.Time) {
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
	if !ok {
		ls.N.FirstLimited++
	}
}

// answer keeps the unconfirmed session and sends message 2. A peer has at most
// two unconfirmed sessions and an address four in all.
func (ls *Links) answer(now time.Time, p *port, to Addr, r *handshake.Response) {
	var pending []*Link
	for _, l := range p.byAddr[to] {
		if !l.up && l.peer == r.Peer {
			pending = append(pending, l)
		}
	}
	if len(pending) >= 2 {
		pending[0].close(now)
	} else if !p.room() || len(p.byAddr[to]) >= maxPerAddr && !p.isUDP() {
		ls.N.NoRoom++
		return
	}
	ls.newLink(now, p, to, r.Peer, r.PortNonce, r.Keys, false)
	ls.sendHandshake(p, to, r.Message)
}

func (p *port) isUDP() bool { return p.info.MAC == [6]byte{} && !p.info.Broadcast }

// second finds the attempt that a frame answers and finishes it elsewhere.
func (ls *Links) second(now time.Time, p *port, f *Frame) bool {
	for _, a := range p.attempts {
		for _, i := range a.live {
			if i != nil && i.Check(f.Bytes()) {
				ls.finish(p, a, i, f.Addr, slices.Clone(f.Bytes()))
				return true
			}
		}
	}
	return false
}

// finish turns message 2 into a link. An attempt is used up by it: an answer that
// passes the filter but not the handshake can only be made by who read message 1.
func (ls *Links) finish(p *port, a *attempt, i *handshake.Initiation, from Addr, message []byte) {
	drop := func(o *handshake.Initiation) {
		for j := range a.live {
			if a.live[j] == o {
				a.live[j] = nil
			}
		}
	}
	drop(i)
	ls.c.Env.Work(Cost{ClassHandshake, 2, 1, 0}, func() func(time.Time) {
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
			l := ls.newLink(now, p, from, a.peer, remote, keys, true)
			l.confirm(now)
		}
	})
}
