//go:build (amd64 || arm64) && !race

package gateway

import (
	"testing"
	"time"

	"hopwire/pay"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// TestWithdraw: coins leave the balance at once, are in flight until the chain has them,
// and what is signed is stored before a node sees it.
func TestWithdraw(t *testing.T) {
	w := newWorld(t).open()
	a := w.client(1).fund(5 * pay.Coin)
	a.must(pay.OpWithdraw, body.Withdraw{Amount: 3 * pay.Coin, To: body.CoinAddress{1}}.Append(nil))
	said, ok := body.ParseWithdrawn(a.r.Body)
	if !ok || said.Fee != 500 || said.PayBy != a.r.Time+3600_000 || a.r.Balance != 2*pay.Coin-500 {
		t.Errorf("%+v %+v", said, a.r)
	}
	settle := func(want int, going pay.Amount) {
		t.Helper()
		n, _ := w.g.Settle()
		if x := w.audit().Assets[0]; n != want || x.Going != int64(going) {
			t.Errorf("%d under way, %d coins; want %d, %d", n, x.Going, want, going)
		}
	}
	w.chain.down = true // in every state: nothing happens, and all goes on later
	settle(1, 3*pay.Coin)
	w.chain.down = false
	settle(1, 3*pay.Coin) // signed, injected
	w.reopen()
	settle(1, 3*pay.Coin) // the same bytes again
	if len(w.chain.injected) != 1 {
		t.Errorf("%d transactions", len(w.chain.injected))
	}
	for raw, n := range w.chain.injected {
		if n != 2 {
			t.Errorf("injected %d times", n)
		}
		w.chain.fate[raw] = Lost
	}
	settle(1, 3*pay.Coin) // requested again
	settle(1, 3*pay.Coin) // others
	if len(w.chain.injected) != 2 {
		t.Errorf("%d transactions", len(w.chain.injected))
	}
	for raw := range w.chain.injected {
		if w.chain.fate[raw] == Waits {
			w.chain.fate[raw] = Won
		}
	}
	w.chain.down = true
	settle(1, 3*pay.Coin)
	w.chain.down = false
	settle(1, 0)
	settle(0, 0)
	if x := w.audit().Assets[0]; x.Chain != int64(2*pay.Coin) || w.chain.signed != 2 {
		t.Errorf("%+v, %d signed", x, w.chain.signed)
	}
}

// TestLimits: a neighbour has its rate and its part of what waits, and costs others
// nothing; who are too many to be told apart share.
func TestLimits(t *testing.T) {
	l := newLimits(1, 3, 2)
	now := time.Time{}.Add(time.Hour)
	a, b := [32]byte{1}, [32]byte{2}
	first := l.take(a, now)
	if first == nil || l.take(a, now) == nil || l.take(a, now) != nil || l.take(b, now) == nil {
		t.Error("two may wait, of each")
	}
	first.waiting = 0
	if l.take(a, now) == nil || l.take(a, now) != nil {
		t.Error("a burst of three")
	}
	if l.take(a, now.Add(time.Second)) == nil {
		t.Error("one a second")
	}
	for i := range 2 * maxCallers {
		l.take([32]byte{3, byte(i), byte(i >> 8)}, now)
	}
	if len(l.callers) > maxCallers || l.take([32]byte{9}, now) != nil {
		t.Errorf("%d callers", len(l.callers))
	}
	l.forget(now.Add(time.Hour))
	if len(l.callers) > maxCallers {
		t.Errorf("%d callers", len(l.callers))
	}
}

// TestBusy: what is over the limits is answered at once, and not done.
func TestBusy(t *testing.T) {
	w := newWorld(t)
	w.c.Rate, w.c.Burst = 1, 2
	w.open()
	a := w.client(1)
	for i, want := range []request.Outcome{request.Answered, request.Answered, request.Busy} {
		if o, _ := w.ask([]byte{byte(request.AskTerms)}); o != want {
			t.Errorf("%d: outcome %d, want %d", i, o, want)
		}
	}
	w.clock.pass(2 * time.Second)
	a.fund(pay.Coin)
	if w.g.N.Busy.Load() != 1 || w.g.N.Calls.Load() != 2 {
		t.Errorf("%d busy, %d calls", w.g.N.Busy.Load(), w.g.N.Calls.Load())
	}
	w.g.Close()
	if o, _ := w.ask([]byte{byte(request.AskTerms)}); o != request.Halted {
		t.Errorf("outcome %d after the end", o)
	}
}
