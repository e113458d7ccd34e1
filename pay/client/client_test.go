package client

import (
	"testing"
	"time"

	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// TestOperations: each operation leaves what the gateway's ledger has.
func TestOperations(t *testing.T) {
	g := newGateway(t)
	c, a := rich(t, g, newFlash(), 0)
	do(t, g, a, a.Deposit(boot), pay.OK)
	if d, ok := a.DepositAddress(); !ok || d.Address != (body.CoinAddress{9}) {
		t.Errorf("deposit address %+v %v", d, ok)
	}
	g.deposit(a.Name(), 3*pay.Coin)
	g.deposit(a.Name(), 4*pay.Coin)
	do(t, g, a, a.Claim(boot), pay.OK)
	if s := a.State(); s.Incoming != 7*pay.Coin || s.Balance != 0 {
		t.Errorf("after the claim: %+v", s)
	}
	b, err := c.Add(Payee)
	if err != nil { // the first look after a block was reserved
		t.Fatal(err)
	}
	to, err := account.Parse(g.offline.Key(), b.PaymentString())
	if err != nil {
		t.Fatal(err)
	}
	do(t, g, a, a.Transfer(boot, to, pay.Coin, 10, [32]byte{1}), pay.OK)
	do(t, g, a, a.Transfer(boot, account.Payee{Address: b.Name().Address()}, pay.Coin, 10, [32]byte{2}), pay.OK)
	do(t, g, a, a.Withdraw(boot, 2*pay.Coin, body.CoinAddress{3}, 500), pay.OK)
	do(t, g, b, b.Check(boot), pay.OK)
	do(t, g, b, b.Check(boot), pay.OK)
	if s := a.State(); s.Balance != 3*pay.Coin-520 || s.Incoming != 0 {
		t.Errorf("payer: %+v", s)
	}
	if s := b.State(); s.Balance != 2*pay.Coin || s.Incoming != 0 {
		t.Errorf("payee: %+v", s)
	}
	do(t, g, b, b.Close(boot), pay.Conflict)
	do(t, g, b, b.Transfer(boot, account.Payee{Address: a.Name().Address()}, 2*pay.Coin-10, 10, [32]byte{3}), pay.OK)
	do(t, g, b, b.Close(boot), pay.OK)
	if err := b.Check(boot); err != ErrClosed {
		t.Errorf("a closed account: %v", err)
	}
}

// TestRefusals: the gateway's are receipted and change nothing; what cannot be right is
// not asked.
func TestRefusals(t *testing.T) {
	g := newGateway(t)
	_, a := rich(t, g, newFlash(), 5*pay.Coin)
	to := account.Payee{Address: account.Address{1}}
	self := account.Payee{Address: a.Name().Address()}
	do(t, g, a, a.Transfer(boot, to, pay.Coin, 10, [32]byte{}), pay.NoPayee)
	do(t, g, a, a.Transfer(boot, self, 999, 10, [32]byte{}), pay.BadAmount)
	do(t, g, a, a.Transfer(boot, self, pay.Coin, 9, [32]byte{}), pay.FeeTooHigh)
	do(t, g, a, a.Transfer(boot, self, 5*pay.Coin-9, 10, [32]byte{}), pay.NoFunds)
	if s := a.State(); s.Balance != 5*pay.Coin || s.Seq != 6 || s.Status != pay.NoFunds {
		t.Errorf("%+v", s)
	}
	for name, c := range map[string]struct{ got, want error }{
		"nothing":           {a.Transfer(boot, self, 0, 10, [32]byte{}), ErrAmount},
		"less than nothing": {a.Transfer(boot, self, -1, 10, [32]byte{}), ErrAmount},
		"a negative fee":    {a.Transfer(boot, self, 1, -1, [32]byte{}), ErrAmount},
		"an overflow":       {a.Transfer(boot, self, 1, 1<<63-1, [32]byte{}), ErrAmount},
		"more than it has":  {a.Transfer(boot, self, 5*pay.Coin+1, 10, [32]byte{}), ErrFunds},
		"a part of a coin":  {a.Withdraw(boot, pay.Coin/2, body.CoinAddress{}, 500), ErrAmount},
		"before anything":   {open(t, g, newFlash(), true).put1(t).Check(boot), ErrTime},
		"two calls at once": {second(a), ErrBusy},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

func (c *Client) put1(t *testing.T) *Account {
	a, err := c.Add(Own)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func second(a *Account) error {
	if err := a.Check(boot); err != nil {
		return err
	}
	return a.Check(boot)
}

// TestExpired: a call that comes too late is refused, and the next is not.
func TestExpired(t *testing.T) {
	g := newGateway(t)
	_, a := rich(t, g, newFlash(), 5*pay.Coin)
	if err := a.Check(boot); err != nil {
		t.Fatal(err)
	}
	g.now += 3 * day
	do(t, g, a, nil, pay.Expired)
	do(t, g, a, a.Check(boot), pay.OK)
}

// TestTime: it is the gateway's newest signed time and what passed since, whatever the
// node's date is, and goes on after a restart from what flash has.
func TestTime(t *testing.T) {
	g, f := newGateway(t), newFlash()
	c := open(t, g, f, true)
	if _, known := c.Time(boot); known {
		t.Error("time from nowhere")
	}
	meet(t, g, c, boot)
	if at, _ := c.Time(boot.Add(5 * time.Second)); at != year2026+5000 {
		t.Errorf("%d, want 5 s after the terms", at-year2026)
	}
	a := c.put1(t)
	g.credit(a.Name(), pay.Coin, [32]byte{})
	g.now += 60_000
	do(t, g, a, a.Check(boot), pay.OK)
	g.now += 1000
	do(t, g, a, a.Check(boot), pay.OK)
	c = open(t, g, f, false)
	if at, _ := c.Time(boot.Add(-time.Hour)); at != year2026+60_000 && at != year2026 {
		t.Errorf("after a restart: %d", at-year2026)
	}
	first, _ := c.Time(boot)
	if at, _ := c.Time(boot.Add(time.Minute)); at != first+60_000 {
		t.Errorf("%d after a minute", at-first)
	}
}

// TestNext: a call is sent at once, then at growing gaps, always the same bytes, and after
// a restart the same again.
func TestNext(t *testing.T) {
	g, f := newGateway(t), newFlash()
	_, a := rich(t, g, f, pay.Coin)
	if b, again := a.Next(boot); b != nil || !again.IsZero() {
		t.Error("something to send")
	}
	if err := a.Check(boot); err != nil {
		t.Fatal(err)
	}
	now, first := boot, ""
	for _, gap := range []time.Duration{15, 30, 60, 120, 240, 480, 600, 600} {
		b, again := a.Next(now)
		if first == "" {
			first = string(b)
		}
		if string(b) != first || again.Sub(now) != gap*time.Second {
			t.Errorf("%d bytes, the next after %v, want %v", len(b), again.Sub(now), gap)
		}
		if b, due := a.Next(again.Add(-1)); b != nil || due != again {
			t.Errorf("too early: %d bytes", len(b))
		}
		now = again
	}
	if b, _ := open(t, g, f, false).Accounts()[0].Next(boot); string(b) != first {
		t.Error("other bytes after a restart")
	}
}

// TestFlashWrites: a day of a node that looks at its account every hour, pays ten times,
// and sees a new epoch and new terms, is at most 48 writes.
func TestFlashWrites(t *testing.T) {
	g, f := newGateway(t), newFlash()
	_, a := rich(t, g, f, 5*pay.Coin)
	begin := f.writes
	for hour := range 24 {
		g.now += 3_600_000
		switch hour {
		case 5:
			g.nextEpoch()
		case 6:
			better := someTerms(g.now)
			better.Assets[0].TransferFee = 5
			g.state(better)
		}
		do(t, g, a, a.Check(boot), pay.OK)
		if hour < 10 {
			do(t, g, a, a.Transfer(boot, account.Payee{Address: a.Name().Address()}, 1000, 10, [32]byte{byte(hour)}), pay.OK)
		}
	}
	got := f.writes - begin
	t.Logf("%d writes a day", got)
	if got > 48 {
		t.Errorf("%d writes a day, want at most 48", got)
	}
	for i, n := range f.sizes {
		if n > maxHead {
			t.Errorf("write %d has %d bytes", i, n)
		}
	}
}
