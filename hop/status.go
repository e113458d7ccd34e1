package hop

import (
	"time"

	"hopwire/link"
)

// CircuitInfo describes one circuit for display. Of a circuit that passes
// through, a node knows the two neighbours and nothing else.
type CircuitInfo struct {
	Kind     string // own, end (of a peer's), relay
	State    string // active, warm, opening, old, open, broken
	Peer     link.Key
	Hops     []link.Key // own only
	Up, Down link.Key   // neighbours: where it comes from, where it goes
	Age      time.Duration
	Version  byte // of the session; 0: only passing through, or not open yet
	RTT      time.Duration
	In, Out  uint64
}

// CircuitList returns every circuit that starts, passes or ends here.
func (n *Node) CircuitList(now time.Time) (all []CircuitInfo) {
	for _, p := range n.order {
		for _, ch := range p.channels() {
			if ch.c != nil {
				all = append(all, p.describe(now, ch))
			}
		}
	}
	for _, r := range n.Circuits.relays {
		all = append(all, r.describe(now))
	}
	return all
}

// describe a circuit of our own.
func (p *peer) describe(now time.Time, ch *channel) CircuitInfo {
	s := ch.c.Stats()
	i := CircuitInfo{Kind: "own", State: "old", Peer: p.key, Age: now.Sub(ch.born), Version: p.version, RTT: ch.srtt, In: s.In, Out: s.Out}
	switch ch {
	case p.active:
		i.State = "active"
	case p.warm:
		i.State = "warm"
	case p.opening:
		i.State = "opening"
	}
	for _, h := range ch.path.Hops {
		i.Hops = append(i.Hops, h.Key)
	}
	i.Down = i.Hops[0]
	return i
}

func (r *relay) describe(now time.Time) CircuitInfo {
	i := CircuitInfo{Kind: "relay", State: "open", Up: r.up.l.Peer(), Age: r.cs.at(now).since(r.born), In: uint64(r.in), Out: uint64(r.backOut)}
	if r.down != nil {
		i.Down = r.down.l.Peer()
	}
	if r.broken != 0 {
		i.State = "broken"
	}
	if t := r.terminal; t != nil {
		i.Kind = "end"
		if ch, ok := t.User.(*channel); ok && ch.p != nil {
			i.Peer, i.Version = ch.p.key, ch.p.version
		}
	}
	return i
}

// CallMemory returns how many bytes the calls of all peers hold, and may hold.
func (n *Node) CallMemory() (held, most int) { return n.calls.held, n.calls.most + MaxCall }

// Peers returns how many peers there are sessions with.
func (n *Node) Peers() int { return len(n.order) }
