package link

import (
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/crypto/blake2s"

	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// A netKey is a network key and what follows from it.
type netKey struct {
	key    identity.NetworkKey
	beacon [32]byte
}

func newNetKey(k identity.NetworkKey) netKey {
	return netKey{k, blake2s.Sum256(append([]byte("hopwire 1 beacon"), k[:]...))}
}

// A port is the core's view of a Port.
type port struct {
	id    int
	info  PortInfo
	nonce [8]byte // boot 4 ‖ port 4: tells our ports apart when they share a MAC, and our boots

	links    []*Link
	byAddr   map[Addr][]*Link
	attempts []*attempt
	heard    []heard

	beaconNonce [2][8]byte // now, before
	filters     []handshake.FirstFilter
	beaconAt    time.Time
	beaconCount uint32

	bucket, roamBucket, beaconBucket step.Bucket
	doors                            map[Addr]*step.Bucket
}

// AddPort adds a port under an id of the caller's (small and dense) and starts to
// look for neighbours on it.
func (ls *Links) AddPort(now time.Time, id int, info PortInfo) {
	for len(ls.ports) <= id {
		ls.ports = append(ls.ports, nil)
	}
	if info.MaxLinks == 0 {
		info.MaxLinks = MaxLinks
	}
	p := &port{id: id, info: info, byAddr: map[Addr][]*Link{}, doors: map[Addr]*step.Bucket{}}
	copy(p.nonce[:4], ls.boot[:])
	binary.LittleEndian.PutUint32(p.nonce[4:], uint32(id))
	ls.ports[id] = p
	ls.renewNonce(p)
	ls.renewNonce(p)
	if ls.beacons(p) {
		p.beaconAt = now
	}
	ls.seek(now, p)
	ls.next.By(now)
}

// beacons says whether the port announces itself.
func (ls *Links) beacons(p *port) bool {
	return ls.c.Beacon && p.info.Broadcast && p.info.Key == 0
}

// RemovePort takes down every link of the port at once and forgets it.
func (ls *Links) RemovePort(now time.Time, id int) {
	p := ls.port(id)
	if p == nil {
		return
	}
	for _, l := range slices.Clone(p.links) {
		l.close(now)
	}
	ls.ports[id] = nil
}

// Suspect makes every link of the port prove within 100 ms that it lives: a
// bridge hides the carrier of its members, so the loss of a member's says nothing
// of whom it hits.
func (ls *Links) Suspect(now time.Time, id int) {
	if p := ls.port(id); p != nil {
		for _, l := range p.links {
			l.suspect(now)
		}
	}
}

func (ls *Links) port(id int) *port {
	if id < 0 || id >= len(ls.ports) {
		return nil
	}
	return ls.ports[id]
}

// room says whether the port may have one more link.
func (p *port) room() bool { return len(p.links) < p.info.MaxLinks }

// insert makes l reachable by its address.
func (p *port) insert(l *Link) {
	p.links = append(p.links, l)
	p.byAddr[l.addr] = append(p.byAddr[l.addr], l)
}

func (p *port) remove(l *Link) {
	p.links = step.Remove(p.links, l)
	left := step.Remove(p.byAddr[l.addr], l)
	if len(left) == 0 {
		delete(p.byAddr, l.addr)
	} else {
		p.byAddr[l.addr] = left
	}
}

// move follows a neighbour to the address it last sent an authentic frame from.
func (p *port) move(l *Link, to Addr) {
	p.remove(l)
	l.addr = to
	p.insert(l)
}

// doorBucket is the token bucket of a stranger's address; bounded, and the port
// has one of its own above it.
func (p *port) doorBucket(a Addr) *step.Bucket {
	b := p.doors[a]
	if b == nil {
		if len(p.doors) >= 4*MaxLinks {
			clear(p.doors)
		}
		b = new(step.Bucket)
		p.doors[a] = b
	}
	return b
}

func (ls *Links) advancePort(now time.Time, p *port) {
	ls.advanceBeacon(now, p)
	for _, a := range slices.Clone(p.attempts) {
		ls.advanceAttempt(now, p, a)
	}
}
