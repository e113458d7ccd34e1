package client

import (
	"bytes"
	"testing"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// A lie is one that a gateway signs, with the call that it answers so.
type lie struct {
	name string
	call func(a *Account) error
	lie  func(g *gateway, c *pay.Call, r *pay.Receipt)
	want Reason
}

func check(a *Account) error { return a.Check(boot) }
func payCoin(a *Account) error {
	return a.Transfer(boot, account.Payee{Address: a.Name().Address()}, pay.Coin, 20, [32]byte{5})
}
func cheap(a *Account) error {
	return a.Transfer(boot, account.Payee{Address: a.Name().Address()}, pay.Coin, 9, [32]byte{5})
}
func withdraw(a *Account) error { return a.Withdraw(boot, pay.Coin, body.CoinAddress{3}, 500) }
func claim(a *Account) error    { return a.Claim(boot) }
func deposit(a *Account) error  { return a.Deposit(boot) }
func tooMuch(a *Account) error {
	return a.Transfer(boot, account.Payee{Address: a.Name().Address()}, 7*pay.Coin, 20, [32]byte{5})
}

func refuse(s pay.Status) func(*gateway, *pay.Call, *pay.Receipt) {
	return func(g *gateway, c *pay.Call, r *pay.Receipt) {
		l := g.accounts[c.Account()]
		r.Status, r.Body, r.Balance, r.Inbox = s, nil, c.Balance, c.Ack
		l.balance = c.Balance
	}
}

func transferred(change func(d *body.Transferred)) func(*gateway, *pay.Call, *pay.Receipt) {
	return func(g *gateway, c *pay.Call, r *pay.Receipt) {
		d, _ := body.ParseTransferred(r.Body)
		change(&d)
		r.Body = d.Append(nil)
	}
}

var lies = []lie{
	{"balance cut", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Balance-- }, WrongBalance},
	{"balance raised", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Balance++ }, WrongBalance},
	{"credit acknowledged, not added", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Balance = c.Balance }, WrongBalance},
	{"change kept", payCoin, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Balance -= 5 }, WrongBalance},
	{"balance cut by a refusal", tooMuch, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Balance-- }, WrongBalance},
	{"a refusal moves what is acknowledged", tooMuch, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Balance += pay.Coin }, WrongBalance},
	{"held for nothing", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Held = 1 }, WrongHeld},
	{"held by a refusal", tooMuch, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Held = 1 }, WrongHeld},
	{"inbox shrinks", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Inbox = pay.Inbox{} }, WrongInbox},
	{"inbox of another head", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Inbox.Head[0]++ }, WrongInbox},
	{"inbox counts and does not add", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Inbox.Count++ }, WrongInbox},
	{"inbox loses of its sum", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Inbox.Count, r.Inbox.Sum = r.Inbox.Count+1, 1 }, WrongInbox},
	{"time falls", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Time -= 1 }, TimeFell},
	{"fee above the terms", payCoin, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		transferred(func(d *body.Transferred) { d.Fee = 11 })(g, c, r)
		r.Balance--
	}, WrongFee},
	{"fee above the call", payCoin, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		transferred(func(d *body.Transferred) { d.Fee = 21 })(g, c, r)
		r.Balance -= 11
	}, WrongFee},
	{"a fee that the call does not allow", cheap, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		r.Status, r.Balance = pay.OK, c.Balance+c.Ack.Sum-g.accounts[c.Account()].acked.Sum-pay.Coin-10
		r.Body = body.Transferred{Fee: 10, Payee: c.Account()}.Append(nil)
	}, WrongFee},
	{"another is paid", payCoin, transferred(func(d *body.Transferred) { d.Payee[0]++ }), WrongPayee},
	{"no body", payCoin, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Body = nil }, WrongBody},
	{"a body of nothing", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Body = []byte{1} }, WrongBody},
	{"a refusal with a body", tooMuch, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Body = []byte{1} }, WrongBody},
	{"another asset", check, func(g *gateway, c *pay.Call, r *pay.Receipt) { r.Asset = 1 }, WrongBody},
	{"withdrawal paid whenever", withdraw, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		r.Body = body.Withdrawn{Fee: 500, PayBy: g.now + 3_600_001}.Append(nil)
	}, WrongTerms},
	{"withdrawal fee", withdraw, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		r.Body = body.Withdrawn{Fee: 501, PayBy: g.now}.Append(nil)
		r.Balance--
	}, WrongFee},
	{"deposit uncredited", claim, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		r.Body = body.AppendCredits(nil, []body.Credit{{Output: [32]byte{1}, Amount: 9}})
	}, WrongInbox},
	{"deposit credited lower", claim, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		r.Body = body.AppendCredits(nil, []body.Credit{{Output: [32]byte{1}, Amount: 9}})
		r.Inbox, _ = r.Inbox.Credit(8, pay.Source([32]byte{1}))
	}, WrongInbox},
	{"deposit to another's address", deposit, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		r.Body = g.sign(pay.KindDeposit, body.Deposit{Account: account.Account{1}}.Append(nil))
	}, WrongBody},
	{"deposit address by a stranger", deposit, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		s := pay.Statement{Kind: pay.KindDeposit, Gateway: c.Gateway, Time: g.now, Epoch: g.epoch, Body: body.Deposit{Account: c.Account()}.Append(nil)}
		r.Body = s.Signed(someone(g.t, 66))
	}, WrongBody},
	{"early expiry", check, refuse(pay.Expired), WrongRefusal},
	{"no funds, with funds", payCoin, refuse(pay.NoFunds), WrongRefusal},
	{"fee too high, with enough", payCoin, refuse(pay.FeeTooHigh), WrongRefusal},
	{"an inbox that it signed", check, refuse(pay.BadAck), WrongRefusal},
	{"a balance that it signed", check, refuse(pay.BadBalance), WrongRefusal},
	{"an asset of its own", check, refuse(pay.NoAsset), WrongRefusal},
	{"an account closed with coins in it", func(a *Account) error { return a.Close(boot) }, func(g *gateway, c *pay.Call, r *pay.Receipt) {
		r.Status, r.Balance, r.Body = pay.OK, 0, nil
	}, WrongBalance},
}

// TestLies: each lie is found, stops the account for good, also over a restart, and the
// export convinces: it has the call and the receipt that contradict each other.
func TestLies(t *testing.T) {
	for _, l := range lies {
		t.Run(l.name, func(t *testing.T) {
			g, f := newGateway(t), newFlash()
			_, a := rich(t, g, f, 5*pay.Coin)
			g.credit(a.Name(), pay.Coin, [32]byte{8})
			do(t, g, a, a.Check(boot), pay.OK) // one coin is incoming now
			g.now += 5
			do(t, g, a, a.Claim(boot), pay.OK)
			g.credit(a.Name(), pay.Coin, [32]byte{9})
			do(t, g, a, a.Claim(boot), pay.OK)
			if l.call == nil || l.call(a) != nil {
				t.Fatal("not begun")
			}
			call := a.underWay
			g.lie = func(c *pay.Call, r *pay.Receipt) { l.lie(g, c, r) }
			before := a.State()
			if _, err := ask(t, g, a, boot); err != l.want {
				t.Fatalf("%v, want %v", err, l.want)
			}
			after := a.State()
			if after.Against != l.want || after.Balance != before.Balance || after.Seq != before.Seq {
				t.Errorf("%+v", after)
			}
			stopped(t, a, l.want)
			a = open(t, g, f, false).Accounts()[0]
			stopped(t, a, l.want)
			convinces(t, g, a, call)
		})
	}
}

func stopped(t *testing.T, a *Account, want Reason) {
	t.Helper()
	if b, _ := a.Next(boot); b != nil {
		t.Error("it still calls")
	}
	if err := a.Check(boot); err != want {
		t.Errorf("a new call: %v", err)
	}
	if _, err := a.take(boot, a.receipt); err != want {
		t.Errorf("a receipt: %v", err)
	}
}

// convinces says that the export has a certificate, the call, its receipt, and the terms
// that it names, all with good signatures.
func convinces(t *testing.T, g *gateway, a *Account, call []byte) {
	t.Helper()
	var called, answered, named bool
	var key = map[uint32]pay.Epoch{}
	var terms [32]byte
	for b := a.Export(); len(b) > 0; {
		kind, paper, rest, ok := pay.NextPaper(b)
		if !ok {
			t.Fatal("the export does not parse")
		}
		b = rest
		switch kind {
		case pay.PaperCall:
			called = called || bytes.Equal(paper, call)
		case pay.PaperReceipt:
			n, _ := pay.ReceiptEpoch(paper)
			r, err := pay.ParseReceipt(paper, key[n].Key)
			if err != nil {
				t.Errorf("a receipt: %v", err)
			}
			if r.Call == pay.HashOf(call) {
				answered, terms = true, r.Terms
			}
		case pay.PaperStatement:
			if e, err := pay.ParseCertificate(paper, g.offline.Key()); err == nil {
				key[e.Number] = e
			}
			named = named || answered && pay.HashOf(paper) == terms
		}
	}
	if !called || !answered || !named {
		t.Errorf("the export has call %v, receipt %v, terms %v", called, answered, named)
	}
}

// TestTwice: two receipts of one call are two histories; but of an account that was never
// credited nothing is kept, and the second is merely late.
func TestTwice(t *testing.T) {
	g, f := newGateway(t), newFlash()
	_, a := rich(t, g, f, 5*pay.Coin)
	r := a.Last()
	r.Height++
	if _, err := a.take(boot, r.Signed(g.key)); err != Twice {
		t.Errorf("%v, want %v", err, Twice)
	}
	g = newGateway(t)
	_, a = rich(t, g, newFlash(), 0)
	do(t, g, a, a.Check(boot), pay.OK)
	r = a.Last()
	r.Height++
	if _, err := a.take(boot, r.Signed(g.key)); err != errLate {
		t.Errorf("%v, want %v", err, errLate)
	}
	do(t, g, a, a.Check(boot), pay.OK)
}

// TestTwoKeys: two keys of one epoch speak against the gateway; nothing more is deposited
// there, and what is there can be taken away.
func TestTwoKeys(t *testing.T) {
	g, f := newGateway(t), newFlash()
	c, _ := rich(t, g, f, 5*pay.Coin)
	e := pay.Epoch{Number: 1, Key: someone(t, 77).Key(), From: 1, Until: 1 << 60}
	if err := c.Answer(boot, request.AppendAnswer(nil, request.Answered, e.Certificate(g.offline, g.now))); err != Twice {
		t.Errorf("%v, want %v", err, Twice)
	}
	c = open(t, g, f, false)
	if why, papers := c.Against(); why != Twice || len(papers) == 0 {
		t.Errorf("after a restart: %v, %d bytes", why, len(papers))
	}
	a := c.Accounts()[0]
	do(t, g, a, nil, 0)
	if err := a.Deposit(boot); err != Twice {
		t.Errorf("deposit: %v", err)
	}
	do(t, g, a, withdraw(a), pay.OK)
}

// TestTerms: they may get better at once, worse after seven days, and the chain between
// what is known and what a receipt names is asked for.
func TestTerms(t *testing.T) {
	fee := func(g *gateway, from int64, fee pay.Amount) *body.Terms {
		terms := someTerms(from)
		terms.Assets[0].TransferFee = fee
		return terms
	}
	for name, c := range map[string]struct {
		state func(g *gateway)
		want  error
	}{
		"better at once":           {func(g *gateway) { g.state(fee(g, g.now, 9)) }, nil},
		"worse in time":            {func(g *gateway) { g.state(fee(g, g.now+body.WorseAfter, 11)) }, nil},
		"worse, too early":         {func(g *gateway) { g.state(fee(g, g.now+body.WorseAfter-1, 11)) }, WrongTerms},
		"sooner than those before": {func(g *gateway) { g.state(fee(g, g.now-1, 10)) }, WrongTerms},
		"a chain that was missed": {func(g *gateway) {
			g.state(fee(g, g.now+body.WorseAfter, 11))
			g.now += body.WorseAfter
			g.state(fee(g, g.now, 11))
			g.state(fee(g, g.now, 10)) // worse than the first? no: as that
			g.state(fee(g, g.now+body.WorseAfter, 12))
			g.state(fee(g, g.now+body.WorseAfter, 11)) // worse than what the client knows, and soon
			g.now += body.WorseAfter
		}, nil},
		"a chain with a cheat in it": {func(g *gateway) {
			g.state(fee(g, g.now+body.WorseAfter, 11))
			g.now += body.WorseAfter
			g.state(fee(g, g.now, 12))
			g.state(fee(g, g.now, 11))
		}, WrongTerms},
	} {
		t.Run(name, func(t *testing.T) {
			g, f := newGateway(t), newFlash()
			cl, a := rich(t, g, f, 5*pay.Coin)
			c.state(g)
			cl.want.newest = true
			var err error
			for range 10 {
				if b := cl.Ask(); b != nil {
					if e := cl.Answer(boot, g.answer(b)); e != nil {
						err = e
					}
				}
			}
			if why, _ := cl.Against(); err != c.want || why != reasonOf(c.want) {
				t.Errorf("%v, against %v, want %v", err, why, c.want)
			}
			if cl.Ask() != nil {
				t.Errorf("still wanted: %+v", cl.want)
			}
			if s, err := ask(t, g, a, boot); err != nil || s != pay.OK {
				t.Fatal(s, err)
			}
			begin := a.Check(boot) // its time may be of weeks ago: then it is late
			if _, err := ask(t, g, a, boot); begin != nil || err != nil {
				t.Fatal(begin, err)
			}
			do(t, g, a, payCoin(a), pay.OK)
		})
	}
}

func reasonOf(err error) Reason {
	r, _ := err.(Reason)
	return r
}

// TestOldTerms: a receipt may not name terms that better ones replaced long ago, nor some
// that do not hold yet.
func TestOldTerms(t *testing.T) {
	g := newGateway(t)
	_, a := rich(t, g, newFlash(), 5*pay.Coin)
	old := pay.HashOf(g.terms[0])
	better := someTerms(g.now)
	better.Assets[0].TransferFee = 1
	g.state(better)
	do(t, g, a, a.Check(boot), pay.OK)
	g.lie = func(c *pay.Call, r *pay.Receipt) { r.Terms = old }
	g.now += lateTerms
	do(t, g, a, a.Check(boot), pay.OK) // late by less than processes may be
	g.now++
	if err := a.Check(boot); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, g, a, boot); err != WrongTerms {
		t.Errorf("%v, want %v", err, WrongTerms)
	}
}

// TestForked: two terms that follow the same are two histories.
func TestForked(t *testing.T) {
	g := newGateway(t)
	c, _ := rich(t, g, newFlash(), 0)
	one := someTerms(g.now)
	g.state(one)
	c.Answer(boot, request.AppendAnswer(nil, request.Answered, g.terms[1]))
	two := someTerms(g.now + 1)
	two.Previous = pay.HashOf(g.terms[0])
	if err := c.Answer(boot, request.AppendAnswer(nil, request.Answered, g.sign(pay.KindTerms, two.Append(nil)))); err != Twice {
		t.Errorf("%v, want %v", err, Twice)
	}
}

// TestThief: what an epoch's key signs outside its time, or an unknown one at all, counts
// for nothing and accuses nobody.
func TestThief(t *testing.T) {
	g := newGateway(t)
	c, a := rich(t, g, newFlash(), 5*pay.Coin)
	if err := a.Check(boot); err != nil {
		t.Fatal(err)
	}
	g.lie = func(_ *pay.Call, r *pay.Receipt) { r.Time, r.Balance = g.now+365*day, 0 }
	if _, err := ask(t, g, a, boot); err != errForm {
		t.Errorf("after its time: %v", err)
	}
	other := pay.Receipt{Gateway: g.offline.Key(), Account: a.Name(), Seq: 4, Call: pay.HashOf(a.underWay), Time: g.now, Epoch: 9}
	if _, err := a.take(boot, other.Signed(someone(t, 99))); err != errEpoch {
		t.Errorf("an epoch of nobody: %v", err)
	}
	if b := c.Ask(); !bytes.Equal(b, []byte{byte(request.AskEpochs), 9, 0, 0, 0}) {
		t.Errorf("% x is asked", b)
	}
	forged := pay.Epoch{Number: 9, Key: someone(t, 99).Key(), From: 0, Until: 1 << 60}
	if err := c.Answer(boot, request.AppendAnswer(nil, request.Answered, forged.Certificate(someone(t, 99), g.now))); err == nil {
		t.Error("a certificate by a stranger")
	}
	old := g.now
	g.now += 366 * day
	late := g.sign(pay.KindTerms, someTerms(g.now).Append(nil))
	if err := c.Answer(boot, request.AppendAnswer(nil, request.Answered, late)); err != errForm {
		t.Errorf("terms after its time: %v", err)
	}
	g.now = old
	another := a.Last()
	another.Seq, another.Call = a.asked.Seq, [32]byte{1}
	if _, err := a.take(boot, another.Signed(g.key)); err != errForeign {
		t.Errorf("of another call: %v", err)
	}
	if a.State().Against != 0 || c.against != 0 {
		t.Error("the gateway stands accused")
	}
}

// TestFalls: a gateway that shows, as the newest, less than it signed, is behind: it may
// have been restored. One that shows another call under the same seq has two histories.
func TestFalls(t *testing.T) {
	g, f := newGateway(t), newFlash()
	c, a := rich(t, g, f, 5*pay.Coin)
	old := g.newest(a.Name())
	do(t, g, a, a.Check(boot), pay.OK)
	l := *g.accounts[a.Name()]
	a.Look()
	if _, err := a.Answer(boot, old); err != ErrBehind && err != errLate {
		t.Errorf("%v, want %v", err, ErrBehind)
	}
	if a.State().Against != 0 {
		t.Error("accused")
	}
	// The same seed elsewhere: its call of that seq, which the gateway should have refused.
	call := pay.Call{Op: pay.OpClaim, Gateway: g.offline.Key(), Key: a.key.Key(), Seq: l.seq, Expiry: never, Ack: l.acked, Balance: l.balance}
	l.call = call.Signed(a.key)
	r := a.Last()
	r.Call = pay.HashOf(l.call)
	l.receipt, l.acked = r.Signed(g.key), call.Ack
	g.accounts[a.Name()] = &l
	a.Look()
	if _, err := a.Answer(boot, g.newest(a.Name())); err != Twice {
		t.Errorf("%v, want %v", err, Twice)
	}
	_ = c
}

// TestNotOurs: a newer receipt without a call of one's own is nothing.
func TestNotOurs(t *testing.T) {
	g, f := newGateway(t), newFlash()
	c, a := rich(t, g, f, 5*pay.Coin)
	before := a.State()
	for name, key := range map[string]*identity.Identity{"a stranger's": someone(t, 50), "the gateway's": g.key} {
		l := *g.accounts[a.Name()]
		call := pay.Call{Op: pay.OpBalance, Gateway: g.offline.Key(), Key: key.Key(), Seq: 9, Expiry: never, Ack: l.acked}
		l.call = call.Signed(key)
		r := pay.Receipt{Gateway: g.offline.Key(), Account: a.Name(), Seq: 9, Call: pay.HashOf(l.call), Time: g.now, Epoch: 1, Inbox: l.inbox}
		l.receipt = r.Signed(g.key)
		good := g.accounts[a.Name()]
		g.accounts[a.Name()] = &l
		a.Look()
		if _, err := a.Answer(boot, g.newest(a.Name())); err != errForeign {
			t.Errorf("%s call: %v", name, err)
		}
		g.accounts[a.Name()] = good
	}
	l := *g.accounts[a.Name()]
	call := pay.Call{Op: pay.OpBalance, Gateway: g.offline.Key(), Key: a.key.Key(), Seq: 9, Expiry: never, Ack: l.acked}
	r := pay.Receipt{Gateway: g.offline.Key(), Account: a.Name(), Seq: 9, Call: [32]byte{1}, Time: g.now, Epoch: 1, Inbox: l.inbox}
	l.call, l.receipt = call.Signed(a.key), r.Signed(g.key)
	good := g.accounts[a.Name()]
	g.accounts[a.Name()] = &l
	a.Look()
	if _, err := a.Answer(boot, g.newest(a.Name())); err != errForm {
		t.Errorf("a call that the receipt does not name: %v", err)
	}
	g.accounts[a.Name()] = good
	if a.State() != before || c.Stale() {
		t.Errorf("%+v, want %+v", a.State(), before)
	}
	do(t, g, a, a.Check(boot), pay.OK)
}

// TestEndOfTime: a gateway whose time is at the end of all times leaves records that open.
func TestEndOfTime(t *testing.T) {
	g, f := newGateway(t), newFlash()
	g.now = never - 700_000
	g.epoch++
	e := pay.Epoch{Number: g.epoch, Key: g.key.Key(), From: 1, Until: never}
	g.certs = append(g.certs, e.Certificate(g.offline, 1))
	g.state(someTerms(g.now))
	_, a := rich(t, g, f, pay.Coin)
	if err := payCoin(a); err != ErrFunds && err != nil {
		t.Fatal(err)
	}
	if err := a.Claim(boot); err != nil && err != ErrBusy {
		t.Fatal(err)
	}
	if s := open(t, g, f, false).Accounts()[0].State(); !s.Busy {
		t.Errorf("%+v", s)
	}
}

// TestManyEpochs: receipts of many epochs ago are judged, and the newest is not forgotten.
func TestManyEpochs(t *testing.T) {
	g, f := newGateway(t), newFlash()
	c, a := rich(t, g, f, 5*pay.Coin)
	for range 20 {
		g.now += day
		g.nextEpoch()
		do(t, g, a, payCoin(a), pay.OK)
		if a.Last().Epoch != g.epoch || c.latest().Number != g.epoch {
			t.Fatalf("epoch %d, known %d, want %d", a.Last().Epoch, c.latest().Number, g.epoch)
		}
	}
	if c = open(t, g, f, false); c.latest().Number != g.epoch {
		t.Errorf("epoch %d after a restart", c.latest().Number)
	}
}
