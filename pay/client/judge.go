package client

import (
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// lateTerms is how long after new terms hold a receipt may still name those before, in ms:
// several processes of a gateway do not change at one moment.
const lateTerms = 10 * 60 * 1000

// judge says by what a receipt of the call under way contradicts what was signed before;
// t are the terms that it names. 0: it may be true.
func (a *Account) judge(r *pay.Receipt, t *terms) Reason {
	switch {
	case r.Asset != a.asked.Asset:
		return WrongBody
	case r.Time < a.last.Time:
		return TimeFell
	case !grown(a.last.Inbox, r.Inbox):
		return WrongInbox
	case t.From > r.Time || a.c.outdated(t, r.Time):
		return WrongTerms
	case r.Status != pay.OK:
		return a.refused(r, t)
	}
	asset, ok := t.Asset(a.asked.Asset)
	if !ok {
		return WrongTerms
	}
	return a.done(r, asset)
}

// outdated says whether others that follow these, and are no worse, held long before.
func (c *Client) outdated(t *terms, at int64) bool {
	after := t == c.old
	for i := range c.terms {
		s := &c.terms[i]
		if after && s.From+lateTerms < at && !s.Worse(&t.Terms) {
			return true
		}
		after = after || s == t
	}
	return false
}

// grown says whether an inbox can have come from an older one.
func grown(old, now pay.Inbox) bool {
	if now.Count == old.Count {
		return now == old
	}
	return now.Count > old.Count && now.Sum > old.Sum
}

// refused: nothing changes but seq, and the reason must hold as far as it can be seen.
func (a *Account) refused(r *pay.Receipt, t *terms) Reason {
	switch {
	case r.Balance != a.last.Balance:
		return WrongBalance
	case r.Held != a.last.Held:
		return WrongHeld
	case len(r.Body) > 0:
		return WrongBody
	case a.unjust(r, t):
		return WrongRefusal
	}
	return 0
}

// unjust says whether a refusal's reason is refuted by what the gateway signed. What only
// it can know (who is paid, what is in flight) is not.
func (a *Account) unjust(r *pay.Receipt, t *terms) bool {
	asset, known := t.Asset(a.asked.Asset)
	amount, fee := a.spends(asset)
	switch r.Status {
	case pay.NoFunds:
		cost, ok := amount.Add(fee)
		return known && ok && cost <= a.last.Balance+a.earned()
	case pay.FeeTooHigh:
		return known && fee <= a.asked.Fee
	case pay.Expired:
		return r.Time <= a.asked.Expiry
	case pay.NoAsset:
		return known
	case pay.BadAck, pay.BadBalance: // both are what its receipt before says
		return true
	}
	return false
}

// spends returns what the call under way takes from the balance, and the fee by the terms.
func (a *Account) spends(asset body.Asset) (amount, fee pay.Amount) {
	switch a.asked.Op {
	case pay.OpTransfer:
		t, _ := body.ParseTransfer(a.asked.Body, a.c.gateway)
		return t.Amount, asset.TransferFee
	case pay.OpWithdraw:
		w, _ := body.ParseWithdraw(a.asked.Body)
		return w.Amount, asset.WithdrawFee
	}
	return 0, 0
}

// earned is what the call under way moves from the inbox into the balance.
func (a *Account) earned() pay.Amount { return a.asked.Ack.Sum - a.acked.Sum }

// done: the balance is what it was, and what was acknowledged, less amount and fee.
func (a *Account) done(r *pay.Receipt, asset body.Asset) Reason {
	amount, most := a.spends(asset)
	fee, why := a.said(r, asset)
	if why != 0 {
		return why
	}
	if fee > most || fee > a.asked.Fee {
		return WrongFee
	}
	have, ok := a.last.Balance.Add(a.earned())
	left, enough := have.Sub(amount + fee) // no overflow: amount + fee ≤ amount + the call's maximum
	if !ok || !enough || r.Balance != left {
		return WrongBalance
	}
	if r.Held > a.last.Held {
		return WrongHeld
	}
	if a.asked.Op == pay.OpClose && (left != 0 || r.Held != 0 || r.Inbox != a.asked.Ack) {
		return WrongBalance // an account that is not empty cannot be closed
	}
	return 0
}

// said reads the body that the operation's receipt must have, and returns the fee in it.
func (a *Account) said(r *pay.Receipt, asset body.Asset) (fee pay.Amount, why Reason) {
	ok := len(r.Body) == 0
	switch a.asked.Op {
	case pay.OpTransfer:
		var d body.Transferred
		if d, ok = body.ParseTransferred(r.Body); ok && !a.paid(d.Payee) {
			return 0, WrongPayee
		}
		fee = d.Fee
	case pay.OpWithdraw:
		var w body.Withdrawn
		if w, ok = body.ParseWithdrawn(r.Body); ok && w.PayBy > r.Time+int64(asset.PayWithin) {
			return 0, WrongTerms
		}
		fee = w.Fee
	case pay.OpDeposit:
		ok = a.deposited(r)
	case pay.OpClaim:
		return 0, a.credited(r)
	}
	if !ok {
		return 0, WrongBody
	}
	return fee, 0
}

// paid says whether an account is the one that was to be paid.
func (a *Account) paid(to account.Account) bool {
	t, _ := body.ParseTransfer(a.asked.Body, a.c.gateway)
	if t.Payee.Key.Valid() == nil {
		return to == account.Of(a.c.gateway, t.Payee.Key)
	}
	return to.Address() == t.Payee.Address
}

// deposited says whether a receipt's body states an address for this account.
func (a *Account) deposited(r *pay.Receipt) bool {
	number, _ := pay.StatementEpoch(r.Body)
	e := a.c.epoch(number)
	if e == nil {
		return false
	}
	d, ok := a.depositIn(r.Body, e.Key)
	return ok && d.Asset == a.asked.Asset
}

// credited says whether the inbox has the credits that a claim's receipt lists. When no
// others came in between, its head must follow from them.
func (a *Account) credited(r *pay.Receipt) Reason {
	all, ok := body.ParseCredits(r.Body)
	if !ok {
		return WrongBody
	}
	inbox := a.last.Inbox
	for _, c := range all {
		if inbox, ok = inbox.Credit(c.Amount, pay.Source(c.Output)); !ok {
			return WrongInbox
		}
	}
	if r.Inbox.Count < inbox.Count || r.Inbox.Sum < inbox.Sum || r.Inbox.Count == inbox.Count && r.Inbox != inbox {
		return WrongInbox
	}
	return 0
}
