//go:build (amd64 || arm64) && !race

package gateway

import (
	"errors"
	"testing"
	"time"

	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	payclient "hopwire/pay/client"
)

// A flash is a client's store, in memory.
type flash map[int][]byte

func (f flash) Read(slot int) ([]byte, error)     { return f[slot], nil }
func (f flash) Write(slot int, data []byte) error { f[slot] = append([]byte{}, data...); return nil }

// A node has the real client, which judges each receipt by all that was signed before.
type node struct {
	*payclient.Client
	w     *world
	f     flash
	seed  account.Seed
	now   time.Time // of its own clock, in 1970
	drops int       // answers that are lost
}

func (w *world) node(n byte, f flash, fresh bool) *node {
	w.Helper()
	v := &node{w: w, f: f, seed: account.Seed{n, 7}, now: time.Unix(100, 0)}
	c, err := payclient.Open(payclient.Config{Gateway: w.c.Gateway, Seed: &v.seed, Store: f, New: fresh})
	if err != nil {
		w.Fatal(err)
	}
	v.Client = c
	v.learn()
	return v
}

// send is a request and its answer.
func (v *node) send(asked []byte) []byte {
	answer := make(chan []byte, 1)
	v.w.g.Handle(v.w.c.Gateway, asked, func(b []byte) { answer <- b })
	return <-answer
}

// learn asks for terms and certificates that the client lacks.
func (v *node) learn() {
	for range 20 {
		b := v.Ask()
		if b == nil {
			return
		}
		v.Answer(v.now, v.send(b))
	}
}

// do has a call done, and says what its receipt does. A gateway that contradicts itself
// fails the test.
func (v *node) do(a *payclient.Account, begun error) pay.Status {
	v.w.Helper()
	if begun != nil {
		v.w.Fatal(begun)
	}
	var status pay.Status
	for range 20 {
		v.now = v.now.Add(time.Hour)
		b, _ := a.Next(v.now)
		if b == nil {
			return status
		}
		answer := v.send(b)
		if v.drops > 0 {
			v.drops--
			continue
		}
		s, err := a.Answer(v.now, answer)
		if why := payclient.Reason(0); errors.As(err, &why) {
			v.w.Fatal(err)
		}
		status = s
		v.learn()
	}
	v.w.Fatal("no end")
	return 0
}

// must is do, of what is not refused.
func (v *node) must(a *payclient.Account, begun error) {
	v.w.Helper()
	if s := v.do(a, begun); s != pay.OK {
		v.w.Fatalf("status %d", s)
	}
}

func (v *node) add() *payclient.Account {
	v.w.Helper()
	a, err := v.Add(payclient.Own)
	if err != nil {
		v.w.Fatal(err)
	}
	return a
}

// TestClient: the client of a router and this gateway agree, about all operations, with
// answers that are lost, restarts, terms and keys that change, and from the seed alone.
func TestClient(t *testing.T) {
	w := newWorld(t).open()
	v, u := w.node(1, flash{}, true), w.node(2, flash{}, true)
	a, b := v.add(), u.add()
	v.do(a, a.Check(v.now)) // says what time it is
	v.must(a, a.Deposit(v.now))
	if d, ok := a.DepositAddress(); !ok || d.Account != a.Name() {
		t.Errorf("%+v", d)
	}
	for range 20 {
		w.chain.deposit(a.Name(), pay.Coin/4)
	}
	v.must(a, a.Claim(v.now))
	v.must(a, a.Claim(v.now))
	to, err := account.Parse(w.c.Gateway, b.PaymentString())
	if err != nil {
		t.Fatal(err)
	}
	v.drops = 2
	v.must(a, a.Transfer(v.now, to, 2*pay.Coin, 10, [32]byte{}))
	if s := v.do(a, a.Transfer(v.now, to, pay.Coin, 9, [32]byte{})); s != pay.FeeTooHigh {
		t.Errorf("status %d", s)
	}
	w.reopen()
	u.do(b, b.Check(u.now))
	u.must(b, b.Check(u.now))
	u.must(b, b.Withdraw(u.now, pay.Coin, body.CoinAddress{1}, 500))
	fee := testTerms
	fee.Assets = append([]body.Asset{}, fee.Assets...)
	fee.Assets[0].TransferFee, fee.From = 5, w.clock.Wall().UnixMilli()+1000
	if err := w.g.SetTerms(fee); err != nil {
		t.Error(err)
	}
	w.clock.pass(time.Hour)
	back, _ := account.Parse(w.c.Gateway, a.PaymentString())
	u.must(b, b.Transfer(u.now, back, pay.Coin-505, 10, [32]byte{}))
	u.must(b, b.Close(u.now))
	v.must(a, a.Check(v.now))
	v.must(a, a.Check(v.now))
	if s := a.State(); s.Balance != 4*pay.Coin-515 || s.Incoming != 0 {
		t.Errorf("%+v", s)
	}
	again := w.node(1, flash{}, false)
	r := again.Recover()
	for q, _ := r.Next(); q != nil; q, _ = r.Next() {
		if err := r.Answer(again.now, again.send(q)); err != nil {
			again.learn()
		}
	}
	if found := r.Found(); len(found) != 1 || found[0].Balance != 4*pay.Coin-515 {
		t.Errorf("%+v", found)
	}
	w.audit()
}
