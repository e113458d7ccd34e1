package gateway

import (
	"bytes"
	"errors"
	"slices"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// rules are what holds for all calls of a batch.
type rules struct {
	gateway   identity.Key
	now       int64 // gateway time
	terms     *body.Terms
	termsHash [32]byte
	epoch     uint32
	include   int64 // by when receipts are in the log; 0: there is none
	chains    map[uint32]Chain
}

// lookups are what a call may need of the store beside rows; a tx is one.
type lookups interface {
	point(a account.Address, count uint64) (pay.Inbox, bool, error)
	credited(asset uint32, output [32]byte) (bool, error)
}

// A ledger is a batch in the making. It does no I/O but lookups.
type ledger struct {
	rules
	lookups
	rows    map[account.Address]*row // what the calls of the batch name, as it is by now
	changed map[account.Address]bool
	batch   batch
	entries uint64
}

func newLedger(r rules, l lookups, number uint64, rows []*row) *ledger {
	v := &ledger{rules: r, lookups: l, rows: map[account.Address]*row{}, changed: map[account.Address]bool{}}
	v.batch = batch{gateway: r.gateway, number: number, time: r.now}
	for _, r := range rows {
		v.rows[r.name.Address()] = r
	}
	return v
}

// close returns what is to be written, once every changed row has its receipt.
func (l *ledger) close() *batch {
	for a := range l.changed {
		l.batch.rows = append(l.batch.rows, l.rows[a])
	}
	slices.SortFunc(l.batch.rows, func(a, b *row) int { return bytes.Compare(a.name[:], b.name[:]) })
	return &l.batch
}

// find returns an account's row; nil: it is not open. taken: its address is another's.
func (l *ledger) find(name account.Account) (r *row, taken bool) {
	r = l.rows[name.Address()]
	if r != nil && r.name != name {
		return nil, true
	}
	return r, false
}

// place says what a call is to the calls before: Answered is the next one, or, when
// repeat, the newest again.
func (l *ledger) place(c *pay.Call, raw []byte) (o request.Outcome, repeat bool) {
	r, _ := l.find(c.Account())
	switch {
	case r == nil || r.seq == 0 && !r.closed:
		return request.Answered, false
	case bytes.Equal(raw, r.call):
		return request.Answered, true
	case c.Seq <= r.seq || r.closed:
		return request.Used, false
	case c.Seq > r.seq+1:
		return request.Ahead, false
	case c.Previous != pay.HashOf(r.receipt):
		return request.Forked, false
	}
	return request.Answered, false
}

// A trial is what one call does, on copies, until it is known to be whole.
type trial struct {
	*ledger
	c           *pay.Call
	hash        [32]byte // of the call
	asset       body.Asset
	own         row
	taken       bool // the address is another's: never to be opened
	other       *row // a payee, not own
	entry       uint64
	postings    []posting
	credits     []credit
	acks        []ack
	deposits    []deposit
	withdrawals []Withdrawal
	body        []byte        // of the receipt
	address     *body.Deposit // the body is a statement of it, yet to be signed
	err         error         // of a lookup
}

// errUneven is a fault of ours: the call is not done, and not receipted.
var errUneven = errors.New("gateway: an entry does not sum to zero")

// do does a call that is the next of its account, and returns what the receipt says,
// less its salt. stored: it is the account's newest from now on. On an error nothing has
// changed.
func (l *ledger) do(c *pay.Call, raw []byte) (r *pay.Receipt, address *body.Deposit, stored bool, err error) {
	t := &trial{ledger: l, c: c, hash: pay.HashOf(raw), entry: l.batch.number<<8 | l.entries}
	before, taken := l.find(c.Account())
	if t.taken = taken; before != nil {
		t.own = *before
	} else {
		t.own = row{name: c.Account(), key: c.Key, asset: c.Asset}
	}
	start := t.own
	status := t.run()
	if t.err != nil {
		return nil, nil, false, t.err
	}
	if status != pay.OK {
		t.own, t.body, t.address = start, nil, nil
	} else if !t.whole() {
		return nil, nil, false, errUneven
	}
	t.own.seq, t.own.call = c.Seq, raw
	if stored = t.own.inbox.Count > 0; stored {
		t.keep(status)
	}
	return t.receipt(status), t.address, stored, nil
}

// keep makes the trial part of the batch.
func (t *trial) keep(status pay.Status) {
	l := t.ledger
	l.put(&t.own)
	if status != pay.OK {
		return
	}
	if t.other != nil {
		l.put(t.other)
	}
	l.entries++
	l.batch.postings = append(l.batch.postings, t.postings...)
	l.batch.credits = append(l.batch.credits, t.credits...)
	l.batch.acks = append(l.batch.acks, t.acks...)
	l.batch.deposits = append(l.batch.deposits, t.deposits...)
	l.batch.withdrawals = append(l.batch.withdrawals, t.withdrawals...)
}

func (l *ledger) put(r *row) {
	a := r.name.Address()
	l.rows[a], l.changed[a] = r, true
}

// whole says whether the postings sum to zero, of each asset. They are of one.
func (t *trial) whole() bool {
	var sum pay.Amount
	for _, p := range t.postings {
		sum += p.amount
		if p.asset != t.c.Asset {
			return false
		}
	}
	return sum == 0
}

func (t *trial) receipt(status pay.Status) *pay.Receipt {
	r := &pay.Receipt{Status: status, Asset: t.c.Asset, Gateway: t.gateway, Account: t.own.name, Seq: t.c.Seq, Call: t.hash,
		Balance: t.own.balance, Held: t.own.held, Inbox: t.own.inbox, Time: t.now, Epoch: t.epoch, Terms: t.termsHash, Include: t.include, Body: t.body}
	if c := t.chains[t.c.Asset]; c != nil {
		r.Height = c.Height()
	}
	return r
}

// post moves an amount into a book of an account, or of the gateway (nil). False: there
// is too little, or too much.
func (t *trial) post(b book, of *row, amount pay.Amount) bool {
	if amount == 0 {
		return true
	}
	p := posting{entry: t.entry, asset: t.c.Asset, book: b, amount: amount}
	if of != nil {
		p.holder = of.name.Address()
		if b == bookBalance && !move(&of.balance, amount) || b == bookHeld && !move(&of.held, amount) {
			return false
		}
	}
	t.postings = append(t.postings, p)
	return true
}

// move adds an amount, which may be negative, to one that may not become so.
func move(at *pay.Amount, amount pay.Amount) bool {
	if *at += amount; *at >= 0 {
		return true
	}
	*at -= amount
	return false
}

// credit adds to an inbox. False: its sum would overflow.
func (t *trial) credit(to *row, amount pay.Amount, source [32]byte) bool {
	after, ok := to.inbox.Credit(amount, source)
	if !ok {
		return false
	}
	to.inbox = after
	t.credits = append(t.credits, credit{to.name.Address(), after, amount, source})
	return t.post(bookInbox, to, amount)
}
