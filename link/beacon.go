package link

import (
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// Beacon layout (wire.md, "Beacon"): a nonce, then the sealed text and its tag.
const (
	offBeaconNonce = 0
	offBeaconText  = offBeaconNonce + chacha20poly1305.NonceSizeX
	beaconTextSize = FrameShort - offBeaconText - chacha20poly1305.Overhead

	// Inside the sealed text.
	offBeaconKey     = 0
	offBeaconMAC     = offBeaconKey + 32
	offBeaconPort    = offBeaconMAC + 6
	offBeaconFilter  = offBeaconPort + 8
	offBeaconCounter = offBeaconFilter + 8
	offBeaconVersion = offBeaconCounter + 4
	offBeaconFlags   = offBeaconVersion + 1
	offBeaconPadding = offBeaconFlags + 1
)

const _ = uint(beaconTextSize - offBeaconPadding) // it fits

// heard is what a port remembers of a beacon's sender.
type heard struct {
	key     identity.Key
	addr    Addr
	port    [8]byte // boot and port nonce
	counter uint32
	at      time.Time
}

// renewNonce draws a new beacon nonce, on which message 1's prefilter depends;
// the one before stays valid, for whoever heard the last beacon.
func (ls *Links) renewNonce(p *port) {
	p.beaconNonce[1] = p.beaconNonce[0]
	step.Draw(ls.c.Rand, p.beaconNonce[0][:])
	p.filters = p.filters[:0]
	nk := ls.keys[p.info.Key].key
	for _, n := range p.beaconNonce {
		p.filters = append(p.filters, handshake.NewFirstFilter(ls.c.Identity.Key(), handshake.KindLink, nk, n[:]))
	}
	if !ls.beacons(p) || len(ls.c.Neighbours) > 0 {
		p.filters = append(p.filters, handshake.NewFirstFilter(ls.c.Identity.Key(), handshake.KindLink, nk, nil))
	}
}

// advanceBeacon sends a beacon when one is due.
func (ls *Links) advanceBeacon(now time.Time, p *port) {
	if p.beaconAt.IsZero() {
		return
	}
	if now.Before(p.beaconAt) {
		ls.next.By(p.beaconAt)
		return
	}
	if p.beaconCount++; p.beaconCount%64 == 0 {
		ls.renewNonce(p)
	}
	ls.sendBeacon(p)
	gap := beaconGap
	if n := int(p.beaconCount % 64); n < len(beaconTimes) {
		gap = beaconTimes[n]
	}
	p.beaconAt = now.Add(step.Jitter(ls.c.Jitter, gap, 20))
	ls.next.By(p.beaconAt)
}

func (ls *Links) sendBeacon(p *port) {
	f := ls.c.Env.Alloc()
	if f == nil {
		ls.N.NoRoom++
		return
	}
	f.whole(Addr{})
	f.N = FrameShort
	b := f.Bytes()
	step.Draw(ls.c.Rand, b[:offBeaconText])
	t := b[offBeaconText : offBeaconText+beaconTextSize]
	clear(t)
	key := ls.c.Identity.Key()
	copy(t[offBeaconKey:], key[:])
	copy(t[offBeaconMAC:], p.info.MAC[:])
	copy(t[offBeaconPort:], p.nonce[:])
	copy(t[offBeaconFilter:], p.beaconNonce[0][:])
	binary.LittleEndian.PutUint32(t[offBeaconCounter:], p.beaconCount)
	t[offBeaconVersion] = handshake.VersionOr(ls.c.Version)
	aead, _ := chacha20poly1305.NewX(ls.keys[p.info.Key].beacon[:]) // 32 bytes: no error
	aead.Seal(t[:0], b[:offBeaconText], t, nil)
	ls.N.BeaconsSent++
	ls.c.Env.Send(p.id, f)
}

// beacon takes a short broadcast: a neighbour's beacon, or not ours to know.
func (ls *Links) beacon(now time.Time, p *port, f *Frame) {
	if !ls.c.Beacon || !p.beaconBucket.Take(now, openRate, openBurst) {
		ls.N.Unknown++
		return
	}
	b := f.Bytes()
	aead, _ := chacha20poly1305.NewX(ls.keys[p.info.Key].beacon[:])
	t, err := aead.Open(b[offBeaconText:offBeaconText], b[:offBeaconText], b[offBeaconText:], nil)
	if err != nil {
		ls.N.BeaconsBad++
		return
	}
	h := heard{key: identity.Key(t[offBeaconKey:]), addr: f.Addr, port: [8]byte(t[offBeaconPort:]), counter: binary.LittleEndian.Uint32(t[offBeaconCounter:]), at: now}
	mac, _ := f.Addr.MAC()
	if mac != [6]byte(t[offBeaconMAC:]) || h.key == ls.c.Identity.Key() || !p.fresh(h) {
		ls.N.BeaconsBad++ // moved, our own in a loop, or replayed
		return
	}
	ls.N.BeaconsHeard++
	if _, ok := handshake.Agreed(handshake.VersionOr(ls.c.Version), t[offBeaconVersion]); !ok {
		ls.N.BadVersion++ // a handshake would come to nothing
		return
	}
	if ls.allowed(h.key) {
		ls.greet(now, p, h, [8]byte(t[offBeaconFilter:]))
	}
}

// fresh remembers a beacon unless it is not newer than one of the same boot.
func (p *port) fresh(h heard) bool {
	i := slices.IndexFunc(p.heard, func(o heard) bool { return o.key == h.key && o.addr == h.addr && o.port == h.port })
	if i >= 0 {
		if int32(h.counter-p.heard[i].counter) <= 0 {
			return false
		}
		p.heard[i] = h
		return true
	}
	if len(p.heard) >= maxHeard {
		oldest := 0
		for i := range p.heard {
			if p.heard[i].at.Before(p.heard[oldest].at) {
				oldest = i
			}
		}
		p.heard[oldest] = h
		return true
	}
	p.heard = append(p.heard, h)
	return true
}

// greet starts a handshake with the sender of a beacon unless a link to this very
// boot and port of it stands.
func (ls *Links) greet(now time.Time, p *port, h heard, nonce [8]byte) {
	for _, l := range p.links {
		if l.peer == h.key && l.remote == h.port {
			return // up, or it has begun a handshake with us that is about to be confirmed
		}
	}
	a := p.attempt(h.key, h.addr)
	if a == nil {
		if len(p.attempts) >= maxAttempts || !p.room() {
			ls.N.NoRoom++
			return
		}
		a = &attempt{peer: h.key, addr: h.addr, wait: handshakeWait, at: now}
		p.attempts = append(p.attempts, a)
	}
	if a.port != h.port { // a new boot: no reason to wait any longer
		a.port, a.wait = h.port, handshakeWait
		a.at = now
	}
	a.nonce, a.hasNonce = nonce, true
	ls.advanceAttempt(now, p, a)
}
