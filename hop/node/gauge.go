package node

import (
	"time"

	"hopwire/hop"
)

// gauge has the circuit in use measured, and moves traffic when a leg of it
// loses what no queue accounts for.
func (ch *channel) gauge(now time.Time) {
	p, n := ch.p, ch.n
	if ch != p.active || now.Before(p.lossAt) {
		return
	}
	if ch.loss == nil {
		ch.loss = &hop.LossMeter{Of: ch.c}
	}
	if !ch.loss.Due(now) {
		return
	}
	bad := false
	ch.loss.Judge(now, func(i int) {
		bad = true
		n.Map.Failed(now, ch.c.Path(), i, hop.ReasonLoss)
	})
	if !bad {
		ch.loss.Ask(now)
		return
	}
	n.N.Lossy++
	ch.loss, p.lossAt = nil, now.Add(lossHold)
	p.checkAt = now // move to the path that the map prefers now, if there is one
}
