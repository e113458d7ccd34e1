package client

import (
	"encoding/binary"
	"errors"
	mrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

func someone(t testing.TB, n byte) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 9}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// boot is when the nodes of the tests think they are: routers wake in 1970.
var boot = time.Unix(100, 0)

const year2026 = 1_767_225_600_000

// A gateway is a small honest one, and lies where a test hooks in.
type gateway struct {
	t        testing.TB
	offline  *identity.Identity
	key      *identity.Identity // of the epoch
	epoch    uint32
	certs    [][]byte
	terms    [][]byte // statements
	now      int64
	accounts map[account.Account]*ledger
	opened   map[account.Address]account.Account
	deposits map[account.Account][]body.Credit
	executed map[[32]byte]int // transfers by note
	lie      func(c *pay.Call, r *pay.Receipt)
	unsigned uint64 // outputs so far
}

// A ledger is one account there.
type ledger struct {
	seq           uint64
	balance, held pay.Amount
	inbox, acked  pay.Inbox
	stood         map[pay.Inbox]bool
	call, receipt []byte
	closed        bool
}

func newGateway(t testing.TB) *gateway {
	g := &gateway{t: t, offline: someone(t, 1), now: year2026, accounts: map[account.Account]*ledger{}, opened: map[account.Address]account.Account{},
		deposits: map[account.Account][]body.Credit{}, executed: map[[32]byte]int{}}
	g.nextEpoch()
	g.state(someTerms(g.now))
	return g
}

func someTerms(from int64) *body.Terms {
	return &body.Terms{From: from, Assets: []body.Asset{{Confirm: 120_000, MaxAccount: 1000 * pay.Coin, MinTransfer: 1000, TransferFee: 10,
		MinWithdraw: pay.Coin, WithdrawFee: 500, PayWithin: 3_600_000}}}
}

// nextEpoch begins one of a year.
func (g *gateway) nextEpoch() {
	g.epoch++
	g.key = someone(g.t, byte(100+g.epoch))
	e := pay.Epoch{Number: g.epoch, Key: g.key.Key(), From: g.now - 1000, Until: g.now + 365*day}
	g.certs = append(g.certs, e.Certificate(g.offline, g.now))
}

// state states terms that follow the last ones.
func (g *gateway) state(t *body.Terms) []byte {
	if n := len(g.terms); n > 0 {
		t.Previous = pay.HashOf(g.terms[n-1])
	}
	b := g.sign(pay.KindTerms, t.Append(nil))
	g.terms = append(g.terms, b)
	return b
}

func (g *gateway) sign(kind pay.Kind, b []byte) []byte {
	s := pay.Statement{Kind: kind, Gateway: g.offline.Key(), Time: g.now, Epoch: g.epoch, Body: b}
	return s.Signed(g.key)
}

// hold returns the terms that hold now, and the hash of their statement.
func (g *gateway) hold() (body.Terms, [32]byte) {
	for i := len(g.terms) - 1; ; i-- {
		s, err := pay.ParseStatement(g.terms[i], g.keyOf(g.terms[i]))
		if err != nil {
			g.t.Fatal(err)
		}
		if t, _ := body.ParseTerms(s.Body); t.From <= g.now {
			return t, pay.HashOf(g.terms[i])
		}
	}
}

func (g *gateway) keyOf(statement []byte) identity.Key {
	n, _ := pay.StatementEpoch(statement)
	e, err := pay.ParseCertificate(g.certs[n-1], g.offline.Key())
	if err != nil {
		g.t.Fatal(err)
	}
	return e.Key
}

// credit gives an account something.
func (g *gateway) credit(to account.Account, amount pay.Amount, source [32]byte) bool {
	l := g.accounts[to]
	if l == nil {
		if g.opened[to.Address()] != (account.Account{}) {
			return false
		}
		l = &ledger{stood: map[pay.Inbox]bool{{}: true}}
		g.accounts[to], g.opened[to.Address()] = l, to
	}
	inbox, ok := l.inbox.Credit(amount, source)
	if !ok || l.closed {
		return false
	}
	l.inbox, l.stood[inbox] = inbox, true
	return true
}

// deposit is a confirmed one that nobody has claimed.
func (g *gateway) deposit(to account.Account, amount pay.Amount) {
	g.unsigned++
	g.deposits[to] = append(g.deposits[to], body.Credit{Output: [32]byte{1, byte(g.unsigned), byte(g.unsigned >> 8)}, Amount: amount})
}

// answer answers a request.
func (g *gateway) answer(asked []byte) []byte {
	b := asked[1:]
	switch request.Ask(asked[0]) {
	case request.AskCall:
		return g.serve(b)
	case request.AskNewest:
		of, key, _, err := request.ParseNewest(b)
		if err != nil {
			return request.AppendAnswer(nil, request.Bad)
		}
		return g.newest(account.Of(of, key))
	case request.AskTerms:
		for i, s := range g.terms {
			if hash := pay.HashOf(s); len(b) > 0 && string(b) == string(hash[:]) || len(b) == 0 && i == len(g.terms)-1 {
				return request.AppendAnswer(nil, request.Answered, s)
			}
		}
	case request.AskEpochs:
		if len(b) == 0 {
			all := slices.Clone(g.certs)
			slices.Reverse(all)
			return request.AppendAnswer(nil, request.Answered, all[:min(len(all), 16)]...)
		}
		if n := int(binary.LittleEndian.Uint32(b)); n <= len(g.certs) {
			return request.AppendAnswer(nil, request.Answered, g.certs[n-1])
		}
	}
	return request.AppendAnswer(nil, request.Unknown)
}

// serve answers a call.
func (g *gateway) serve(b []byte) (answer []byte) {
	c, err := pay.ParseCall(b)
	if err != nil || c.Gateway != g.offline.Key() {
		return request.AppendAnswer(nil, request.Bad)
	}
	name := c.Account()
	l := g.accounts[name]
	if l == nil {
		l = &ledger{stood: map[pay.Inbox]bool{{}: true}} // not stored
	}
	switch {
	case l.call == nil:
	case string(b) == string(l.call):
		return request.AppendAnswer(nil, request.Answered, l.receipt)
	case c.Seq <= l.seq:
		return request.AppendAnswer(nil, request.Used, l.call, l.receipt)
	case c.Seq != l.seq+1:
		return request.AppendAnswer(nil, request.Ahead, l.call, l.receipt)
	case c.Previous != pay.HashOf(l.receipt):
		return request.AppendAnswer(nil, request.Forked, l.call, l.receipt)
	}
	r := g.execute(&c, l, pay.HashOf(b))
	if g.lie != nil {
		g.lie(&c, &r)
	}
	signed := r.Signed(g.key)
	if l = g.accounts[name]; l != nil {
		l.seq, l.call, l.receipt = c.Seq, b, signed
	}
	return request.AppendAnswer(nil, request.Answered, signed)
}

// newest is the answer to a question.
func (g *gateway) newest(name account.Account) []byte {
	n := body.Newest{Account: name}
	l := g.accounts[name]
	if l != nil {
		n.Inbox, n.Acked = l.inbox, l.acked
		if l.receipt != nil {
			n.Receipt = pay.HashOf(l.receipt)
		}
	}
	st := g.sign(pay.KindNewest, n.Append(nil))
	if l == nil || l.receipt == nil {
		return request.AppendAnswer(nil, request.Answered, st)
	}
	return request.AppendAnswer(nil, request.Answered, st, l.call, l.receipt)
}

// execute does a call.
func (g *gateway) execute(c *pay.Call, l *ledger, hash [32]byte) pay.Receipt {
	name := c.Account()
	terms, termsHash := g.hold()
	r := pay.Receipt{Gateway: c.Gateway, Account: name, Seq: c.Seq, Call: hash, Time: g.now, Height: 7, Epoch: g.epoch, Terms: termsHash, Include: g.now + 600_000}
	have := l.balance + c.Ack.Sum - l.acked.Sum
	cost := pay.Amount(0)
	switch {
	case g.now > c.Expiry:
		r.Status = pay.Expired
	case !l.stood[c.Ack] || c.Ack.Count < l.acked.Count:
		r.Status = pay.BadAck
	case c.Balance != l.balance:
		r.Status = pay.BadBalance
	case l.closed:
		r.Status = pay.Conflict
	default:
		r.Status, cost, r.Body = g.operate(c, l, have, terms.Assets[0], hash)
	}
	if g.accounts[name] != nil {
		l = g.accounts[name]
	}
	if r.Status == pay.OK {
		l.balance, l.acked = have-cost, c.Ack
	} else {
		r.Body = nil
	}
	r.Balance, r.Held, r.Inbox = l.balance, l.held, l.inbox
	return r
}

func (g *gateway) operate(c *pay.Call, l *ledger, have pay.Amount, asset body.Asset, hash [32]byte) (pay.Status, pay.Amount, []byte) {
	switch c.Op {
	case pay.OpBalance:
		return pay.OK, 0, nil
	case pay.OpTransfer:
		return g.transfer(c, have, asset, hash)
	case pay.OpDeposit:
		d := body.Deposit{Account: c.Account(), Address: body.CoinAddress{9}}
		return pay.OK, 0, g.sign(pay.KindDeposit, d.Append(nil))
	case pay.OpClaim:
		n := min(len(g.deposits[c.Account()]), body.MaxCredits)
		all := g.deposits[c.Account()][:n]
		g.deposits[c.Account()] = g.deposits[c.Account()][n:]
		for _, credit := range all {
			g.credit(c.Account(), credit.Amount, pay.Source(credit.Output))
		}
		return pay.OK, 0, body.AppendCredits(nil, all)
	case pay.OpWithdraw:
		w, ok := body.ParseWithdraw(c.Body)
		switch {
		case !ok:
			return pay.BadBody, 0, nil
		case asset.WithdrawFee > c.Fee:
			return pay.FeeTooHigh, 0, nil
		case w.Amount+asset.WithdrawFee > have:
			return pay.NoFunds, 0, nil
		}
		return pay.OK, w.Amount + asset.WithdrawFee, body.Withdrawn{Fee: asset.WithdrawFee, PayBy: g.now + int64(asset.PayWithin)}.Append(nil)
	case pay.OpClose:
		if have != 0 || l.inbox != c.Ack {
			return pay.Conflict, 0, nil
		}
		l.closed = true
		return pay.OK, 0, nil
	}
	return pay.NoOp, 0, nil
}

func (g *gateway) transfer(c *pay.Call, have pay.Amount, asset body.Asset, hash [32]byte) (pay.Status, pay.Amount, []byte) {
	t, ok := body.ParseTransfer(c.Body, c.Gateway)
	to, open := g.opened[t.Payee.Address]
	if !open && t.Payee.Key.Valid() == nil {
		to, open = account.Of(c.Gateway, t.Payee.Key), true
	}
	switch {
	case !ok:
		return pay.BadBody, 0, nil
	case t.Amount < asset.MinTransfer:
		return pay.BadAmount, 0, nil
	case asset.TransferFee > c.Fee:
		return pay.FeeTooHigh, 0, nil
	case t.Amount+asset.TransferFee > have:
		return pay.NoFunds, 0, nil
	case !open || !g.credit(to, t.Amount, pay.Source(hash)):
		return pay.NoPayee, 0, nil
	}
	g.executed[t.Note]++
	return pay.OK, t.Amount + asset.TransferFee, body.Transferred{Fee: asset.TransferFee, Payee: to, Head: g.accounts[to].inbox.Head}.Append(nil)
}

var errPower, errFull = errors.New("power cut"), errors.New("flash full")

// A flash keeps slots, and loses power where a test wants it.
type flash struct {
	slots  map[int][]byte
	writes int
	sizes  []int
	cut    int // in the write of that number, from 1; 0: never
	at     int // after so many bytes of it
	tail   bool
	dead   bool
	fail   int // writes to this slot fail; 0: none does
}

func newFlash() *flash { return &flash{slots: map[int][]byte{}} }

func (f *flash) Read(slot int) ([]byte, error) {
	if f.dead {
		return nil, errPower
	}
	return f.slots[slot], nil
}

// Write may be cut: then the slot has the first bytes of what is new, and after them
// nothing, or (tail) what was there.
func (f *flash) Write(slot int, data []byte) error {
	if f.dead {
		return errPower
	}
	if f.fail != 0 && slot == f.fail {
		return errFull
	}
	f.writes++
	f.sizes = append(f.sizes, len(data))
	if f.writes == f.cut {
		torn := append([]byte{}, data[:min(f.at, len(data))]...)
		if old := f.slots[slot]; f.tail && len(old) > len(torn) {
			torn = append(torn, old[len(torn):]...)
		}
		f.slots[slot], f.dead = torn, true
		return errPower
	}
	f.slots[slot] = append([]byte{}, data...)
	return nil
}

// copy is a backup.
func (f *flash) copy() *flash {
	n := newFlash()
	for k, v := range f.slots {
		n.slots[k] = v
	}
	return n
}

var testSeed = account.Seed{1, 2, 3}

func open(t testing.TB, g *gateway, f *flash, fresh bool) *Client {
	t.Helper()
	c, err := Open(Config{Gateway: g.offline.Key(), Seed: &testSeed, Store: f, New: fresh})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// meet makes a client know what it wants to.
func meet(t testing.TB, g *gateway, c *Client, now time.Time) {
	t.Helper()
	for range 30 {
		b := c.Ask()
		if b == nil {
			return
		}
		c.Answer(now, g.answer(b))
	}
	t.Fatalf("still wanted: %+v", c.want)
}

// ask sends what is to be sent and takes the answer, and what it needs to be judged.
func ask(t testing.TB, g *gateway, a *Account, now time.Time) (status pay.Status, err error) {
	for range 8 {
		a.due = time.Time{}
		b, _ := a.Next(now)
		if b == nil {
			return status, err
		}
		status, err = a.Answer(now, g.answer(b))
		if err != nil && err != errUsed && err != errTerms && err != errEpoch {
			return status, err
		}
		for range 10 {
			if b := a.c.Ask(); b != nil {
				a.c.Answer(now, g.answer(b))
			}
		}
	}
	return status, err
}

// rich returns a client with an account that has coins.
func rich(t testing.TB, g *gateway, f *flash, amount pay.Amount) (*Client, *Account) {
	t.Helper()
	c := open(t, g, f, true)
	meet(t, g, c, boot)
	a, err := c.Add(Own)
	if err != nil {
		t.Fatal(err)
	}
	if amount > 0 {
		g.credit(a.Name(), amount, [32]byte{7})
		for range 2 {
			do(t, g, a, a.Check(boot), pay.OK)
		}
	}
	return c, a
}

// do has a call that was begun done.
func do(t testing.TB, g *gateway, a *Account, begun error, want pay.Status) {
	t.Helper()
	if begun != nil {
		t.Fatal(begun)
	}
	if got, err := ask(t, g, a, boot); err != nil || got != want {
		t.Fatalf("status %v, want %v: %v", got, want, err)
	}
}
