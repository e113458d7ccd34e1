package main

import (
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
)

// count returns how many circuits the player has, and on how many the relay answered.
func (p *player) count() (answered, open int) {
	p.do(func(now time.Time) {
		for _, ok := range p.ready {
			if open++; ok {
				answered++
			}
		}
	})
	return answered, open
}

// linked is 1 when the link to the relay is up and the relay's keys are known.
func (p *player) linked() (n int) {
	p.do(func(time.Time) {
		if p.up != nil && p.relay.Key != (identity.Key{}) {
			n = 1
		}
	})
	return n
}

// open opens circuits through the relay to the other players in turn, so many at most
// and not above the wanted number.
func (p *player) open(want, most int) (opened int) {
	p.do(func(now time.Time) {
		if p.up == nil || p.relay.Key == (identity.Key{}) {
			return
		}
		for ; len(p.own) < want && opened < most; opened++ {
			last := p.l.players[(p.l.index[p]+1+len(p.own)%(len(p.l.players)-1))%len(p.l.players)].me
			c, err := p.cs.Open(now, hop.Path{Hops: []hop.Hop{p.relay, last.hop(now)}}, 2)
			if err != nil {
				return
			}
			p.own = append(p.own, c)
			p.ready[c] = false
		}
	})
	return opened
}

// ping asks the relay for an answer on every circuit that has none yet.
func (p *player) ping() {
	p.do(func(now time.Time) {
		for c, ok := range p.ready {
			if !ok {
				c.Ping(now, 0, 1)
			}
		}
	})
}

// send sends n frames, of the long kind but for each fourth, over the circuits in turn.
func (p *player) send(n int) {
	p.do(func(now time.Time) {
		for range n {
			if len(p.own) == 0 {
				return
			}
			p.turn++
			c, f := p.own[p.turn%len(p.own)], p.Alloc()
			if f.N = link.FrameLong; p.turn%4 == 0 {
				f.N = link.FrameShort
			}
			p.sent++
			c.Send(now, c.NextSeq(), f)
		}
	})
}

func (p *player) drop(c *hop.Circuit) {
	delete(p.ready, c)
	for i, o := range p.own {
		if o == c {
			p.own = append(p.own[:i:i], p.own[i+1:]...)
			return
		}
	}
}

// Accept and the others implement hop.Events: a last hop sends every other frame back.
func (p *player) Accept(time.Time, *hop.Terminal) {}
func (p *player) TerminalFrame(now time.Time, t *hop.Terminal, seq uint32, body []byte) {
	if p.got++; p.got%2 == 0 {
		f := p.Alloc()
		if f.N = link.FrameShort; len(body) > len(f.Body()) {
			f.N = link.FrameLong
		}
		t.Send(now, t.NextSeq(), f)
	}
}
func (p *player) TerminalClosed(time.Time, *hop.Terminal)                           {}
func (p *player) CircuitReady(time.Time, *hop.Circuit)                              {}
func (p *player) CircuitFrame(_ time.Time, _ *hop.Circuit, seq uint32, body []byte) { p.echoed++ }
func (p *player) CircuitAnswer(_ time.Time, c *hop.Circuit, _ int, cell onion.Cell) {
	if _, mine := p.ready[c]; mine && cell.Type == onion.CellPong {
		p.ready[c] = true
	}
}
func (p *player) CircuitBroken(_ time.Time, c *hop.Circuit, _ int, why hop.Reason) {
	p.lost++
	p.drop(c)
}
