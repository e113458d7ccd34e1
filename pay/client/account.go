package client

import (
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// A Role is what an account is for. No gateway is told.
type Role byte

// Roles.
const (
	Own    Role = iota // what the node spends from
	Payee              // what others pay
	Change             // what comes back
)

// When a call is sent again that is not answered.
const (
	firstAgain = 15 * time.Second
	mostAgain  = 10 * time.Minute
)

// An Account is a lasting one. Its newest receipt is all that it has.
type Account struct {
	record
	c        *Client
	place    int
	key      *identity.Identity
	name     account.Account
	last     pay.Receipt // Seq 0: none
	asked    pay.Call    // what underWay says
	confirms bool        // the call under way was made since a block was reserved
	unsure   bool        // it is to be asked how the account stands
	dirty    bool        // flash has it as it was before the newest receipt
	against  Reason
	due      time.Time
	wait     time.Duration
}

func (c *Client) account(place int, r record) *Account {
	a := &Account{record: r, c: c, place: place, key: c.seed.Key(c.gateway, r.index)}
	a.name = account.Of(c.gateway, a.key.Key())
	return a
}

// openAccount reads what is in a place; nil: nothing.
func (c *Client) openAccount(place int) (*Account, error) {
	one, err := c.store.Read(slotAccounts + slotsAccount*place)
	if err != nil {
		return nil, err
	}
	two, err := c.store.Read(slotAccounts + slotsAccount*place + 1)
	if err != nil {
		return nil, err
	}
	r, ok := parseRecord(one, c.gateway)
	if other, good := parseRecord(two, c.gateway); good && (!ok || other.generation > r.generation) {
		r, ok = other, true
	}
	if !ok {
		// A first write that was cut leaves one slot empty, and no call was made. Two
		// slots that are not whole had an account.
		c.head.stale = c.head.stale || len(one) > 0 && len(two) > 0
		return nil, nil
	}
	a := c.account(place, r)
	if err := a.read(); err != nil {
		return nil, err
	}
	file, err := c.store.Read(a.slot(slotEvidence))
	if why, _, ok := parseFile(file, c.gateway); ok {
		a.against = why
	}
	return a, err
}

// read parses the papers of the record.
func (a *Account) read() (err error) {
	if len(a.receipt) > 0 {
		e, bad := pay.ParseCertificate(a.cert, a.c.gateway)
		if bad != nil {
			return ErrSeed
		}
		if a.last, err = pay.ParseReceipt(a.receipt, e.Key); err != nil || a.last.Account != a.name {
			return ErrSeed
		}
		a.c.certificate(epoch{e, a.cert}, false)
		a.c.saw(time.Time{}, a.last.Time)
	}
	if len(a.underWay) > 0 {
		if a.asked, err = pay.ParseCall(a.underWay); err != nil || a.asked.Account() != a.name {
			return ErrSeed
		}
	}
	return nil
}

func (a *Account) slot(n int) int { return slotAccounts + slotsAccount*a.place + n }

// write makes r what flash has. When it fails, the slot that still holds stays as it was.
func (a *Account) write(r record) error {
	r.generation++
	b, ok := r.append(a.c.gateway)
	if !ok {
		panic("client: internal error: a record does not fit") // its papers are bounded
	}
	if err := a.c.store.Write(a.slot(int(r.generation&1)), b); err != nil {
		return err
	}
	a.record, a.dirty = r, false
	return nil
}

// Name is the account as the gateway knows it.
func (a *Account) Name() account.Account { return a.name }

// PaymentString is what pays it, open or not.
func (a *Account) PaymentString() string {
	return account.PaymentString(a.c.gateway, a.key.Key())
}

// A State is what an account has, as its newest receipt says.
type State struct {
	Index    uint32 // of its key
	Role     Role
	Balance  pay.Amount
	Incoming pay.Amount // in the inbox: the next call moves it into the balance
	Held     pay.Amount
	Seq      uint64     // of the newest receipt; 0: there is none
	Status   pay.Status // of that
	At       int64      // gateway time of that, ms
	Busy     bool       // a call is under way
	Closed   bool
	Against  Reason // not 0: it is stopped, since the gateway contradicts itself
}

// State returns it.
func (a *Account) State() State {
	return State{a.index, a.role, a.last.Balance, a.last.Inbox.Sum - a.acked.Sum, a.last.Held, a.last.Seq, a.last.Status, a.last.Time, len(a.underWay) > 0, a.closed, a.against}
}

// Last is the newest receipt; Seq 0: there is none. Its body is the account's.
func (a *Account) Last() pay.Receipt { return a.last }

// Transfer pays somebody, of this gateway; fee is the most that it may take beside the
// amount. Of all operations: the call is on flash when this returns, and Next has it. When
// the store fails, it may still be done after the next start. Errors: those of the store,
// ErrBusy, ErrClosed, ErrTime, ErrAmount, ErrFunds, and the Reason that stopped the account.
func (a *Account) Transfer(now time.Time, to account.Payee, amount, fee pay.Amount, note [32]byte) error {
	t := body.Transfer{Payee: to, Amount: amount, Note: note}
	return a.spend(now, pay.OpTransfer, amount, fee, t.Append(nil))
}

// Withdraw has whole coins sent to an address of the chain.
func (a *Account) Withdraw(now time.Time, amount pay.Amount, to body.CoinAddress, fee pay.Amount) error {
	if amount%pay.Coin != 0 {
		return ErrAmount
	}
	return a.spend(now, pay.OpWithdraw, amount, fee, body.Withdraw{Amount: amount, To: to}.Append(nil))
}

func (a *Account) spend(now time.Time, op pay.Op, amount, fee pay.Amount, b []byte) error {
	if _, ok := amount.Add(fee); !ok || amount == 0 {
		return ErrAmount
	}
	if s := a.State(); amount > s.Balance+s.Incoming {
		return ErrFunds
	}
	return a.begin(now, op, fee, b)
}

// Check asks for a receipt: it moves what is incoming into the balance.
func (a *Account) Check(now time.Time) error { return a.begin(now, pay.OpBalance, 0, nil) }

// Deposit asks for an address of the chain; DepositAddress has it then.
func (a *Account) Deposit(now time.Time) error {
	if a.c.against != 0 {
		return a.c.against
	}
	return a.begin(now, pay.OpDeposit, 0, nil)
}

// Claim asks for credits for deposits that are confirmed.
func (a *Account) Claim(now time.Time) error { return a.begin(now, pay.OpClaim, 0, nil) }

// Close closes the account for good; it must be empty.
func (a *Account) Close(now time.Time) error { return a.begin(now, pay.OpClose, 0, nil) }

// day is what the expiry of a call is a multiple of, in ms: so it tells no time of day.
const day = 24 * 3600 * 1000

// begin signs a call and has it written before anybody sees it: so whatever happens, there
// is one call under a seq.
func (a *Account) begin(now time.Time, op pay.Op, fee pay.Amount, b []byte) error {
	at, known := a.c.Time(now)
	switch {
	case a.against != 0:
		return a.against
	case a.closed:
		return ErrClosed
	case len(a.underWay) > 0:
		return ErrBusy
	case !known:
		return ErrTime
	}
	call := pay.Call{Op: op, Gateway: a.c.gateway, Key: a.key.Key(), Seq: a.last.Seq + 1, Expiry: min(at/day*day+2*day, never), Fee: fee,
		Ack: a.last.Inbox, Balance: a.last.Balance, Body: b}
	if len(a.receipt) > 0 {
		call.Previous = pay.HashOf(a.receipt)
	}
	if a.last.Status == pay.TooMuch || a.last.Status == pay.BadAck { // with what is incoming it would be again
		call.Ack = a.acked
	}
	r := a.record
	r.underWay = call.Signed(a.key)
	if err := a.write(r); err != nil {
		return err
	}
	a.asked, a.confirms, a.due, a.wait = call, true, time.Time{}, firstAgain
	return nil
}

// Next returns the request to send now, if any, and when to ask again; zero: there is
// nothing to send. It has the call under way; or, when the seq of that is used, asks for
// the newest receipt.
func (a *Account) Next(now time.Time) (b []byte, again time.Time) {
	if len(a.underWay) == 0 && !a.unsure || a.against != 0 {
		return nil, time.Time{}
	}
	if now.Before(a.due) {
		return nil, a.due
	}
	a.due = now.Add(max(a.wait, firstAgain))
	a.wait = min(2*max(a.wait, firstAgain), mostAgain)
	if a.unsure {
		return a.c.askNewest(a.key), a.due
	}
	return append([]byte{byte(request.AskCall)}, a.underWay...), a.due
}

// DepositAddress is where coins for the account go, as the gateway signed it; false: it
// was not asked. Export has the statement.
func (a *Account) DepositAddress() (body.Deposit, bool) {
	papers, _ := a.file(slotDeposit)
	_, cert, papers, _ := pay.NextPaper(papers)
	_, paper, _, _ := pay.NextPaper(papers)
	e, err := pay.ParseCertificate(cert, a.c.gateway)
	if err != nil {
		return body.Deposit{}, false
	}
	return a.depositIn(paper, e.Key)
}

// depositIn reads the statement of a deposit address of the account.
func (a *Account) depositIn(b []byte, key identity.Key) (body.Deposit, bool) {
	s, err := pay.ParseStatement(b, key)
	if err != nil || s.Kind != pay.KindDeposit || s.Gateway != a.c.gateway {
		return body.Deposit{}, false
	}
	d, ok := body.ParseDeposit(s.Body)
	return d, ok && d.Account == a.name
}

func (a *Account) file(n int) ([]byte, bool) {
	b, err := a.c.store.Read(a.slot(n))
	_, papers, ok := parseFile(b, a.c.gateway)
	return papers, ok && err == nil
}

// Export returns the papers that show how the account stands, for anybody to check: what
// stopped it; else the certificate, the newest call and its receipt, the call under way,
// and the statement of its deposit address.
func (a *Account) Export() []byte {
	if papers, ok := a.file(slotEvidence); ok {
		return papers
	}
	b := a.papers(nil)
	if papers, ok := a.file(slotDeposit); ok {
		b = append(b, papers...)
	}
	return b
}

// papers appends those of the record.
func (a *Account) papers(b []byte) []byte {
	b = appendStatement(b, a.cert)
	if len(a.receipt) > 0 {
		b = pay.AppendPaper(b, pay.PaperCall, a.call)
		b = pay.AppendPaper(b, pay.PaperReceipt, a.receipt)
	}
	if len(a.underWay) > 0 {
		b = pay.AppendPaper(b, pay.PaperCall, a.underWay)
	}
	return b
}
