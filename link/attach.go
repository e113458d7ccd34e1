package link

import (
	"encoding/binary"
	"time"

	"hopwire/link/handshake"
	"hopwire/link/identity"
	"hopwire/link/step"
)

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
	rounds      int                 // beacons by the timetable
	answerAt    time.Time           // of a beacon in answer to others; zero: none
	echoes      [8 * maxEchoes]byte // the nonces of those,
	echoed      int                 // and how many bytes of them
	quiet       time.Time           // no answer before

	held    int         // bytes of messages that wait on its links
	jobs    int         // with the worker
	letters []letter    // first messages to be answered
	begun   step.Bucket // handshakes that beacons made us begin
	bucket  step.Bucket
	doors   map[Addr]*step.Bucket
}

// AddPort adds a port under an id of the caller's (small and dense) and starts to
// look for neighbours on it.
func (ls *Links) AddPort(now time.Time, id int, info PortInfo) {
	for len(ls.ports) <= id {
		ls.ports = append(ls.ports, nil)
	}
	if info.MaxLinks == 0 {
		info.MaxLinks = maxLinks
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
	for _, l := range step.Clone(p.links) {
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

// full says whether the port has all its links.
func (p *port) full() bool { return len(p.links) >= p.info.MaxLinks }

// room says whether the port may have one more link with a neighbour. Up to a quarter of
// the places are kept for configured neighbours that have none yet.
func (ls *Links) room(p *port, peer identity.Key) bool {
	kept := 0
	for _, a := range p.attempts {
		if a.static && a.peer == peer {
			return !p.full()
		}
		if a.static && !ls.linked(p, a) {
			kept++
		}
	}
	return len(p.links)+min(kept, p.info.MaxLinks/4) < p.info.MaxLinks
}

// others counts the links that a neighbour has by other ports of the same boot: a key has
// maxPerKey of a port, however many ports it has itself.
func (p *port) others(peer identity.Key, remote [8]byte) (n int) {
	for _, l := range p.links {
		if l.up && l.peer == peer && l.remote != remote && [4]byte(l.remote[:4]) == [4]byte(remote[:4]) {
			n++
		}
	}
	return n
}

// admit makes room for a session with a neighbour, of which two are not confirmed at most:
// the oldest goes. False: the neighbour has its share, or the port or the address is full.
func (ls *Links) admit(now time.Time, p *port, from Addr, peer identity.Key, remote [8]byte) bool {
	var pending []*Link
	for _, l := range p.links {
		if !l.up && l.peer == peer {
			pending = append(pending, l)
		}
	}
	if p.others(peer, remote) >= maxPerKey {
		return false
	}
	if len(pending) >= 2 {
		pending[0].close(now)
	}
	return ls.room(p, peer) && (p.isUDP() || len(p.byAddr[from]) < maxPerAddr)
}

func (p *port) isUDP() bool { return p.info.MAC == [6]byte{} && !p.info.Broadcast }

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
		if len(p.doors) >= 4*maxLinks {
			clear(p.doors)
		}
		b = new(step.Bucket)
		p.doors[a] = b
	}
	return b
}

func (ls *Links) advancePort(now time.Time, p *port) {
	ls.advanceBeacon(now, p)
	for _, a := range step.Clone(p.attempts) {
		ls.advanceAttempt(now, p, a)
	}
}
