package node

import (
	"time"

	"hopwire/hop"
)

// CircuitList returns every circuit that starts, passes or ends here.
func (n *Node) CircuitList(now time.Time) (all []hop.CircuitInfo) {
	for _, p := range n.order {
		for _, ch := range p.channels() {
			if ch.c != nil {
				all = append(all, p.describe(now, ch))
			}
		}
	}
	n.Circuits.Each(now, func(i hop.CircuitInfo, t *hop.Terminal) {
		if ch, ok := endOf(t); ok {
			i.Peer, i.Version = ch.p.key, ch.p.version
		}
		all = append(all, i)
	})
	return all
}

// endOf returns the channel of a circuit that ends here, once it is known whose it is;
// t is nil for a circuit that passes through.
func endOf(t *hop.Terminal) (*channel, bool) {
	if t == nil {
		return nil, false
	}
	ch, ok := t.User.(*channel)
	return ch, ok && ch.p != nil
}

// describe a circuit of our own.
func (p *peer) describe(now time.Time, ch *channel) hop.CircuitInfo {
	s := ch.c.Stats()
	i := hop.CircuitInfo{Kind: "own", State: "old", Peer: p.key, Age: now.Sub(ch.born), Version: p.version, RTT: ch.srtt, In: s.In, Out: s.Out}
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

// CallMemory returns how many bytes the calls of all peers hold, and may hold.
func (n *Node) CallMemory() (held, most int) { return n.calls.Held() }

// Peers returns how many peers there are sessions with.
func (n *Node) Peers() int { return len(n.order) }
