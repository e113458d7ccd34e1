package node

import (
	"cmp"
	"time"

	"hopwire/hop"
	"hopwire/hop/call"
	"hopwire/hop/ip"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// Packet takes an IP packet from the TUN, as a head with all its headers and the
// rest; it is copied. What cannot be delivered is answered with an ICMPv6 error by
// Deliver.
func (n *Node) Packet(now time.Time, head, rest []byte) {
	dst, ok := ip.Destination(head)
	if !ok {
		return
	}
	n.N.PacketsOut++
	if len(head)+len(rest) > ip.MTU {
		n.tooBig(now, ip.Join(head, rest))
		return
	}
	p := n.byIP[dst]
	if p == nil {
		key, ok := n.Lookup(dst)
		if !ok && n.resolve(now, dst, head, rest) {
			return
		}
		if !ok || key == n.key {
			n.N.NoPeer++
			n.unreachable(now, ip.Join(head, rest), ip.CodeNoRoute)
			return
		}
		if p = n.peer(now, key); p == nil {
			return
		}
	}
	n.toPeer(now, p, head, rest)
}

// toPeer sends a packet on its flow's channel, or keeps it until there is one.
func (n *Node) toPeer(now time.Time, p *peer, head, rest []byte) {
	ch := p.route(now, ip.FlowHash(head, n.flowKey))
	if ch == nil || ch.c != nil {
		p.want(now)
	}
	p.touched = now
	if ch != nil && (ch.slow && n.ease(&ch.slow, head, rest) || n.slow.sent && n.ease(&n.slow.sent, head, rest)) {
		return
	}
	if ch != nil {
		ch.add(now, recordIP, head, rest)
		return
	}
	p.wait(head, rest)
}

// fromSession takes an IP packet from the other end; a source address that is
// not the session's is dropped. Its flow's answers leave by this channel.
func (n *Node) fromSession(now time.Time, ch *channel, packet []byte) {
	if !ip.SourceAllowed(packet, ch.p.ip) {
		n.N.BadSource++
		return
	}
	if dst, ok := ip.Destination(packet); !ok || dst != n.ip {
		n.N.BadSource++
		return
	}
	n.N.PacketsIn++
	if n.slow.received && n.ease(&n.slow.received, packet, nil) {
		return
	}
	if ch.t != nil {
		n.flows.Put(now, ip.FlowHash(packet, n.flowKey), ch)
	} else {
		ch.p.touched = now
	}
	if n.c.Deliver != nil {
		n.c.Deliver(packet)
	}
}

// flowChannel is the channel of a flow's last packet, if it still stands.
func (n *Node) flowChannel(now time.Time, flow uint64) *channel {
	ch := n.flows.Get(now, flow)
	if ch == nil || !ch.ready() {
		return nil
	}
	return ch
}

func (n *Node) unreachable(now time.Time, packet []byte, code byte) {
	if n.c.Deliver == nil || !n.icmp.Take(now) {
		return
	}
	var b [ip.ErrorSize]byte
	if k := ip.Unreachable(b[:], packet, n.ip, code); k > 0 {
		n.c.Deliver(b[:k])
	}
}

func (n *Node) tooBig(now time.Time, packet []byte) {
	if n.c.Deliver == nil || !n.icmp.Take(now) {
		return
	}
	var b [ip.ErrorSize]byte
	if k := ip.PacketTooBig(b[:], packet, n.ip); k > 0 {
		n.c.Deliver(b[:k])
	}
}

// Call sends a request to the peer and reports its response, or an error, once.
func (n *Node) Call(now time.Time, to identity.Key, request []byte, done func(now time.Time, response []byte, err error)) error {
	p := n.peer(now, to)
	if p == nil {
		return hop.ErrTooMany
	}
	p.want(now)
	_, err := p.callsReady().Call(now, request, done)
	p.wake(now)
	return err
}

// callsReady returns the peer's calls, made at their first use.
func (p *peer) callsReady() *call.Endpoint {
	if p.calls != nil {
		return p.calls
	}
	n := p.n
	var first [4]byte
	step.Draw(n.rand, first[:])
	p.calls = call.New(call.Config{First: first, Pool: n.calls, Send: func(now time.Time, fragment []byte) bool {
		ch := p.carrier(now)
		return ch != nil && ch.add(now, recordCall, fragment)
	}, Serve: p.serve(), Source: p.caller})
	return p.calls
}

// carrier picks a channel for a fragment of a call. One is opened for calls of ours only:
// an answer leaves by a circuit of the peer's, however long that was silent, or waits.
func (p *peer) carrier(now time.Time) *channel {
	ch := p.any(now)
	if ch != nil || p.idle(now) && !p.calls.Calling() {
		return cmp.Or(ch, p.anyTerminal())
	}
	p.want(now)
	return nil
}

func (p *peer) anyTerminal() *channel {
	for _, ch := range p.terminals {
		if ch.ready() && ch.answered == nil {
			return ch
		}
	}
	return nil
}

// caller is where the peer's calls come from: a guest's from its source, and a peer that we
// call ourselves is one of its own.
func (p *peer) caller() uint64 {
	if p.used.IsZero() {
		return uint64(p.from)
	}
	return 0
}

// takeCall takes a fragment of a call.
func (p *peer) takeCall(now time.Time, ch *channel, data []byte) {
	c := p.callsReady()
	p.via = ch
	c.Receive(now, data)
	p.via = nil
	p.wake(now)
}

// caller says what a call came by.
func (ch *channel) caller() Caller {
	c := Caller{Key: ch.p.key}
	if ch.t != nil {
		from := ch.t.From()
		c.Neighbour, c.Port, c.Circuit = from.Short(), ch.t.Port(), ch.count
	}
	return c
}

// serve is how the peer's calls are answered; nil: they are refused.
func (p *peer) serve() func(time.Time, []byte, func(time.Time, []byte)) {
	if p.n.c.Serve == nil {
		return nil
	}
	return func(now time.Time, request []byte, reply func(time.Time, []byte)) {
		p.n.c.Serve(now, p.via.caller(), request, func(now time.Time, response []byte) {
			reply(now, response)
			p.wake(now)
		})
	}
}
