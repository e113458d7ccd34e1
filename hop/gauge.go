package hop

import "time"

// gauge has the circuit in use measured, and moves traffic when a segment of it
// loses what no queue accounts for.
func (ch *channel) gauge(now time.Time) {
	p, n := ch.p, ch.n
	if ch != p.active || now.Before(p.lossAt) {
		return
	}
	if ch.loss == nil {
		ch.loss = newLossMeter(ch.c)
	}
	if !ch.loss.due(now) {
		return
	}
	bad := false
	ch.loss.judge(now, func(i int) {
		bad = true
		n.Map.Failed(now, ch.c.Path(), i, ReasonLoss)
	})
	if !bad {
		ch.loss.ask(now)
		return
	}
	n.N.Lossy++
	ch.loss, p.lossAt = nil, now.Add(lossHold)
	p.checkAt = now // move to the path that the map prefers now, if there is one
}
