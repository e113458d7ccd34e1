package gateway

import (
	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// operations are those of this gateway.
var operations = map[pay.Op]func(t *trial) pay.Status{
	pay.OpBalance:  (*trial).balance,
	pay.OpTransfer: (*trial).transfer,
	pay.OpDeposit:  (*trial).depositAddress,
	pay.OpClaim:    (*trial).claim,
	pay.OpWithdraw: (*trial).withdraw,
	pay.OpClose:    (*trial).end,
}

// run does the call on the copies; the first rule that is broken is the status.
func (t *trial) run() pay.Status {
	asset, known := t.terms.Asset(t.c.Asset)
	t.asset = asset
	op := operations[t.c.Op]
	switch {
	case t.now > t.c.Expiry:
		return pay.Expired
	case !known:
		return pay.NoAsset
	case t.own.asset != t.c.Asset:
		return pay.Conflict
	case t.c.Balance != t.own.balance:
		return pay.BadBalance
	case !t.ack():
		return pay.BadAck
	case op == nil:
		return pay.NoOp
	}
	return op(t)
}

// ack moves credits from the inbox into the balance, up to a point where it stood.
func (t *trial) ack() bool {
	to, own := t.c.Ack, &t.own
	switch {
	case to == own.acked:
		return true
	case to.Count <= own.acked.Count || to.Count > own.inbox.Count:
		return false
	}
	if at, ok := t.stood(to.Count); !ok || at != to {
		return false
	}
	amount := to.Sum - own.acked.Sum
	own.acked = to
	t.acks = append(t.acks, ack{own.name.Address(), to.Count})
	return t.post(bookInbox, own, -amount) && t.post(bookBalance, own, amount)
}

// stood is where the own inbox stood after a number of credits.
func (t *trial) stood(count uint64) (pay.Inbox, bool) {
	if count == t.own.inbox.Count {
		return t.own.inbox, true
	}
	of := t.own.name.Address()
	for _, c := range t.batch.credits { // those of this batch are not in the store yet
		if c.to == of && c.after.Count == count {
			return c.after, true
		}
	}
	at, ok, err := t.point(of, count)
	t.err = err
	return at, ok && err == nil
}

// charge takes an amount and a fee from the balance.
func (t *trial) charge(amount, fee pay.Amount) pay.Status {
	sum, ok := amount.Add(fee)
	switch {
	case fee > t.c.Fee:
		return pay.FeeTooHigh
	case !ok || amount == 0:
		return pay.BadAmount
	case sum > t.own.balance || !t.post(bookBalance, &t.own, -sum):
		return pay.NoFunds
	case !t.post(bookFees, nil, fee):
		return pay.BadAmount
	}
	return pay.OK
}

func (t *trial) balance() pay.Status {
	if len(t.c.Body) > 0 {
		return pay.BadBody
	}
	return pay.OK
}

func (t *trial) transfer() pay.Status {
	b, ok := body.ParseTransfer(t.c.Body, t.gateway)
	switch {
	case !ok:
		return pay.BadBody
	case b.Amount < t.asset.MinTransfer:
		return pay.BadAmount
	case b.Amount > t.asset.MaxAccount:
		return pay.TooMuch
	}
	if s := t.charge(b.Amount, t.asset.TransferFee); s != pay.OK {
		return s
	}
	to := t.payee(&b)
	if to == nil || !t.credit(to, b.Amount, pay.Source(t.hash)) {
		return pay.NoPayee
	}
	t.body = body.Transferred{Fee: t.asset.TransferFee, Payee: to.name, Head: to.inbox.Head}.Append(nil)
	return pay.OK
}

// payee is a copy of whom a transfer is for; nil: unknown, closed or full, all alike.
func (t *trial) payee(b *body.Transfer) *row {
	if b.Gateway != (identity.Key{}) && b.Gateway != t.gateway {
		return nil // peers: not yet
	}
	to := t.toward(&b.Payee)
	if to == nil || to.closed || to.asset != t.c.Asset {
		return nil
	}
	if has, ok := to.all(); !ok || b.Amount > t.asset.MaxAccount-min(has, t.asset.MaxAccount) {
		return nil
	}
	return to
}

// toward finds a payee, or begins the account of one whose key is given.
func (t *trial) toward(p *account.Payee) *row {
	known := p.Key != identity.Key{}
	name := account.Of(t.gateway, p.Key)
	if r := t.rows[p.Address]; r != nil {
		if known && r.name != name {
			return nil // another key with these 64 bits was first
		}
		if r.name == t.own.name {
			return &t.own
		}
		to := *r
		t.other = &to
	} else if known {
		t.other = &row{name: name, key: p.Key, asset: t.c.Asset}
	}
	return t.other
}

// chain returns that of the call's asset, or why nothing is asked of it: a deposit needs no
// body, and an account whose address nobody else has.
func (t *trial) chain() (c Chain, no pay.Status) {
	switch c = t.chains[t.c.Asset]; {
	case len(t.c.Body) > 0:
		return nil, pay.BadBody
	case t.taken:
		return nil, pay.Conflict
	case c == nil:
		return nil, pay.Stopped
	}
	return c, pay.OK
}

func (t *trial) depositAddress() pay.Status {
	c, no := t.chain()
	if no != pay.OK {
		return no
	}
	to, ok := c.Address(t.own.name)
	if !ok {
		return pay.Stopped
	}
	t.address = &body.Deposit{Account: t.own.name, Asset: t.c.Asset, Address: to}
	return pay.OK
}

// maxDeposits is how many deposits of an account are looked at.
const maxDeposits = 4096

// claim credits deposits, whatever the account then has: the coins are here.
func (t *trial) claim() pay.Status {
	c, no := t.chain()
	if no != pay.OK {
		return no
	}
	all, ok := c.Confirmed(t.own.name)
	if !ok {
		return pay.Stopped
	}
	var done []body.Credit
	for _, d := range all[:min(len(all), maxDeposits)] {
		if len(done) < body.MaxCredits && t.claimed(d) {
			done = append(done, d)
		}
	}
	t.body = body.AppendCredits(nil, done)
	return pay.OK
}

// claimed credits a deposit, if it was not before.
func (t *trial) claimed(d body.Credit) bool {
	was, err := t.credited(t.c.Asset, d.Output)
	if err != nil {
		t.err = err
	}
	for _, o := range t.batch.deposits {
		was = was || o.asset == t.c.Asset && o.output == d.Output
	}
	for _, o := range t.deposits {
		was = was || o.output == d.Output
	}
	if was || err != nil || d.Amount <= 0 || !t.credit(&t.own, d.Amount, pay.Source(d.Output)) {
		return false
	}
	t.deposits = append(t.deposits, deposit{t.c.Asset, d.Output, t.own.name.Address(), d.Amount})
	return t.post(bookChain, nil, -d.Amount)
}

func (t *trial) withdraw() pay.Status {
	b, ok := body.ParseWithdraw(t.c.Body)
	c := t.chains[t.c.Asset]
	switch {
	case !ok:
		return pay.BadBody
	case b.Amount%pay.Coin != 0 || b.Amount < t.asset.MinWithdraw:
		return pay.BadAmount
	case c == nil:
		return pay.Stopped
	case !c.Pays(b.To):
		return pay.BadBody
	}
	if s := t.charge(b.Amount, t.asset.WithdrawFee); s != pay.OK {
		return s
	}
	by := t.now + int64(t.asset.PayWithin)
	t.withdrawals = append(t.withdrawals, Withdrawal{ID: t.hash, Of: t.own.name.Address(), Asset: t.c.Asset, Amount: b.Amount, To: b.To, PayBy: by})
	t.body = body.Withdrawn{Fee: t.asset.WithdrawFee, PayBy: by}.Append(nil)
	t.post(bookOut, nil, b.Amount)
	return pay.OK
}

func (t *trial) end() pay.Status {
	has, ok := t.own.all()
	switch {
	case len(t.c.Body) > 0:
		return pay.BadBody
	case !ok || has != 0 || t.own.inbox.Count == 0:
		return pay.Conflict
	}
	t.own.closed = true
	return pay.OK
}
