package gateway

import (
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// A machine's clocks, set by the test.
type clocks struct {
	mu   sync.Mutex
	wall time.Time
	mono time.Duration
}

func (c *clocks) Wall() time.Time        { c.mu.Lock(); defer c.mu.Unlock(); return c.wall }
func (c *clocks) Elapsed() time.Duration { c.mu.Lock(); defer c.mu.Unlock(); return c.mono }

// pass lets time pass on both.
func (c *clocks) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall, c.mono = c.wall.Add(d), c.mono+d
}

// A fakeChain is what a chain is to a gateway, in memory.
type fakeChain struct {
	mu       sync.Mutex
	height   uint64
	deposits map[account.Account][]body.Credit
	fate     map[string]Fate // by transaction
	injected map[string]int
	signed   int
	down     bool
}

func newChain() *fakeChain {
	return &fakeChain{deposits: map[account.Account][]body.Credit{}, fate: map[string]Fate{}, injected: map[string]int{}}
}

func (c *fakeChain) Height() uint64 { c.mu.Lock(); defer c.mu.Unlock(); return c.height }

func (c *fakeChain) Address(a account.Account) (to body.CoinAddress, ok bool) {
	copy(to[:], a[:])
	return to, !c.down
}

func (c *fakeChain) Confirmed(a account.Account) ([]body.Credit, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.deposits[a]), !c.down
}

func (c *fakeChain) Pays(to body.CoinAddress) bool { return to != body.CoinAddress{} }

func (c *fakeChain) Sign(w Withdrawal, others [][]byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return nil, os.ErrDeadlineExceeded
	}
	c.signed++
	return fmt.Appendf(nil, "%x %d %x %d", w.ID, w.Amount, w.To, c.signed), nil
}

func (c *fakeChain) Inject(raw []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return os.ErrDeadlineExceeded
	}
	c.injected[string(raw)]++
	return nil
}

func (c *fakeChain) Judge(raw []byte) (Fate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return 0, os.ErrDeadlineExceeded
	}
	return c.fate[string(raw)], nil
}

// deposit puts coins at an account's address.
func (c *fakeChain) deposit(a account.Account, amount pay.Amount) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.height++
	var output [32]byte
	copy(output[:], a[:16])
	binary.LittleEndian.PutUint64(output[16:], c.height)
	c.deposits[a] = append(c.deposits[a], body.Credit{Output: output, Amount: amount})
}

const start0 = 1_800_000_000_000 // ms

// Terms of the tests: two assets, of which the second has no chain.
var testTerms = body.Terms{Assets: []body.Asset{
	{ID: 0, MaxAccount: 10 * pay.Coin, MinTransfer: 1000, TransferFee: 10, MinWithdraw: pay.Coin, WithdrawFee: 500, PayWithin: 3600_000},
	{ID: 1, MaxAccount: 10 * pay.Coin, MinTransfer: 1000}}}

// A world is a gateway and what surrounds it.
type world struct {
	testing.TB
	c       Config
	offline *identity.Identity
	online  *identity.Identity
	clock   *clocks
	chain   *fakeChain
	g       *Gateway
}

func someone(n int) *identity.Identity {
	id, err := identity.NewIdentity(rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), 7}))
	if err != nil {
		panic(err)
	}
	return id
}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, offline: someone(1), online: someone(2), clock: &clocks{wall: time.UnixMilli(start0)}, chain: newChain()}
	e := pay.Epoch{Number: 1, Key: w.online.Key(), From: 1, Until: start0 + 365*24*3600_000}
	w.c = Config{Gateway: w.offline.Key(), Keys: []Key{{w.online, e.Certificate(w.offline, 1)}}, Terms: testTerms,
		Database: filepath.Join(t.TempDir(), "ledger.db"), Clock: w.clock, Rand: crand.Reader, Chains: map[uint32]Chain{0: w.chain}, Rate: 1e9, Burst: 1e9, Queue: 1 << 16, wait: 1}
	return w
}

// openMemory is open on a store in memory.
func (w *world) openMemory() *world {
	w.Helper()
	w.c.defaults()
	g, err := start(w.c, newMemory())
	if err != nil {
		w.Fatal(err)
	}
	w.g = g
	w.Cleanup(func() { w.audit(); g.Close() })
	return w
}

// open opens the gateway, and closes and audits it at the test's end.
func (w *world) open() *world {
	w.Helper()
	g, err := Open(w.c)
	if err != nil {
		w.Fatal(err)
	}
	w.g = g
	w.Cleanup(func() { w.audit(); g.Close() })
	return w
}

// reopen is what a restart does.
func (w *world) reopen() {
	w.Helper()
	if err := w.g.Close(); err != nil {
		w.Fatal(err)
	}
	g, err := Open(w.c)
	if err != nil {
		w.Fatal(err)
	}
	w.g = g
	w.Cleanup(func() { g.Close() })
}

// audit says whether all that must hold does. After Close there is nothing to ask.
func (w *world) audit() Audit {
	w.Helper()
	a, err := w.g.Audit()
	if err != nil && !w.g.closed {
		w.Error(err)
	}
	for _, wrong := range a.Wrong {
		w.Error(wrong)
	}
	return a
}

// ask sends a request and waits for its answer.
func (w *world) ask(asked []byte) (request.Outcome, [][]byte) {
	w.Helper()
	answer := make(chan []byte, 1)
	w.g.Handle(identity.Key{1}, asked, func(b []byte) { answer <- b })
	o, items, err := request.ParseAnswer(<-answer)
	if err != nil {
		w.Fatal(err)
	}
	return o, items
}

// A client has an account, and what its last receipt said.
type client struct {
	w    *world
	id   *identity.Identity
	name account.Account
	r    pay.Receipt
	hash [32]byte  // of that receipt
	last []byte    // call
	ack  pay.Inbox // acknowledged, in model_test.go
}

func (w *world) client(n int) *client {
	id := someone(1000 + n)
	return &client{w: w, id: id, name: account.Of(w.c.Gateway, id.Key())}
}

// next is a call that follows the last receipt, and acknowledges all that it shows.
func (c *client) next(op pay.Op, b []byte) pay.Call {
	return pay.Call{Op: op, Gateway: c.w.c.Gateway, Key: c.id.Key(), Seq: c.r.Seq + 1, Expiry: start0 + 100*24*3600_000, Fee: pay.Coin,
		Previous: c.hash, Ack: c.r.Inbox, Balance: c.r.Balance, Body: b}
}

func (c *client) raw(call pay.Call) []byte {
	return append([]byte{byte(request.AskCall)}, call.Signed(c.id)...)
}

// take checks a receipt of a call and makes it the last.
func (c *client) take(call []byte, o request.Outcome, items [][]byte) pay.Status {
	c.w.Helper()
	if o != request.Answered || len(items) != 1 {
		c.w.Fatalf("outcome %d, %d items", o, len(items))
	}
	r, err := pay.ParseReceipt(items[0], c.w.online.Key())
	if err != nil || r.Call != pay.HashOf(call[1:]) || r.Account != c.name || r.Gateway != c.w.c.Gateway || r.Time < c.r.Time {
		c.w.Fatalf("%+v: %v", r, err)
	}
	c.r, c.hash, c.last = r, pay.HashOf(items[0]), call
	return r.Status
}

// do sends a call and takes its receipt.
func (c *client) do(call pay.Call) pay.Status {
	c.w.Helper()
	raw := c.raw(call)
	o, items := c.w.ask(raw)
	return c.take(raw, o, items)
}

// must does an operation that is not refused.
func (c *client) must(op pay.Op, b []byte) {
	c.w.Helper()
	if s := c.do(c.next(op, b)); s != pay.OK {
		c.w.Fatalf("op %d: status %d", op, s)
	}
}

// fund gives the account coins from the chain, in its balance.
func (c *client) fund(amount pay.Amount) *client {
	c.w.Helper()
	c.w.chain.deposit(c.name, amount)
	c.must(pay.OpClaim, nil)
	c.must(pay.OpBalance, nil)
	return c
}

func (c *client) transfer(to *client, amount pay.Amount) []byte {
	return body.Transfer{Payee: account.Payee{Address: to.name.Address(), Key: to.id.Key()}, Amount: amount}.Append(nil)
}

func testPrivate() *[32]byte { return &[32]byte{1, 2, 3} }

func testRecovery() [32]byte { return identity.X25519Public(testPrivate()) }

// A flakyJournal fails when it is told to.
type flakyJournal struct {
	*FileJournal
	fail bool
}

var errFlaky = errors.New("no place left")

func (j *flakyJournal) Append(number uint64, sealed []byte) error {
	if j.fail {
		return errFlaky
	}
	return j.FileJournal.Append(number, sealed)
}

// journal gives the world's gateway one.
func (w *world) journal() *flakyJournal {
	w.Helper()
	j, err := OpenJournal(w.c.Database + ".journal")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { j.Close() })
	f := &flakyJournal{FileJournal: j}
	w.c.Journal, w.c.Recovery = f, testRecovery()
	return f
}
