package route

import (
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
)

// A port is what all neighbours on it share, whoever they say they are: an identity
// costs nothing, a cable does. It outlives its neighbours, so that nobody is new again
// by leaving and coming back.
type port struct {
	id      int
	near    []*near
	turn    int // of near, to have an announcement verified
	waiting int // announcements of all of them that wait for it
	heard   int // nodes that were first heard here, and are stored

	changes step.Bucket // links lost or back, announced at once
	pace    pace        // of new neighbours
	pending bool        // a new neighbour is not announced yet
	ways    int         // to route servers, that all of them have told
	news    step.Bucket // of those
	vain    rest        // of ways that did not prove true
	reputes []*repute   // of who is or was a neighbour; the latest last
}

// A repute is what we remember of a neighbour when its link is gone.
type repute struct {
	_     [0]func() // not to be compared, which would take code
	short identity.ShortID
	back  bool        // it has been lost before
	ups   step.Bucket // how often it comes back
	lies  pace        // of bad signatures: until then nothing of it is verified
	vain  rest        // of ways that did not prove true: until then none is tried
}

// near is a neighbour and what is to be sent to it.
type near struct {
	l      *link.Link
	short  identity.ShortID
	port   *port
	repute *repute

	queued  marks // announcements to send, by vertex: the newest is sent
	cursor  int   // where the next is looked for
	flying  int
	done    func(now time.Time, ok bool) // one of these has arrived, or never will
	control [][2][]byte                  // other messages: kind, data
	queries step.Bucket                  // of what it asks
	wants   []byte                       // ids to be asked of it, a few at a time
	wantAt  time.Time                    // not before
	waiting []unverified

	ways    []*way      // to route servers, that it has told
	news    step.Bucket // of those
	tell    uint16      // slots, and ownWay, of which it is to be told
	knows   uint16      // of which it was told a way
	newer   marks       // on ways that it knows, to be told of by vertex
	newerAt time.Time   // then
	lossy   bool        // a message was lost
	gone    bool        // its link is down

	digest time.Time
	stated announce.Statement // as we last announced the link
	told   bool
}

// port finds one by the id that it has at the link layer, or adds it. Of those without
// neighbours a few are kept.
func (m *Map) port(id int) *port {
	var idle *port
	for _, p := range m.ports {
		if p.id == id {
			return p
		}
		if idle == nil && len(p.near) == 0 {
			idle = p
		}
	}
	if len(m.ports) >= maxPorts && idle != nil {
		m.ports = step.Remove(m.ports, idle)
	}
	p := &port{id: id}
	m.ports = append(m.ports, p)
	return p
}

// repute finds what is remembered of a neighbour. When there are too many, who came
// first is forgotten.
func (p *port) repute(short identity.ShortID) *repute {
	r := &repute{short: short}
	for _, old := range p.reputes {
		if old.short == short {
			r = old
		}
	}
	p.reputes = append(step.Remove(p.reputes, r), r)
	if len(p.reputes) > maxReputes {
		p.reputes = step.Remove(p.reputes, p.reputes[0])
	}
	return r
}

// A pace has what is done again and again done at growing gaps. A quiet while starts
// small again.
type pace struct {
	last time.Time
	gap  time.Duration
}

// earliest returns at, or when the gap is over.
func (p *pace) earliest(now, at time.Time) time.Time {
	if now.Sub(p.last) > 2*lastGap {
		p.gap = 0
	}
	if end := p.last.Add(p.gap); end.After(at) {
		return end
	}
	return at
}

// used doubles the gap, up to most.
func (p *pace) used(now time.Time, most time.Duration) {
	p.last, p.gap = now, min(max(2*p.gap, firstGap), most)
}
