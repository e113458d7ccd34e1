//go:build (amd64 || arm64) && !race

package gateway

import (
	"math/rand/v2"
	"testing"

	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// A model is what a gateway must do, told another way: balances and inboxes alone, with
// whole amounts and no chains of hashes.
type model struct {
	open, closed          [modelAccounts]bool
	balance, waiting      [modelAccounts]pay.Amount
	fees, deposits, going pay.Amount
}

const modelAccounts = 12

// transfer is what becomes of one.
func (m *model) transfer(from, to int, amount, most pay.Amount, key bool) pay.Status {
	const fee = 10
	switch {
	case amount < 1000:
		return pay.BadAmount
	case amount > 10*pay.Coin:
		return pay.TooMuch
	case fee > most:
		return pay.FeeTooHigh
	case amount+fee > m.balance[from]:
		return pay.NoFunds
	case m.closed[to] || !m.open[to] && !key:
		return pay.NoPayee
	}
	left := m.balance[to] // at that moment, when one pays oneself
	if from == to {
		left -= amount + fee
	}
	if left+m.waiting[to]+amount > 10*pay.Coin {
		return pay.NoPayee
	}
	m.balance[from] -= amount + fee
	m.waiting[to] += amount
	m.fees += fee
	m.open[to] = true
	return pay.OK
}

func (m *model) withdraw(of int, amount, most pay.Amount) pay.Status {
	switch {
	case amount%pay.Coin != 0 || amount < pay.Coin:
		return pay.BadAmount
	case most < 500:
		return pay.FeeTooHigh
	case amount+500 > m.balance[of]:
		return pay.NoFunds
	}
	m.balance[of] -= amount + 500
	m.fees, m.going = m.fees+500, m.going+amount
	return pay.OK
}

// acknowledge is what every call that is not refused does first.
func (m *model) acknowledge(of int, all bool) {
	if all {
		m.balance[of], m.waiting[of] = m.balance[of]+m.waiting[of], 0
	}
}

// TestModel: random operations, whose receipts say what the model says, over restarts;
// the books balance after all.
func TestModel(t *testing.T) {
	for seed := range uint64(3) {
		w := newWorld(t)
		w.journal()
		w.open()
		r, m := rand.New(rand.NewPCG(seed, 1)), &model{}
		var all [modelAccounts]*client
		for i := range all {
			all[i] = w.client(i)
		}
		for step := range 400 {
			of := r.IntN(modelAccounts)
			if m.closed[of] {
				continue
			}
			if what := m.step(w, r, all[:], of); t.Failed() {
				t.Fatalf("seed %d, step %d: %s", seed, step, what)
			}
			if r.IntN(100) == 0 {
				w.reopen()
			}
		}
		m.compare(w)
		w.g.Close()
	}
}

// step does one operation on both.
func (m *model) step(w *world, r *rand.Rand, all []*client, of int) string {
	c, before := all[of], *m
	call := c.next(pay.OpBalance, nil)
	acks := r.IntN(3) > 0
	if !acks {
		call.Ack = c.acked()
	} else if c.r.Inbox.Sum-c.acked().Sum != m.waiting[of] { // what it has not seen yet stays
		return m.look(c, of)
	}
	m.acknowledge(of, acks)
	want := pay.OK
	switch r.IntN(8) {
	case 0, 1, 2, 3:
		want = m.randomTransfer(r, all, of, &call)
	case 4:
		amount := []pay.Amount{0, pay.Coin, 2 * pay.Coin, pay.Coin + 1, 20 * pay.Coin}[r.IntN(5)]
		call.Op, call.Body = pay.OpWithdraw, body.Withdraw{Amount: amount, To: body.CoinAddress{1}}.Append(nil)
		want = m.withdraw(of, amount, call.Fee)
	case 5:
		amount := pay.Amount(r.Int64N(int64(3 * pay.Coin)))
		if amount > 0 {
			w.chain.deposit(c.name, amount)
			m.waiting[of], m.deposits, m.open[of] = m.waiting[of]+amount, m.deposits+amount, true
		}
		call.Op = pay.OpClaim
	case 6:
		if r.IntN(4) == 0 {
			call.Op = pay.OpClose
			if want = pay.Conflict; m.open[of] && m.balance[of]+m.waiting[of] == 0 {
				want, m.closed[of] = pay.OK, true
			}
		}
	case 7:
		call.Op, call.Body, want = pay.OpTransfer, []byte("nothing"), pay.BadBody
	}
	if want != pay.OK {
		*m = before
	}
	if got := c.do(call); got != want || c.r.Balance != m.balance[of] || c.r.Inbox.Sum-c.ackedAfter(call) != m.waiting[of] {
		w.Errorf("op %d: status %d, want %d; balance %v, want %v; waiting %v, want %v", call.Op, got, want, c.r.Balance, m.balance[of],
			c.r.Inbox.Sum-c.ackedAfter(call), m.waiting[of])
	}
	return "as above"
}

func (m *model) randomTransfer(r *rand.Rand, all []*client, of int, call *pay.Call) pay.Status {
	to := r.IntN(len(all))
	amount := []pay.Amount{0, 999, 1000, pay.Coin / 2, m.balance[of], max(0, m.balance[of]-10), max(0, m.balance[of]-9), 11 * pay.Coin}[r.IntN(8)]
	key := r.IntN(2) == 0
	p := account.Payee{Address: all[to].name.Address()}
	if key {
		p.Key = all[to].id.Key()
	}
	call.Fee = []pay.Amount{9, 10, pay.Coin}[r.IntN(3)]
	call.Op, call.Body = pay.OpTransfer, body.Transfer{Payee: p, Amount: amount}.Append(nil)
	return m.transfer(of, to, amount, call.Fee, key)
}

// look has a client see what waits, without acknowledging it.
func (m *model) look(c *client, of int) string {
	call := c.next(pay.OpBalance, nil)
	call.Ack = c.acked()
	if s := c.do(call); s != pay.OK || c.r.Balance != m.balance[of] || c.r.Inbox.Sum-c.acked().Sum != m.waiting[of] {
		c.w.Errorf("look: status %d, %+v", s, c.r)
	}
	return "look"
}

// acked is what the client has acknowledged for good: what is in its balance was.
func (c *client) acked() pay.Inbox { return c.ack }

func (c *client) ackedAfter(call pay.Call) pay.Amount {
	if c.r.Status == pay.OK {
		c.ack = call.Ack
	}
	return c.ack.Sum
}

func (m *model) compare(w *world) {
	w.Helper()
	var want Total
	for i := range m.balance {
		want.Balances, want.Inboxes = want.Balances+int64(m.balance[i]), want.Inboxes+int64(m.waiting[i])
	}
	want.Fees, want.Going, want.Chain = int64(m.fees), int64(m.going), int64(m.deposits)
	if a := w.audit(); len(a.Assets) != 1 || a.Assets[0] != want {
		w.Errorf("%+v, want %+v", a.Assets, want)
	}
}
