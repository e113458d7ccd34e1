package link

import (
	"encoding/binary"
	"time"

	"github.com/dchest/siphash"
	"golang.org/x/crypto/blake2s"

	"hopwire/link/aead"
	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// Beacon layout (wire.md, "Beacon"): a check over all that follows, a nonce, then the
// sealed text and its tag.
const (
	offBeaconCheck = 0
	offBeaconNonce = offBeaconCheck + 8
	offBeaconText  = offBeaconNonce + aead.NonceSizeX
	offBeaconTag   = FrameShort - aead.Overhead
	beaconTextSize = offBeaconTag - offBeaconText

	// Inside the sealed text.
	offBeaconKey     = 0
	offBeaconMAC     = offBeaconKey + 32
	offBeaconPort    = offBeaconMAC + 6
	offBeaconFilter  = offBeaconPort + 8
	offBeaconCounter = offBeaconFilter + 8
	offBeaconVersion = offBeaconCounter + 4
	offBeaconFlags   = offBeaconVersion + 1
	offBeaconEchoes  = offBeaconFlags + 1
	offBeaconPadding = offBeaconEchoes + 8*maxEchoes
)

const _ = uint(beaconTextSize - offBeaconPadding) // it fits

// A netKey is a network key and what follows from it.
type netKey struct {
	key    identity.NetworkKey
	beacon [aead.KeySize]byte
	k0, k1 uint64 // of the check in front of beacons
}

func newNetKey(k identity.NetworkKey) netKey {
	seal := blake2s.Sum256(append([]byte("hopwire 1 beacon"), k[:]...))
	check := blake2s.Sum256(append([]byte("hopwire 1 beacon check"), k[:]...))
	return netKey{k, seal, binary.LittleEndian.Uint64(check[:]), binary.LittleEndian.Uint64(check[8:])}
}

// check is what stands in front of a beacon: who does not hold the network key costs a
// SipHash, and no bucket is shared with such.
func (k *netKey) check(b []byte) uint64 { return siphash.Hash(k.k0, k.k1, b[offBeaconNonce:]) }

// seal completes a beacon whose nonce and text are there.
func (k *netKey) seal(b []byte) {
	t := b[offBeaconText:offBeaconTag]
	a, nonce := aead.Extended(&k.beacon, b[offBeaconNonce:offBeaconText])
	a.Seal(t[:0], nonce[:], t, nil)
	binary.LittleEndian.PutUint64(b[offBeaconCheck:], k.check(b))
}

// open returns the text, in place.
func (k *netKey) open(b []byte) ([]byte, error) {
	a, nonce := aead.Extended(&k.beacon, b[offBeaconNonce:offBeaconText])
	return a.Open(b[offBeaconText:offBeaconText], nonce[:], b[offBeaconText:], nil)
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

// advanceBeacon sends a beacon when one is due: by the timetable, or as an answer.
func (ls *Links) advanceBeacon(now time.Time, p *port) {
	if p.beaconAt.IsZero() {
		return
	}
	if !now.Before(p.beaconAt) {
		ls.schedule(now, p)
	} else if p.answerAt.IsZero() || now.Before(p.answerAt) {
		ls.next.By(p.beaconAt)
		ls.next.By(p.answerAt)
		return
	}
	ls.sendBeacon(p)
	p.echoed, p.answerAt, p.quiet = 0, time.Time{}, now.Add(answerGap)
	ls.next.By(p.beaconAt)
}

// schedule sets the time of the next beacon of the timetable.
func (ls *Links) schedule(now time.Time, p *port) {
	if p.rounds++; p.rounds%64 == 0 {
		ls.renewNonce(p)
	}
	gap := beaconGap
	if n := p.rounds % 64; n < len(beaconTimes) {
		gap = beaconTimes[n]
	}
	p.beaconAt = now.Add(step.Jitter(ls.c.Jitter, gap, 20))
}

// answerBeacon has a beacon sent that echoes another's nonce: its sender knows by it that
// we are there now, and begins. Those that come together share one.
func (ls *Links) answerBeacon(now time.Time, p *port, nonce [8]byte) {
	if p.beaconAt.IsZero() || p.echoed == len(p.echoes) {
		return
	}
	p.echoed += copy(p.echoes[p.echoed:], nonce[:])
	p.answerAt = now
	if now.Before(p.quiet) {
		p.answerAt = p.quiet
	}
	ls.next.By(p.answerAt)
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
	step.Draw(ls.c.Rand, b[offBeaconNonce:offBeaconText])
	t := b[offBeaconText:offBeaconTag]
	clear(t)
	key := ls.c.Identity.Key()
	copy(t[offBeaconKey:], key[:])
	copy(t[offBeaconMAC:], p.info.MAC[:])
	copy(t[offBeaconPort:], p.nonce[:])
	copy(t[offBeaconFilter:], p.beaconNonce[0][:])
	ls.beaconCount++
	binary.LittleEndian.PutUint32(t[offBeaconCounter:], ls.beaconCount)
	t[offBeaconVersion] = handshake.VersionOr(ls.c.Version)
	copy(t[offBeaconEchoes:], p.echoes[:p.echoed])
	ls.keys[p.info.Key].seal(b)
	ls.N.BeaconsSent++
	ls.c.Env.Send(p.id, f)
}

// beacon takes a short broadcast: a neighbour's beacon, or not ours to know. What does
// not hold the key costs the check, and so does a beacon that came before.
func (ls *Links) beacon(now time.Time, p *port, f *Frame) {
	if !ls.c.Beacon {
		ls.N.Unknown++
		return
	}
	b, k := f.Bytes(), &ls.keys[p.info.Key]
	check := binary.LittleEndian.Uint64(b[offBeaconCheck:])
	if check != k.check(b) || !ls.beaconsSeen.add(check+uint64(p.id)) {
		ls.N.BeaconsBad++
		return
	}
	t, err := k.open(b)
	if err != nil {
		ls.N.BeaconsBad++
		return
	}
	h := parseBeacon(now, f.Addr, t)
	mac, _ := f.Addr.MAC()
	if mac != [6]byte(t[offBeaconMAC:]) || h.key == ls.c.Identity.Key() || !p.fresh(&h, t[offBeaconEchoes:offBeaconPadding]) {
		ls.N.BeaconsBad++ // moved, our own in a loop, or replayed
		return
	}
	ls.N.BeaconsHeard++
	if _, ok := handshake.Agreed(handshake.VersionOr(ls.c.Version), t[offBeaconVersion]); !ok {
		ls.N.BadVersion++ // a handshake would come to nothing
		return
	}
	if ls.allowed(h.key) {
		ls.greet(now, p, &h)
	}
}

func parseBeacon(now time.Time, from Addr, t []byte) heard {
	return heard{key: identity.Key(t[offBeaconKey:]), addr: from, port: [8]byte(t[offBeaconPort:]), nonce: [8]byte(t[offBeaconFilter:]),
		counter: binary.LittleEndian.Uint32(t[offBeaconCounter:]), at: now}
}
