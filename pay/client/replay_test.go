package client

import (
	"bytes"
	"errors"
	mrand "math/rand/v2"
	"reflect"
	"testing"

	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// harmless is whether an error is one of what changes nothing.
func harmless(err error) bool { return errors.Is(err, ErrDropped) || err == ErrBehind }

// unchanged feeds something, and says that state and flash are as they were.
func unchanged(t *testing.T, a *Account, f *flash, what string, feed func() error) {
	t.Helper()
	before, writes, record := a.State(), f.writes, a.record
	if err := feed(); err != nil && !harmless(err) {
		t.Fatalf("%s: %v", what, err)
	}
	if a.State() != before || f.writes != writes || !reflect.DeepEqual(a.record, record) {
		t.Fatalf("%s changes %+v into %+v, %d writes", what, before, a.State(), f.writes-writes)
	}
}

// TestReplays: at each point of a history, every earlier answer, everyone else's, and the
// new one cut or changed at any byte, change nothing; the new one does, once.
func TestReplays(t *testing.T) {
	g, f := newGateway(t), newFlash()
	c, a := rich(t, g, f, 9*pay.Coin)
	other := newGateway(t)
	other.offline, other.certs, other.terms, other.epoch = someone(t, 200), nil, nil, 0
	other.nextEpoch()
	other.state(someTerms(other.now))
	_, foreign := rich(t, other, newFlash(), pay.Coin)
	b, err := c.Add(Payee)
	if err == ErrConfirm {
		do(t, g, a, a.Check(boot), pay.OK)
		b, err = c.Add(Payee)
	}
	if err != nil {
		t.Fatal(err)
	}
	do(t, g, b, b.Check(boot), pay.OK)
	old := [][]byte{request.AppendAnswer(nil, 0, foreign.receipt), request.AppendAnswer(nil, 0, b.receipt), request.AppendAnswer(nil, 0, a.receipt), {byte(request.Busy)}, {byte(request.Bad)}, {}, request.AppendAnswer(nil, 0)}
	for i, begin := range []func() error{
		func() error { return a.Check(boot) },
		func() error { return payCoin(a) },
		func() error { return a.Deposit(boot) },
		func() error { return a.Claim(boot) },
		func() error { return withdraw(a) },
		func() error { return tooMuch(a) },
	} {
		g.now += 1000
		if i == 3 {
			g.nextEpoch()
			c.Answer(boot, request.AppendAnswer(nil, request.Answered, g.certs[1]))
		}
		if err := begin(); err != nil {
			t.Fatal(err)
		}
		answer := g.serve(a.underWay)
		for _, x := range old {
			unchanged(t, a, f, "an old answer", func() error { _, err := a.Answer(boot, x); return err })
		}
		for n := range answer {
			unchanged(t, a, f, "a cut answer", func() error { _, err := a.Answer(boot, answer[:n]); return err })
			if n%5 == i%5 {
				bad := bytes.Clone(answer)
				bad[n] ^= 4
				unchanged(t, a, f, "a changed answer", func() error { _, err := a.Answer(boot, bad); return err })
			}
		}
		unchanged(t, a, f, "a longer answer", func() error { _, err := a.Answer(boot, append(bytes.Clone(answer), 0)); return err })
		c.want = wants{}
		status, err := a.Answer(boot, answer)
		if err != nil {
			t.Fatal(err)
		}
		unchanged(t, a, f, "the same again", func() error {
			again, err := a.Answer(boot, answer)
			if again != status {
				t.Errorf("the same again says %v, want %v", again, status)
			}
			return err
		})
		old = append(old, answer)
	}
	if d := c.Dropped(); d.Form == 0 || d.Foreign == 0 || d.Late == 0 {
		t.Errorf("not counted: %+v", d)
	}
}

// TestPapersDestroyed: an answer to a question that is cut or changed at any byte changes
// nothing.
func TestPapersDestroyed(t *testing.T) {
	g, f := newGateway(t), newFlash()
	_, a := rich(t, g, f, 9*pay.Coin)
	backup := f.copy()
	do(t, g, a, payCoin(a), pay.OK)
	do(t, g, a, a.Check(boot), pay.OK)
	answer := g.newest(a.Name())
	c := open(t, g, backup, false)
	meet(t, g, c, boot)
	a = c.Accounts()[0]
	for n := range answer {
		a.Look()
		unchanged(t, a, backup, "cut papers", func() error { _, err := a.Answer(boot, answer[:n]); return err })
		bad := bytes.Clone(answer)
		bad[n] ^= 4
		unchanged(t, a, backup, "changed papers", func() error { _, err := a.Answer(boot, bad); return err })
	}
	if _, err := a.Answer(boot, answer); err != ErrAdopted {
		t.Errorf("%v, want %v", err, ErrAdopted)
	}
	a.Look()
	unchanged(t, a, backup, "the same again", func() error { _, err := a.Answer(boot, answer); return err })
}

// A model is what the accounts must have by what was done: a plain ledger, without
// signatures, receipts or records.
type model struct {
	has, incoming map[account.Account]pay.Amount
	moved         map[account.Account]pay.Amount // from incoming, ever
}

// TestProperty: random operations between three accounts, over a network that loses,
// doubles, cuts and delays, with restarts and power cuts. In the end each account has what
// a plain ledger has.
func TestProperty(t *testing.T) {
	if testing.Short() {
		t.Skip("signs for long")
	}
	for seed := range uint64(20) {
		w := newWorld(t, seed)
		for range 120 {
			w.turn()
		}
		w.settle()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

type world struct {
	t     *testing.T
	r     *mrand.Rand
	g     *gateway
	f     *flash
	c     *Client
	m     model
	old   [][]byte // answers that may come again
	seen  map[[32]byte]bool
	notes byte
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, r: mrand.New(mrand.NewPCG(seed, 1)), g: newGateway(t), f: newFlash(), seen: map[[32]byte]bool{},
		m: model{map[account.Account]pay.Amount{}, map[account.Account]pay.Amount{}, map[account.Account]pay.Amount{}}}
	w.c = open(t, w.g, w.f, true)
	meet(t, w.g, w.c, boot)
	for i := range 3 {
		a, err := w.c.Add(Own)
		if err != nil {
			t.Fatal(err)
		}
		w.g.credit(a.Name(), 100*pay.Coin, [32]byte{byte(i)})
		w.m.incoming[a.Name()] = 100 * pay.Coin
	}
	return w
}

// turn is one thing that happens.
func (w *world) turn() {
	w.g.now += w.r.Int64N(3_600_000)
	a := w.c.accounts[w.r.IntN(3)]
	switch w.r.IntN(12) {
	case 0:
		w.restart()
	case 1: // power is cut in one of the next writes
		w.f.cut, w.f.at, w.f.tail = w.f.writes+1+w.r.IntN(3), w.r.IntN(recordSize+1), w.r.IntN(2) == 0
	case 2:
		n := pay.Amount(1 + w.r.IntN(1000))
		w.g.deposit(a.Name(), n)
	case 3, 4, 5, 6:
		w.begin(a)
	default:
		w.deliver(a)
	}
	if w.f.dead {
		w.restart()
	}
}

func (w *world) restart() {
	w.f.dead, w.f.cut = false, 0
	w.c = open(w.t, w.g, w.f, false)
	meet(w.t, w.g, w.c, boot)
}

// begin asks for something at random. What was begun and did not outlast a power cut was
// never sent, so the gateway does not know of it, nor does the model.
func (w *world) begin(a *Account) {
	to := w.c.accounts[w.r.IntN(3)]
	amount := pay.Amount(w.r.Int64N(int64(20 * pay.Coin)))
	switch w.r.IntN(6) {
	case 0:
		a.Check(boot)
	case 1:
		a.Claim(boot)
	case 2:
		a.Withdraw(boot, amount/pay.Coin*pay.Coin, body.CoinAddress{}, pay.Amount(w.r.IntN(1000)))
	case 3:
		a.Deposit(boot)
	default:
		w.notes++
		p := account.Payee{Address: to.Name().Address()}
		a.Transfer(boot, p, amount, pay.Amount(w.r.IntN(20)), [32]byte{w.notes})
	}
}

// deliver takes a call to the gateway, and answers back: or not, or twice, or cut, or old
// ones.
func (w *world) deliver(a *Account) {
	a.due = boot
	call, _ := a.Next(boot)
	if call != nil && w.r.IntN(4) > 0 {
		answer := w.g.answer(call)
		w.executed(call[1:], answer)
		w.old = append(w.old, answer)
	}
	if len(w.old) == 0 {
		return
	}
	answer := w.old[len(w.old)-1]
	switch w.r.IntN(4) {
	case 0:
		answer = w.old[w.r.IntN(len(w.old))]
	case 1:
		answer = answer[:w.r.IntN(len(answer))]
	}
	for range 1 + w.r.IntN(2) {
		for _, a := range w.c.accounts {
			if _, err := a.Answer(boot, answer); err != nil && !harmless(err) && err != errPower {
				w.t.Fatalf("%v: %+v", err, a.State())
			}
		}
	}
}

// executed tells the model what the gateway did, once for each call.
func (w *world) executed(call, answer []byte) {
	c, err := pay.ParseCall(call)
	_, items, _ := request.ParseAnswer(answer)
	r, bad := pay.ParseReceipt(items[0], w.g.key.Key())
	if err != nil || bad != nil {
		w.t.Fatal(err, bad)
	}
	if hash := pay.HashOf(call); w.seen[hash] || r.Status != pay.OK {
		return
	} else {
		w.seen[hash] = true
	}
	name := c.Account()
	w.m.acknowledge(name, c.Ack)
	switch c.Op {
	case pay.OpTransfer:
		x, _ := body.ParseTransfer(c.Body, c.Gateway)
		w.m.has[name] -= x.Amount + 10
		w.m.incoming[w.g.opened[x.Payee.Address]] += x.Amount
	case pay.OpWithdraw:
		x, _ := body.ParseWithdraw(c.Body)
		w.m.has[name] -= x.Amount + 500
	case pay.OpClaim:
		all, _ := body.ParseCredits(r.Body)
		for _, x := range all {
			w.m.incoming[name] += x.Amount
		}
	}
}

func (m *model) acknowledge(name account.Account, ack pay.Inbox) {
	n := ack.Sum - m.moved[name]
	m.has[name] += n
	m.incoming[name] -= n
	m.moved[name] += n
}

// settle has everything answered and compares.
func (w *world) settle() {
	w.restart()
	for _, a := range w.c.accounts {
		if len(a.underWay) > 0 {
			w.finish(a)
		}
		if begin := a.Check(boot); begin != nil {
			w.t.Fatal(begin)
		}
		w.finish(a)
	}
	for _, a := range w.c.accounts { // now all that is incoming is known
		if begin := a.Check(boot); begin != nil {
			w.t.Fatal(begin)
		}
		w.finish(a)
		s := a.State()
		if s.Status == pay.OK && (s.Balance != w.m.has[a.Name()] || s.Incoming != w.m.incoming[a.Name()]) {
			w.t.Errorf("account %d has %v and %v, the model %v and %v", a.index, s.Balance, s.Incoming, w.m.has[a.Name()], w.m.incoming[a.Name()])
		}
	}
}

func (w *world) finish(a *Account) {
	call := a.underWay
	answer := w.g.serve(call)
	w.executed(call, answer)
	if _, err := a.Answer(boot, answer); err != nil {
		w.t.Fatal(err)
	}
}
