package node

import (
	"time"

	"hopwire/hop"
	"hopwire/hop/ip"
	"hopwire/link/identity"
)

// askFor is how long packets wait for a map that asks others for the way.
const askFor = 2 * time.Second

// asking lets what waits wait on. When the time is over its senders are told; a packet
// after that waits anew.
func (p *peer) asking(now time.Time) {
	switch p.wantErr = hop.ErrAsking; {
	case p.askedBy.IsZero():
		p.askedBy = now.Add(askFor)
		p.retryAt = p.askedBy
	case !now.Before(p.askedBy):
		p.wantErr, p.askedBy, p.retryAt = hop.ErrNoPath, time.Time{}, now.Add(retryFirst)
		if p.active == nil {
			p.giveUp(now, ip.CodeNoRoute)
		}
	}
	p.wake(p.retryAt)
}

// Found is told by a map that asked (hop.ErrAsking) that it has learned something about the
// way to a node, or that there is nothing to be learned: what waits goes on in this turn,
// or is refused. It must not be called in Paths.
func (n *Node) Found(now time.Time, to identity.Key) {
	p := n.peers[to]
	if p == nil {
		return
	}
	if !p.askedBy.IsZero() {
		p.askedBy, p.retryAt = time.Time{}, time.Time{}
	}
	p.checkAt = now
	p.ensure(now)
	p.wake(now)
}
