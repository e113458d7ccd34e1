package client

import (
	"bytes"
	"errors"
	mrand "math/rand/v2"
	"testing"

	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// A script is what a node does between two of its accounts, step by step, over power cuts:
// each step is done once, however often it is begun.
type script struct {
	t      *testing.T
	g      *gateway
	f      *flash
	c      *Client
	steps  []func(s *script) (*Account, error) // begins a call
	cuts   int
	given  map[uint32]bool
	funded bool
}

func newScript(t *testing.T) *script {
	s := &script{t: t, g: newGateway(t), f: newFlash(), given: map[uint32]bool{}}
	s.steps = []func(s *script) (*Account, error){
		func(s *script) (*Account, error) { a := s.account(0); return a, a.Deposit(boot) },
		func(s *script) (*Account, error) { a := s.account(0); return a, a.Claim(boot) },
		func(s *script) (*Account, error) { a := s.account(0); return a, a.Check(boot) },
		func(s *script) (*Account, error) { return s.send(0, 1, 1) },
		func(s *script) (*Account, error) { a := s.account(1); return a, a.Check(boot) },
		func(s *script) (*Account, error) { return s.send(1, 0, 2) },
		func(s *script) (*Account, error) {
			a := s.account(0)
			return a, a.Withdraw(boot, pay.Coin, body.CoinAddress{1}, 500)
		},
		func(s *script) (*Account, error) { a := s.account(1); return a, a.Check(boot) },
		func(s *script) (*Account, error) { return s.send(0, 1, 3) },
	}
	return s
}

func (s *script) account(i int) *Account { return s.c.accounts[i] }

func (s *script) send(from, to int, note byte) (*Account, error) {
	a := s.account(from)
	p := account.Payee{Key: s.account(to).key.Key(), Address: s.account(to).Name().Address()}
	return a, a.Transfer(boot, p, pay.Coin/2-1000*pay.Amount(note), 10, [32]byte{note})
}

// start is a boot, with as many as it takes to get through.
func (s *script) start() {
	for {
		s.f.dead = false
		c, err := Open(Config{Gateway: s.g.offline.Key(), Seed: &testSeed, Store: s.f, New: len(s.given) == 0})
		if s.c = c; err == nil {
			meet(s.t, s.g, c, boot)
			err = s.finish()
		}
		if err == nil {
			err = s.add()
		}
		if err == nil {
			return
		}
		if !errors.Is(err, errPower) {
			s.t.Fatal(err)
		}
	}
}

// finish has the calls answered that flash has under way.
func (s *script) finish() error {
	for _, a := range s.c.accounts {
		if _, err := ask(s.t, s.g, a, boot); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) add() error {
	for len(s.c.accounts) < 2 {
		a, err := s.c.Add(Own)
		if err != nil {
			return err
		}
		if s.given[a.index] {
			s.t.Fatalf("index %d was given twice", a.index)
		}
		s.given[a.index] = true
	}
	if a := s.account(0); !s.funded {
		s.funded = true
		s.g.deposit(a.Name(), 5*pay.Coin)
	}
	return nil
}

// run does all steps.
func (s *script) run() {
	s.start()
	for _, step := range s.steps {
		for {
			a, err := step(s)
			begun := err == nil
			if begun {
				_, err = ask(s.t, s.g, a, boot)
			}
			if err == nil {
				break
			}
			if !errors.Is(err, errPower) {
				s.t.Fatal(err)
			}
			s.cuts++
			s.f.dead = false
			there := s.begunOnFlash(a)
			s.start()
			if begun || there {
				break // it was answered in finish, or before the cut
			}
		}
	}
}

// begunOnFlash looks whether the call outlasted the cut though its writing failed.
func (s *script) begunOnFlash(a *Account) bool {
	c, err := Open(Config{Gateway: s.g.offline.Key(), Seed: &testSeed, Store: s.f})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, b := range c.accounts {
		if b.index == a.index {
			return b.asked.Seq > a.last.Seq
		}
	}
	return false
}

// audit says that everything was done once and that both sides agree on what is left.
func (s *script) audit(where string) {
	s.t.Helper()
	for note := byte(1); note <= 3; note++ {
		if n := s.g.executed[[32]byte{note}]; n != 1 {
			s.t.Errorf("%s: transfer %d was done %d times", where, note, n)
		}
	}
	var sum pay.Amount
	for _, a := range s.c.accounts {
		l, st := s.g.accounts[a.Name()], a.State()
		if st.Balance != l.balance || st.Seq != l.seq || st.Against != 0 || s.c.against != 0 {
			s.t.Errorf("%s: %+v, the gateway has %d at %d", where, st, l.balance, l.seq)
		}
		sum += l.balance + l.inbox.Sum - l.acked.Sum
	}
	if want := 5*pay.Coin - pay.Coin - 500 - 3*10; sum != want {
		s.t.Errorf("%s: %v are left, want %v", where, sum, want)
	}
}

// TestPowerCut cuts the power in every write, after its first and last bytes and some in
// between, with and without what was there before behind them. Whatever happens, every
// step is done once.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("signs for long")
	}
	s := newScript(t)
	s.run()
	s.audit("without a cut")
	writes, sizes := s.f.writes, s.f.sizes
	t.Logf("%d writes", writes)
	r := mrand.New(mrand.NewPCG(1, 2))
	for w := 1; w <= writes; w++ {
		n := sizes[w-1]
		for _, at := range []int{0, 1, offRecordLengths, r.IntN(n), n - 1, n} {
			s := newScript(t)
			s.f.cut, s.f.at, s.f.tail = w, at, r.IntN(2) == 0
			s.run()
			s.audit("write " + string([]byte{byte('0' + w/10), byte('0' + w%10)}))
			if s.cuts == 0 && w > 8 {
				t.Errorf("write %d was not cut", w)
			}
			if t.Failed() {
				t.Fatalf("cut in write %d after %d of %d bytes, tail %v", w, at, n, s.f.tail)
			}
		}
	}
}

// TestEveryByte: a record that is cut at any byte, or has any byte changed, is not whole;
// so the one before counts.
func TestEveryByte(t *testing.T) {
	g, f := newGateway(t), newFlash()
	_, a := rich(t, g, f, 5*pay.Coin)
	if err := payCoin(a); err != nil {
		t.Fatal(err)
	}
	gateway := g.offline.Key()
	newest := slotAccounts + int(a.generation&1)
	whole, before := f.slots[newest], f.slots[newest^1]
	for i := range whole {
		torn := append(bytes.Clone(whole[:i]), before[i:]...)
		if _, ok := parseRecord(torn, gateway); ok && !bytes.Equal(torn, whole) && !bytes.Equal(torn, before) {
			t.Fatalf("cut after %d bytes it counts", i)
		}
		if _, ok := parseRecord(whole[:i], gateway); ok {
			t.Fatalf("%d bytes count", i)
		}
		torn = bytes.Clone(whole)
		torn[i] ^= 1
		if _, ok := parseRecord(torn, gateway); ok {
			t.Fatalf("byte %d may change", i)
		}
		head := f.slots[slotHead]
		if i < len(head) {
			if _, ok := parseHead(head[:i], gateway); ok {
				t.Fatalf("%d bytes of the head count", i)
			}
		}
	}
	f.slots[newest] = make([]byte, recordSize)
	a = open(t, g, f, false).Accounts()[0]
	if a.asked.Op == pay.OpTransfer {
		t.Error("the call under way is of the slot that was lost")
	}
	f.slots[newest^1] = []byte{1}
	if c := open(t, g, f, false); len(c.Accounts()) != 0 || !c.Stale() {
		t.Error("both slots are lost and nobody says so")
	}
	if _, ok := parseRecord(whole, someone(t, 9).Key()); ok {
		t.Error("a record of another gateway counts")
	}
}

// TestIndices: none is given twice, over restarts without a warning.
func TestIndices(t *testing.T) {
	g, f := newGateway(t), newFlash()
	given := map[uint32]bool{}
	for boots := range 10 {
		c := open(t, g, f, boots == 0)
		begin := f.writes
		for range block + 3 {
			i, err := c.Fresh()
			if err != nil || given[i] {
				t.Fatalf("%d was given before: %v", i, err)
			}
			given[i] = true
			c.Paid(i)
		}
		if n := f.writes - begin; n != 2 {
			t.Errorf("%d indices took %d writes, want 2", block+3, n)
		}
	}
}

// TestBackupPutBack: flash as it was before some calls. No index is given out until the
// gateway confirmed the records; it shows newer calls, which are adopted; after Recover
// indices go on above all that were used.
func TestBackupPutBack(t *testing.T) {
	g, f := newGateway(t), newFlash()
	c, a := rich(t, g, f, 5*pay.Coin)
	old := f.copy()
	used := map[uint32]bool{a.index: true}
	for range 3 * block {
		i, err := c.Fresh()
		if err == ErrConfirm {
			do(t, g, a, a.Check(boot), pay.OK)
			i, err = c.Fresh()
		}
		if err != nil || used[i] {
			t.Fatal(i, err)
		}
		used[i] = true
		if i%9 == 0 { // people paid some
			g.credit(account.Of(c.gateway, testSeed.Key(c.gateway, i).Key()), pay.Coin, [32]byte{byte(i)})
		}
	}
	do(t, g, a, payCoin(a), pay.OK)
	c = open(t, g, old, false)
	meet(t, g, c, boot)
	a = c.Accounts()[0]
	if _, err := c.Fresh(); err != ErrConfirm {
		t.Fatalf("an index of an old backup: %v", err)
	}
	if err := a.Check(boot); err != nil && err != ErrBusy {
		t.Fatal(err)
	}
	if _, err := ask(t, g, a, boot); err != ErrAdopted {
		t.Fatalf("%v, want %v", err, ErrAdopted)
	}
	if s := a.State(); s.Balance != g.accounts[a.Name()].balance || s.Busy {
		t.Errorf("%+v", s)
	}
	if _, err := c.Fresh(); err != ErrStale {
		t.Errorf("%v, want %v", err, ErrStale)
	}
	c = open(t, g, old, false)
	if meet(t, g, c, boot); !c.Stale() {
		t.Error("forgotten by a restart")
	}
	recoverAll(t, g, c)
	a = c.Accounts()[0]
	do(t, g, a, a.Check(boot), pay.OK)
	for range 10 {
		i, err := c.Fresh()
		if err == ErrConfirm {
			do(t, g, a, a.Check(boot), pay.OK)
			i, err = c.Fresh()
		}
		if err != nil || used[i] {
			t.Fatalf("index %d, used %v: %v", i, used[i], err)
		}
	}
}

func recoverAll(t *testing.T, g *gateway, c *Client) *Recovery {
	t.Helper()
	r := c.Recover()
	asked := 0
	for {
		q, _ := r.Next()
		if q == nil {
			break
		}
		if err := r.Answer(boot, g.answer(q)); err == errEpoch || err == errTerms {
			meet(t, g, c, boot)
		} else if err != nil {
			t.Fatal(err)
		}
		asked++
	}
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Found() {
		if x.Index >= c.head.used || x.Index >= c.head.reserved {
			t.Errorf("index %d is used; the head has %+v", x.Index, c.head)
		}
	}
	t.Logf("%d questions, %d accounts", asked, len(r.Found()))
	return r
}

// TestRecover: from the seed alone, all that the gateway has is found, also what was
// never asked for, and can be spent.
func TestRecover(t *testing.T) {
	if testing.Short() {
		t.Skip("signs for long")
	}
	g := newGateway(t)
	want := map[uint32]pay.Amount{}
	c, a := rich(t, g, newFlash(), 5*pay.Coin)
	do(t, g, a, payCoin(a), pay.OK)
	do(t, g, a, a.Transfer(boot, account.Payee{Address: account.Address{1}}, pay.Coin, 10, [32]byte{}), pay.NoPayee)
	want[a.index] = 5*pay.Coin - 10
	for _, i := range []uint32{7, 70, 70 + gap, 9*block + gap} {
		g.credit(account.Of(c.gateway, testSeed.Key(c.gateway, i).Key()), pay.Amount(i)*pay.Coin, [32]byte{byte(i)})
		want[i] = pay.Amount(i) * pay.Coin
	}
	f := newFlash()
	c = open(t, g, f, false)
	if _, err := c.Add(Own); err != ErrStale {
		t.Fatalf("an account before recovery: %v", err)
	}
	r := recoverAll(t, g, c)
	for _, x := range r.Found() {
		if !x.Kept || x.Balance+x.Incoming != want[x.Index] {
			t.Errorf("%+v, want %v", x, want[x.Index])
		}
		delete(want, x.Index)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	c = open(t, g, f, false)
	meet(t, g, c, boot)
	for _, a := range c.Accounts() {
		for range 2 {
			do(t, g, a, a.Check(boot), pay.OK)
		}
		if a.index != 0 {
			if have := a.State().Balance; have != pay.Amount(a.index)*pay.Coin {
				t.Errorf("account %d has %v", a.index, have)
			}
		}
		do(t, g, a, payCoin(a), pay.OK)
	}
	if i, err := c.Fresh(); err != nil && err != ErrConfirm || err == nil && i <= 9*block+gap {
		t.Errorf("index %d: %v", i, err)
	}
}

// TestFar: no index is given that recovery would not find, and a clean stop wastes none.
func TestFar(t *testing.T) {
	if testing.Short() {
		t.Skip("signs for long")
	}
	g, f := newGateway(t), newFlash()
	c := open(t, g, f, true)
	for i := range uint32(gap) {
		if got, err := c.Fresh(); err != nil || got != i {
			t.Fatalf("%d, want %d: %v", got, i, err)
		}
		if i%100 == 99 {
			if err := c.Flush(); err != nil {
				t.Fatal(err)
			}
			c = open(t, g, f, false)
		}
	}
	if i, err := c.Fresh(); err != ErrFar {
		t.Errorf("index %d: %v", i, err)
	}
	g.credit(account.Of(c.gateway, testSeed.Key(c.gateway, gap-1).Key()), pay.Coin, [32]byte{1})
	c.Paid(gap - 1)
	if i, err := c.Fresh(); err != nil || i != gap {
		t.Errorf("index %d: %v", i, err)
	}
	if r := recoverAll(t, g, open(t, g, newFlash(), false)); len(r.Found()) != 1 || r.Found()[0].Index != gap-1 {
		t.Errorf("found: %+v", r.Found())
	}
}

// TestConfirm: a call that was begun before a block was reserved shows nothing of records
// that are older than that; one that was begun since then does.
func TestConfirm(t *testing.T) {
	g, f := newGateway(t), newFlash()
	c, a := rich(t, g, f, 5*pay.Coin)
	c.next = c.head.reserved
	if err := a.Check(boot); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Fresh(); err != ErrConfirm {
			t.Fatalf("%v, want %v", err, ErrConfirm)
		}
		do(t, g, a, nil, 0)
	}
	do(t, g, a, a.Check(boot), pay.OK)
	if i, err := c.Fresh(); err != nil || i != block {
		t.Errorf("index %d: %v", i, err)
	}
}

// TestFlashFull: what cannot be written is not done, or done again when it can.
func TestFlashFull(t *testing.T) {
	g, f := newGateway(t), newFlash()
	_, a := rich(t, g, f, 5*pay.Coin)
	if err := a.Deposit(boot); err != nil {
		t.Fatal(err)
	}
	f.fail = slotAccounts + slotDeposit
	if _, err := ask(t, g, a, boot); err != errFull || !a.State().Busy {
		t.Errorf("%v, %+v", err, a.State())
	}
	f.fail = 0
	do(t, g, a, nil, pay.OK)
	if _, ok := a.DepositAddress(); !ok {
		t.Error("no address")
	}
	f.fail = slotAccounts + int((a.generation+1)&1)
	if err := payCoin(a); err != errFull || a.State().Busy {
		t.Errorf("%v, %+v", err, a.State())
	}
	f.fail = 0
	do(t, g, a, payCoin(a), pay.OK)
}
