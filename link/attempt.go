package link

import (
	"time"

	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// An attempt is our own handshake with one neighbour at one address of a port. At most
// two first messages of it are alive at once: the answer to the one before may be late.
type attempt struct {
	_        [0]func() // not compared: saves the code
	peer     identity.Key
	addr     Addr    // zero: broadcast
	port     [8]byte // the neighbour's boot and port as its beacon said
	nonce    [8]byte
	hasNonce bool
	now      bool // that beacon echoed a nonce of ours
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
		if (eth || udp) && udp != p.isUDP() || !eth && !udp && !p.info.Broadcast {
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

// pursue makes an attempt by a beacon, or tells one of it. There is one for a key and an
// address whatever the nonce, and recordings of earlier boots do not hasten it: only a
// beacon that answers ours does. True: message 1 is being made, or waits for the worker.
func (ls *Links) pursue(now time.Time, p *port, h *heard) bool {
	a := p.attempt(h.key, h.addr)
	if a == nil {
		if a = ls.newAttempt(now, p, h); a == nil {
			ls.N.NoRoom++
			return false
		}
	}
	another := a.port != h.port
	if another && a.now && !h.now {
		return false
	}
	if h.now && (another || !a.now) {
		a.wait, a.at, a.tries = handshakeWait, now, 0
	}
	a.port, a.nonce, a.hasNonce = h.port, h.nonce, true
	a.now = a.now || h.now
	if !a.busy {
		ls.advanceAttempt(now, p, a)
	}
	return a.busy || !a.at.After(now)
}

// newAttempt makes room for an attempt that a beacon asks for; nil: there is none. An
// address has a share of them, and the one that was tried most in vain goes first.
func (ls *Links) newAttempt(now time.Time, p *port, h *heard) *attempt {
	var worst *attempt
	same := 0
	for _, t := range p.attempts {
		if t.static {
			continue
		}
		if t.addr == h.addr {
			same++
		}
		if t.tries > 0 && !t.busy && (worst == nil || t.tries > worst.tries) {
			worst = t
		}
	}
	if same >= maxPerAddr || !ls.room(p, h.key) {
		return nil
	}
	if len(p.attempts) >= maxAttempts {
		if worst == nil {
			return nil
		}
		p.attempts = step.Remove(p.attempts, worst)
	}
	a := &attempt{peer: h.key, addr: h.addr, wait: handshakeWait, at: now}
	p.attempts = append(p.attempts, a)
	return a
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
	if p.jobs >= maxJobs {
		return // the end of one wakes us
	}
	if a.static || p.begun.Take(now, beginRate, beginBurst) {
		ls.initiate(p, a)
	}
	if !a.busy { // the port has had its share, or the worker is full
		a.at = now.Add(step.Jitter(ls.c.Jitter, beginAgain, 20))
		ls.next.By(a.at)
		return
	}
	a.tries++
	a.at = now.Add(step.Jitter(ls.c.Jitter, a.wait, 20))
	a.wait = min(2*a.wait, handshakeMax)
}

// linked says whether the attempt has reached its goal, or another has reached it.
func (ls *Links) linked(p *port, a *attempt) bool {
	for _, l := range p.links {
		if l.up && l.peer == a.peer && (a.addr == Addr{} || a.addr == l.addr) {
			return true
		}
	}
	return false
}

// initiate makes message 1 elsewhere and sends it when it is there.
func (ls *Links) initiate(p *port, a *attempt) {
	nk := ls.keys[p.info.Key].key
	var nonce []byte
	if a.hasNonce && (!a.static || a.tries%4 != 3) { // a configured one may have ceased to send beacons
		nonce = a.nonce[:]
	}
	filter := handshake.NewFirstFilter(a.peer, handshake.KindLink, nk, nonce)
	c := handshake.InitiateConfig{Kind: handshake.KindLink, Version: ls.c.Version, Identity: ls.c.Identity, NetworkKey: nk, Peer: a.peer, Filter: &filter, PortNonce: p.nonce, Size: FrameLong}
	rand := step.Stream(ls.c.Rand)
	a.busy = ls.work(p, maxJobs, Cost{ClassHandshake, 3, 1, 0}, func() func(time.Time) {
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
