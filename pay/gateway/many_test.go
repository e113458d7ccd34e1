package gateway

import (
	"sync"
	"testing"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/request"
)

// TestMany: calls of many clients at once share batches; each is answered once, with what
// is its own, and what they paid each other sums up.
func TestMany(t *testing.T) {
	w := newWorld(t)
	w.c.wait = batchWait
	w.journal()
	w.openMemory()
	const clients, calls = 60, 8
	var all []*client
	for i := range clients {
		c := w.client(i)
		w.chain.deposit(c.name, pay.Coin)
		all = append(all, c)
	}
	var group sync.WaitGroup
	for i, c := range all {
		group.Go(func() {
			c.must(pay.OpClaim, nil)
			for n := range calls {
				c.must(pay.OpTransfer, c.transfer(all[(i+n)%clients], 1000))
			}
		})
	}
	group.Wait()
	x := w.audit().Assets[0]
	if paid := int64(clients * calls); x.Fees != 10*paid || x.Balances+x.Inboxes != int64(clients*pay.Coin)-10*paid {
		t.Errorf("%+v", x)
	}
	if n := &w.g.N; n.Calls.Load() != clients*(calls+1) || n.Failures.Load() != 0 || n.Batches.Load() > clients*(calls+1)/2 {
		t.Errorf("%d calls in %d batches, %d failures", n.Calls.Load(), n.Batches.Load(), n.Failures.Load())
	}
}

// TestAtOnce: calls of one account that come together are done in order, each once.
func TestAtOnce(t *testing.T) {
	w := newWorld(t)
	w.c.wait, w.c.Workers = batchWait, 1 // one worker keeps the order
	w.openMemory()
	a := w.client(1).fund(pay.Coin)
	call := a.raw(a.next(pay.OpTransfer, a.transfer(a, 1000)))
	other := a.raw(a.next(pay.OpBalance, nil))
	late := a.next(pay.OpBalance, nil)
	late.Seq++
	answers := make(chan []byte, 8)
	requests := [][]byte{call, other, call, a.raw(late), request.NewestRequest(w.c.Gateway, a.id, start0+1000), call}
	for _, r := range requests {
		w.g.Handle(identity.Key{2}, r, func(b []byte) { answers <- b })
	}
	for i, want := range []request.Outcome{request.Answered, request.Used, request.Answered, request.Forked, request.Answered, request.Answered} {
		o, items, err := request.ParseAnswer(<-answers)
		if o != want || err != nil {
			t.Errorf("%d: outcome %d, want %d", i, o, want)
		}
		if i == 0 {
			a.take(call, o, items)
		}
	}
	if x := w.audit().Assets[0]; x.Fees != 10 || w.g.N.Repeats.Load() != 2 {
		t.Errorf("%+v", x)
	}
}
