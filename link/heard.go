package link

import (
	"time"

	"hopwire/link/identity"
)

// heard is what a port remembers of a beacon's sender.
type heard struct {
	_       [0]func() // not compared: saves the code
	key     identity.Key
	addr    Addr
	port    [8]byte // boot and port nonce
	nonce   [8]byte // for the filter of message 1
	counter uint32
	at      time.Time
	answers int // beacons of ours that were for it
	// now: it echoes a nonce of ours, so it is no recording of an earlier boot.
	now bool
}

// fresh remembers a beacon, with its echoes, unless it is not newer than one of the same
// boot. False: it is not.
func (p *port) fresh(h *heard, echoes []byte) bool {
	for ; len(echoes) >= 8; echoes = echoes[8:] {
		h.now = h.now || [8]byte(echoes) == p.beaconNonce[0] || [8]byte(echoes) == p.beaconNonce[1]
	}
	o := p.placeOf(h)
	if o.key == h.key && o.addr == h.addr && o.port == h.port {
		if int32(h.counter-o.counter) <= 0 {
			return false
		}
		h.answers = o.answers
	}
	*o = *h
	return true
}

// placeOf is where a beacon's sender is remembered, or is to be: in the place of the
// oldest of its MAC address when there are as many of it as there may be, or of all.
func (p *port) placeOf(h *heard) *heard {
	all, own, n := -1, -1, 0
	for i := range p.heard {
		o := &p.heard[i]
		if o.addr == h.addr {
			if o.key == h.key && o.port == h.port {
				return o
			}
			if n++; own < 0 || o.at.Before(p.heard[own].at) {
				own = i
			}
		}
		if all < 0 || o.at.Before(p.heard[all].at) {
			all = i
		}
	}
	switch {
	case n >= maxPerAddr:
		return &p.heard[own]
	case len(p.heard) >= maxHeard:
		return &p.heard[all]
	}
	p.heard = append(p.heard, heard{})
	return &p.heard[len(p.heard)-1]
}

// greet has a handshake begin with the sender of a beacon, unless a link to it stands.
// Whoever is not greeted at once is told that we are there, so that it can begin: it
// may have restarted, or our own tries are spent on recordings of what it was.
func (ls *Links) greet(now time.Time, p *port, h *heard) {
	l := p.linkTo(h)
	if l != nil && l.remote == h.port {
		return // up, or it has begun a handshake with us that is about to be confirmed
	}
	if p.others(h.key, h.port) >= maxPerKey {
		return
	}
	if l == nil && ls.pursue(now, p, h) || h.now {
		return
	}
	if o := p.placeOf(h); o.answers < maxAnswers {
		o.answers++
		ls.answerBeacon(now, p, h.nonce)
	}
}

// linkTo is the link to this very boot and port of a neighbour, or one that is up at its
// address.
func (p *port) linkTo(h *heard) (standing *Link) {
	for _, l := range p.links {
		if l.peer != h.key {
			continue
		}
		if l.remote == h.port {
			return l
		}
		if l.up && l.addr == h.addr {
			standing = l
		}
	}
	return standing
}
