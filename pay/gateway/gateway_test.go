//go:build (amd64 || arm64) && !race

package gateway

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// TestTransfer: what is paid leaves one account with the fee, waits in the other's inbox
// under the head that the payer was told, and moves when it is acknowledged.
func TestTransfer(t *testing.T) {
	w := newWorld(t).open()
	a, b := w.client(1).fund(5*pay.Coin), w.client(2)
	a.must(pay.OpTransfer, a.transfer(b, 2*pay.Coin))
	said, ok := body.ParseTransferred(a.r.Body)
	if !ok || said.Fee != 10 || said.Payee != b.name || a.r.Balance != 3*pay.Coin-10 {
		t.Errorf("%+v %+v", said, a.r)
	}
	b.must(pay.OpBalance, nil)
	want, _ := pay.Inbox{}.Credit(2*pay.Coin, pay.Source(pay.HashOf(a.last[1:])))
	if b.r.Balance != 0 || b.r.Inbox != want || want.Head != said.Head {
		t.Errorf("%+v, want %+v", b.r, want)
	}
	b.must(pay.OpBalance, nil)
	if b.r.Balance != 2*pay.Coin || b.r.Inbox != want {
		t.Errorf("%+v", b.r)
	}
	x := w.audit().Assets[0]
	if want := (Total{0, int64(5*pay.Coin) - 10, 0, 0, 10, 0, int64(5 * pay.Coin)}); x != want {
		t.Errorf("%+v, want %+v", x, want)
	}
}

// TestAgain: the same bytes have the same receipt, other bytes under a used seq the
// newest call as evidence, and neither changes anything.
func TestAgain(t *testing.T) {
	w := newWorld(t).open()
	a, b := w.client(1).fund(5*pay.Coin), w.client(2)
	before := a.next(pay.OpTransfer, a.transfer(b, pay.Coin))
	call := a.raw(before)
	o, first := w.ask(call)
	a.take(call, o, first)
	for range 2 {
		o, again := w.ask(call)
		if o != request.Answered || !bytes.Equal(again[0], first[0]) {
			t.Errorf("outcome %d, another receipt", o)
		}
		w.reopen()
	}
	before.Fee++
	older := before
	older.Seq--
	for name, c := range map[string]pay.Call{"same seq": before, "older seq": older} {
		if o, items := w.ask(a.raw(c)); o != request.Used || len(items) != 2 || !bytes.Equal(items[0], call[1:]) || !bytes.Equal(items[1], first[0]) {
			t.Errorf("%s: outcome %d", name, o)
		}
	}
	ahead, fork := a.next(pay.OpBalance, nil), a.next(pay.OpBalance, nil)
	ahead.Seq++
	fork.Previous[0]++
	for want, c := range map[request.Outcome]pay.Call{request.Ahead: ahead, request.Forked: fork} {
		if o, items := w.ask(a.raw(c)); o != want || len(items) != 2 || !bytes.Equal(items[1], first[0]) {
			t.Errorf("outcome %d, want %d", o, want)
		}
	}
	a.must(pay.OpBalance, nil)
	if a.r.Balance != 4*pay.Coin-10 || w.audit().Accounts != 2 {
		t.Errorf("%+v", a.r)
	}
}

// TestRefused: each rule has its status, the receipt says so, and only seq has changed.
func TestRefused(t *testing.T) {
	w := newWorld(t).open()
	a, b, full, closed := w.client(1).fund(9*pay.Coin), w.client(2), w.client(3).fund(10*pay.Coin), w.client(4).fund(pay.Coin)
	closed.must(pay.OpTransfer, closed.transfer(a, pay.Coin-10))
	closed.must(pay.OpClose, nil)
	a.must(pay.OpBalance, nil)
	a.must(pay.OpBalance, nil) // 10 coins, but for 10
	unopened := body.Transfer{Payee: account.Payee{Address: b.name.Address()}, Amount: 1000}.Append(nil)
	elsewhere := body.Transfer{Gateway: someone(9).Key(), Payee: account.Payee{Address: account.Of(someone(9).Key(), b.id.Key()).Address()}, Amount: 1000}.Append(nil)
	coins := func(n pay.Amount, to byte) []byte {
		return body.Withdraw{Amount: n, To: body.CoinAddress{to}}.Append(nil)
	}
	for i, c := range []struct {
		name   string
		want   pay.Status
		op     pay.Op
		body   []byte
		change func(c *pay.Call)
	}{
		{"late", pay.Expired, pay.OpBalance, nil, func(c *pay.Call) { c.Expiry = start0 - 1 }},
		{"unknown asset", pay.NoAsset, pay.OpBalance, nil, func(c *pay.Call) { c.Asset = 2 }},
		{"another asset than the account's", pay.Conflict, pay.OpBalance, nil, func(c *pay.Call) { c.Asset = 1 }},
		{"another balance", pay.BadBalance, pay.OpBalance, nil, func(c *pay.Call) { c.Balance++ }},
		{"ack ahead", pay.BadAck, pay.OpBalance, nil, func(c *pay.Call) { c.Ack.Count++ }},
		{"ack back", pay.BadAck, pay.OpBalance, nil, func(c *pay.Call) { c.Ack = pay.Inbox{} }},
		{"ack of another head", pay.BadAck, pay.OpBalance, nil, func(c *pay.Call) { c.Ack.Head[3]++ }},
		{"ack of another sum", pay.BadAck, pay.OpBalance, nil, func(c *pay.Call) { c.Ack.Sum++ }},
		{"unknown operation", pay.NoOp, pay.OpOwn, nil, nil},
		{"an exchange's", pay.NoOp, pay.OpOffer, nil, nil},
		{"a body too many", pay.BadBody, pay.OpBalance, []byte{1}, nil},
		{"a body cut", pay.BadBody, pay.OpTransfer, a.transfer(b, pay.Coin)[1:], nil},
		{"nothing", pay.BadAmount, pay.OpTransfer, a.transfer(b, 0), nil},
		{"dust", pay.BadAmount, pay.OpTransfer, a.transfer(b, 999), nil},
		{"more than any account", pay.TooMuch, pay.OpTransfer, a.transfer(b, 10*pay.Coin+1), nil},
		{"an amount that overflows", pay.TooMuch, pay.OpTransfer, a.transfer(b, 1<<63-1), nil},
		{"a fee above the maximum", pay.FeeTooHigh, pay.OpTransfer, a.transfer(b, pay.Coin), func(c *pay.Call) { c.Fee = 9 }},
		{"one above the balance", pay.NoFunds, pay.OpTransfer, a.transfer(b, 10*pay.Coin-19), nil},
		{"an address that is not open", pay.NoPayee, pay.OpTransfer, unopened, nil},
		{"a closed account", pay.NoPayee, pay.OpTransfer, a.transfer(closed, 1000), nil},
		{"a full account", pay.NoPayee, pay.OpTransfer, a.transfer(full, 1000), nil},
		{"another gateway", pay.NoPayee, pay.OpTransfer, elsewhere, nil},
		{"part of a coin", pay.BadAmount, pay.OpWithdraw, coins(pay.Coin+1, 1), nil},
		{"no coin", pay.BadAmount, pay.OpWithdraw, coins(0, 1), nil},
		{"no address", pay.BadBody, pay.OpWithdraw, coins(pay.Coin, 0), nil},
		{"coins above the balance", pay.NoFunds, pay.OpWithdraw, coins(10*pay.Coin, 1), nil},
		{"a withdrawal's fee", pay.FeeTooHigh, pay.OpWithdraw, coins(pay.Coin, 1), func(c *pay.Call) { c.Fee = 499 }},
		{"not empty", pay.Conflict, pay.OpClose, nil, nil},
		{"all but the fee", pay.OK, pay.OpTransfer, a.transfer(b, 10*pay.Coin-20), nil},
	} {
		before, total := a.r, w.audit().Assets[0]
		call := a.next(c.op, c.body)
		if c.change != nil {
			c.change(&call)
		}
		got := a.do(call)
		if got != c.want {
			t.Errorf("%d %s: status %d, want %d", i, c.name, got, c.want)
		}
		if r := a.r; got != pay.OK && (r.Balance != before.Balance || r.Held != before.Held || r.Inbox != before.Inbox || len(r.Body) > 0 || w.audit().Assets[0] != total) {
			t.Errorf("%s: %+v after %+v", c.name, r, before)
		}
	}
	if o, items := w.ask(closed.raw(closed.next(pay.OpBalance, nil))); o != request.Used || len(items) != 2 {
		t.Errorf("a closed account goes on: outcome %d", o)
	}
}

// TestUnopened: calls of an account without a credit are answered, and nothing is stored.
func TestUnopened(t *testing.T) {
	w := newWorld(t).open()
	a := w.client(1)
	a.must(pay.OpDeposit, nil)
	st, err := pay.ParseStatement(a.r.Body, w.online.Key())
	if d, ok := body.ParseDeposit(st.Body); err != nil || !ok || st.Kind != pay.KindDeposit || d.Account != a.name || d.Address[0] != a.name[0] {
		t.Errorf("%+v: %v", d, err)
	}
	a.must(pay.OpClaim, nil)
	if s := a.do(a.next(pay.OpTransfer, a.transfer(w.client(2), 1000))); s != pay.NoFunds || w.audit().Accounts != 0 {
		t.Errorf("status %d, %d accounts", s, w.audit().Accounts)
	}
	o, items := w.ask(request.NewestRequest(w.c.Gateway, a.id, start0+1000))
	st, err = pay.ParseStatement(items[0], w.online.Key())
	if n, ok := body.ParseNewest(st.Body); o != request.Answered || len(items) != 1 || err != nil || !ok || n != (body.Newest{Account: a.name}) {
		t.Errorf("outcome %d, %+v: %v", o, n, err)
	}
	a.fund(pay.Coin)
	if a.r.Seq != 5 || w.audit().Accounts != 1 {
		t.Errorf("%+v", a.r)
	}
}

// TestClaim: each output is credited once, 16 of them in a claim, and those that come
// later in the next.
func TestClaim(t *testing.T) {
	w := newWorld(t).open()
	a := w.client(1)
	for range 40 {
		w.chain.deposit(a.name, pay.Coin/40)
	}
	for _, want := range []int{16, 16, 8, 0} {
		a.must(pay.OpClaim, nil)
		if got, ok := body.ParseCredits(a.r.Body); !ok || len(got) != want {
			t.Errorf("%d credits, want %d", len(got), want)
		}
	}
	if a.must(pay.OpBalance, nil); a.r.Balance != pay.Coin || a.r.Height != 40 {
		t.Errorf("%+v", a.r)
	}
	w.chain.down = true
	if s := a.do(a.next(pay.OpClaim, nil)); s != pay.Stopped {
		t.Errorf("status %d", s)
	}
}

// TestAck: any point of the inbox may be acknowledged, in order; credits of the same batch
// too.
func TestAck(t *testing.T) {
	w := newWorld(t).open()
	a, b := w.client(1).fund(9*pay.Coin), w.client(2)
	points := []pay.Inbox{{}}
	for range 5 {
		a.must(pay.OpTransfer, a.transfer(b, pay.Coin))
		call := b.next(pay.OpBalance, nil)
		call.Ack = points[max(0, len(points)-2)] // what waits stays one ahead
		if s := b.do(call); s != pay.OK || b.r.Balance != call.Ack.Sum {
			t.Errorf("status %d, balance %v, want %v", s, b.r.Balance, call.Ack.Sum)
		}
		points = append(points, b.r.Inbox)
	}
	for i, at := range points[len(points)-2:] { // where it stood, but for one thing
		for _, lie := range []pay.Inbox{{Count: at.Count, Sum: at.Sum + 1, Head: at.Head}, {Count: at.Count, Sum: at.Sum}, {Count: at.Count + 7, Sum: at.Sum, Head: at.Head}} {
			call := b.next(pay.OpBalance, nil)
			call.Ack = lie
			if s := b.do(call); s != pay.BadAck {
				t.Errorf("%d: status %d for %+v", i, s, lie)
			}
		}
	}
	call := b.next(pay.OpBalance, nil)
	call.Ack = points[1]
	if s := b.do(call); s != pay.BadAck {
		t.Errorf("status %d for a point that is passed", s)
	}
	w.audit()
}

// TestSecondOpener: 64 bits that another key had first pay that one, and its owner can
// neither be paid nor get a deposit address.
func TestSecondOpener(t *testing.T) {
	w := newWorld(t)
	first := w.client(1)
	second := row{name: first.name, asset: 0, inbox: pay.Inbox{Count: 1, Sum: 5}}
	second.name[20]++
	a := w.client(2)
	payer := row{name: a.name, balance: pay.Coin, inbox: pay.Inbox{Count: 1, Sum: 5}}
	l := newLedger(rules{gateway: w.c.Gateway, now: start0, terms: &testTerms, chains: w.c.Chains}, nil, 1, []*row{&second, &payer})
	w.g = &Gateway{}
	call := a.next(pay.OpTransfer, a.transfer(first, 1000))
	call.Balance = pay.Coin
	call.Ack = pay.Inbox{}
	if r, _, _, err := l.do(&call, call.Signed(a.id)); err != nil || r.Status != pay.NoPayee {
		t.Errorf("%+v: %v", r, err)
	}
	for _, op := range []pay.Op{pay.OpDeposit, pay.OpClaim} {
		call := first.next(op, nil)
		if r, _, stored, err := l.do(&call, call.Signed(first.id)); err != nil || stored || r.Status != pay.Conflict {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// TestQuestions: terms, certificates and the newest receipt, which only its owner gets.
func TestQuestions(t *testing.T) {
	w := newWorld(t).open()
	a := w.client(1).fund(pay.Coin)
	o, items := w.ask([]byte{byte(request.AskTerms)})
	st, err := pay.ParseStatement(items[0], w.online.Key())
	if got, ok := body.ParseTerms(st.Body); o != request.Answered || err != nil || !ok || len(got.Assets) != 2 || a.r.Terms != pay.HashOf(items[0]) {
		t.Errorf("%+v: %v", got, err)
	}
	o, items = w.ask([]byte{byte(request.AskEpochs)})
	if e, err := pay.ParseCertificate(items[0], w.c.Gateway); o != request.Answered || err != nil || e.Key != w.online.Key() {
		t.Errorf("%+v: %v", e, err)
	}
	o, items = w.ask(request.NewestRequest(w.c.Gateway, a.id, start0+1000))
	if o != request.Answered || len(items) != 3 || !bytes.Equal(items[1], a.last[1:]) || pay.HashOf(items[2]) != a.hash {
		t.Fatalf("outcome %d, %d items", o, len(items))
	}
	st, err = pay.ParseStatement(items[0], w.online.Key())
	if n, ok := body.ParseNewest(st.Body); err != nil || st.Kind != pay.KindNewest || !ok || n != (body.Newest{Account: a.name, Receipt: a.hash, Inbox: a.r.Inbox, Acked: a.r.Inbox}) {
		t.Errorf("%+v: %v", n, err)
	}
	if o, items := w.ask(append([]byte{byte(request.AskTerms)}, a.r.Terms[:]...)); o != request.Answered || len(items) != 1 || pay.HashOf(items[0]) != a.r.Terms {
		t.Errorf("terms by hash: outcome %d", o)
	}
	for want, asked := range map[request.Outcome][]byte{request.Answered: {byte(request.AskEpochs), 1, 0, 0, 0}, request.Unknown: {byte(request.AskEpochs), 2, 0, 0, 0}} {
		if o, items := w.ask(asked); o != want || len(items) > 1 {
			t.Errorf("an epoch by number: outcome %d, want %d", o, want)
		}
	}
	for name, bad := range map[string][]byte{"nothing": nil, "no such question": {9}, "terms and more": {byte(request.AskTerms), 1},
		"another gateway": request.NewestRequest(someone(5).Key(), a.id, start0+1000), "late": request.NewestRequest(w.c.Gateway, a.id, start0-1),
		"a call cut": a.last[:len(a.last)-1], "too long": make([]byte, maxRequest+1)} {
		if o, items := w.ask(bad); o != request.Bad || len(items) > 0 {
			t.Errorf("%s: outcome %d", name, o)
		}
	}
}

// TestTermsChange: better ones hold at once, worse ones after a week, and receipts name
// those that hold.
func TestTermsChange(t *testing.T) {
	w := newWorld(t).open()
	a, before := w.client(1).fund(pay.Coin), [32]byte{}
	before = a.r.Terms
	set := func(fee pay.Amount, after int64) error {
		v := testTerms
		v.Assets = slices.Clone(v.Assets)
		v.Assets[0].TransferFee, v.From = fee, w.clock.Wall().UnixMilli()+after
		return w.g.SetTerms(v)
	}
	if set(11, 1000) == nil || set(11, body.WorseAfter-1) == nil || set(5, -1) == nil {
		t.Error("terms hold too early")
	}
	if err := set(5, 1000); err != nil {
		t.Error(err)
	}
	if set(6, 2000) == nil || set(6, body.WorseAfter) != nil {
		t.Error("what is worse than terms to come is measured by them")
	}
	if _, items := w.ask([]byte{byte(request.AskTerms)}); len(items) != 3 {
		t.Errorf("%d terms are shown, want 3", len(items))
	}
	if a.must(pay.OpBalance, nil); a.r.Terms != before {
		t.Error("terms hold before their time")
	}
	w.clock.pass(time.Second)
	w.reopen()
	if a.must(pay.OpTransfer, a.transfer(w.client(2), 1000)); a.r.Terms == before || a.r.Balance != pay.Coin-1005 {
		t.Errorf("%+v", a.r)
	}
}

// TestEpochs: the newest key signs whose time it is, over restarts; without one the
// gateway halts.
func TestEpochs(t *testing.T) {
	w := newWorld(t)
	day := int64(24 * 3600_000)
	keys := []*identity.Identity{someone(11), someone(12)}
	w.c.Keys = nil
	for i, id := range keys {
		e := pay.Epoch{Number: uint32(i + 1), Key: id.Key(), From: start0 + int64(i)*day, Until: start0 + int64(i+2)*day}
		w.c.Keys = append(w.c.Keys, Key{id, e.Certificate(w.offline, 1)})
	}
	second := w.c.Keys[1]
	w.c.Keys = w.c.Keys[:1]
	w.online = keys[0]
	w.open()
	a := w.client(1).fund(pay.Coin)
	call := a.last
	if err := w.g.AddKey(second); err != nil {
		t.Error(err)
	}
	if w.g.AddKey(second) == nil || w.g.AddKey(Key{keys[0], second.Certificate}) == nil {
		t.Error("an epoch has two keys")
	}
	w.c.Keys = append(w.c.Keys, second)
	w.clock.pass(24 * time.Hour)
	w.online = keys[1]
	a.must(pay.OpBalance, nil)
	if _, items := w.ask([]byte{byte(request.AskEpochs)}); a.r.Epoch != 2 || len(items) != 2 {
		t.Errorf("epoch %d, %d certificates", a.r.Epoch, len(items))
	}
	if o, _ := w.ask(call); o != request.Used {
		t.Errorf("a call of the epoch before: outcome %d", o)
	}
	w.clock.pass(48 * time.Hour)
	if o, _ := w.ask(a.raw(a.next(pay.OpBalance, nil))); o != request.Halted {
		t.Errorf("outcome %d without a key", o)
	}
}
