//go:build (amd64 || arm64) && !race

package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/request"
)

// A failingStore fails one step of one transaction, as a full disk does, or as a process
// that dies between two steps would.
type failingStore struct {
	store
	at   int // steps until it fails
	lost bool
}

var errDisk = errors.New("disk")

func (s *failingStore) step() error {
	if s.at--; s.at == 0 {
		return errDisk
	}
	return nil
}

func (s *failingStore) begin() (tx, error) {
	if err := s.step(); err != nil {
		return nil, err
	}
	t, err := s.store.begin()
	return &failingTx{t, s}, err
}

type failingTx struct {
	tx
	s *failingStore
}

func (t *failingTx) rows(a []account.Address) ([]*row, error) {
	if err := t.s.step(); err != nil {
		return nil, err
	}
	return t.tx.rows(a)
}

func (t *failingTx) commit(b *batch, record []byte, journaled uint64) error {
	if err := t.s.step(); err != nil {
		return err
	}
	if err := t.tx.commit(b, record, journaled); err != nil {
		return err
	}
	if err := t.s.step(); err != nil { // it is done, and nobody knows
		t.s.lost = true
		return err
	}
	return nil
}

// TestAbort: a failure at any step of a transaction leaves all of a call or nothing; the
// same bytes again find out, and are done once.
func TestAbort(t *testing.T) {
	for at := 1; at <= 4; at++ {
		w := newWorld(t)
		w.journal()
		w.open()
		a, b := w.client(1).fund(5*pay.Coin), w.client(2)
		f := &failingStore{store: w.g.store}
		w.g.alone(func() error { f.at, w.g.store = at, f; return nil })
		call := a.raw(a.next(pay.OpTransfer, a.transfer(b, pay.Coin)))
		if o, _ := w.ask(call); o != request.Halted {
			t.Errorf("step %d: outcome %d", at, o)
		}
		if f.lost {
			w.reopen() // as a commit that was not heard of needs
		}
		o, items := w.ask(call)
		if s := a.take(call, o, items); s != pay.OK || a.r.Balance != 4*pay.Coin-10 {
			t.Errorf("step %d: status %d, %+v", at, s, a.r)
		}
		if b.must(pay.OpBalance, nil); b.r.Inbox.Sum != pay.Coin {
			t.Errorf("step %d: %+v", at, b.r)
		}
		w.audit()
	}
}

// TestFault: a call that the store refuses, by a fault of ours, costs no other call of its
// batch anything.
func TestFault(t *testing.T) {
	w := newWorld(t)
	w.c.wait = 50 * time.Millisecond
	w.open()
	w.c.Clock.(*clocks).pass(1)
	bad := &job{do: func(l *ledger) error {
		l.batch.deposits = append(l.batch.deposits, deposit{amount: -1}) // which a CHECK refuses
		l.batch.terms = [][]byte{w.g.terms[0].raw}
		return nil
	}}
	failed := make(chan error, 1)
	bad.done = func(_ bool, err error) { failed <- err }
	a := w.client(1)
	w.chain.deposit(a.name, pay.Coin)
	call, answer := a.raw(a.next(pay.OpClaim, nil)), make(chan []byte, 1)
	w.g.ready <- bad
	w.g.Handle(identity.Key{}, call, func(b []byte) { answer <- b })
	o, items, _ := request.ParseAnswer(<-answer)
	if s := a.take(call, o, items); s != pay.OK || !isConstraint(<-failed) {
		t.Errorf("status %d", s)
	}
}

// TestLocked: two gateways never have one database, of one process or of two.
func TestLocked(t *testing.T) {
	w := newWorld(t).open()
	if _, err := Open(w.c); !errors.Is(err, ErrLocked) {
		t.Errorf("%v", err)
	}
	if _, err := Inspect(w.c.Database, w.c.Gateway); !errors.Is(err, ErrLocked) {
		t.Errorf("%v", err)
	}
}

// TestLossy: settings that would lose what is said to be written refuse to start; and a
// database of another gateway, or what is none.
func TestLossy(t *testing.T) {
	w := newWorld(t)
	path := w.c.Database
	for _, options := range []string{"_pragma=synchronous(off)", "_pragma=synchronous(normal)", "_synchronous=off"} {
		w.c.Database = path + "?" + options
		if _, err := Open(w.c); !errors.Is(err, ErrLossy) {
			t.Errorf("%s: %v", options, err)
		}
	}
	w.c.Database = path + "?_pragma=synchronous(extra)"
	w.open()
	w.g.Close()
	if _, err := Inspect(path, someone(9).Key()); !errors.Is(err, ErrDatabase) {
		t.Errorf("%v", err)
	}
	os.WriteFile(path+"2", bytes.Repeat([]byte("no database "), 1000), 0o600)
	if _, err := Inspect(path+"2", w.c.Gateway); err == nil {
		t.Error("it is none")
	}
}

// TestUnbalanced: a ledger that was changed by hand does not open.
func TestUnbalanced(t *testing.T) {
	w := newWorld(t).open()
	w.client(1).fund(pay.Coin)
	w.g.Close()
	for what, change := range map[string]string{
		"a balance":    "UPDATE accounts SET balance = balance + 1",
		"a book":       "UPDATE books SET amount = amount - 1",
		"a posting":    "DELETE FROM postings WHERE id = 1",
		"a deposit":    "UPDATE deposits SET amount = amount + 1",
		"an inbox":     "UPDATE accounts SET ack_count = 0",
		"a credit":     "INSERT INTO inbox VALUES (1, 1, 1, x'00', 1, x'00')",
		"a withdrawal": "INSERT INTO withdrawals VALUES (zeroblob(32), 1, 0, 1, x'00', 0, 0, x'')",
	} {
		s, err := openSQLite(w.c.Database, w.c.Gateway)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.writer.ExecContext(background, change); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		s.close()
		if _, err := Open(w.c); !errors.Is(err, ErrAudit) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Of the child that is killed.
const (
	childFolder  = "HOPWIRE_GATEWAY_TEST_FOLDER"
	childClients = 8
)

// TestMain is also the child of TestKilled.
func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		child(folder)
	}
	os.Exit(m.Run())
}

// childWorld is a world in a folder that outlives its process.
func childWorld(t testing.TB, folder string) *world {
	w := newWorld(t)
	w.c.Database = filepath.Join(folder, "ledger.db")
	w.c.wait = batchWait
	for i := range childClients {
		c := w.client(i)
		for range 3 {
			w.chain.height = uint64(len(w.chain.deposits[c.name])) // the same outputs in every process
			w.chain.deposit(c.name, pay.Coin)
		}
	}
	return w
}

// child serves its own clients until it is killed, and says on standard output what they
// were answered: only that may be relied on.
func child(folder string) {
	w := childWorld(&deathTB{}, folder)
	w.journal()
	w.open()
	var out sync.Mutex
	var all []*client
	for i := range childClients {
		all = append(all, w.client(i))
	}
	fmt.Println("begun")
	for i, c := range all {
		go func() {
			r := rand.New(rand.NewPCG(uint64(i), uint64(os.Getpid())))
			c.recover()
			for {
				op, b := pay.OpTransfer, c.transfer(all[r.IntN(len(all))], pay.Amount(1000+r.IntN(1000)))
				if r.IntN(8) == 0 {
					op, b = pay.OpClaim, nil
				}
				c.do(c.next(op, b))
				out.Lock()
				fmt.Printf("%d %d %x\n", i, c.r.Seq, c.hash)
				out.Unlock()
			}
		}()
	}
	select {}
}

// recover makes the newest receipt that the gateway has the client's last.
func (c *client) recover() {
	o, items := c.w.ask(request.NewestRequest(c.w.c.Gateway, c.id, start0+1000_000))
	if o != request.Answered || len(items) != 3 {
		return
	}
	c.take(append([]byte{byte(request.AskCall)}, items[1]...), o, items[2:])
}

// A deathTB ends the process at the first failure.
type deathTB struct{ testing.TB }

func (*deathTB) Helper()                     {}
func (*deathTB) Cleanup(func())              {}
func (*deathTB) TempDir() string             { return os.TempDir() }
func (*deathTB) Error(a ...any)              { fmt.Println(append([]any{"failed:"}, a...)...); os.Exit(3) }
func (d *deathTB) Fatal(a ...any)            { d.Error(a...) }
func (d *deathTB) Fatalf(f string, a ...any) { d.Error(fmt.Sprintf(f, a...)) }

// TestKilled: a process that is killed twenty times, in the middle of whatever it does,
// keeps every receipt that left it; its books balance, and its journal makes the same
// database of a copy from the beginning.
func TestKilled(t *testing.T) {
	times := 20
	if testing.Short() {
		times = 5
	}
	folder := t.TempDir()
	w := childWorld(t, folder)
	w.journal()
	w.open()
	copy := filepath.Join(folder, "copy.db")
	if _, err := w.g.Copy(copy); err != nil {
		t.Fatal(err)
	}
	w.g.Close()
	w.c.Journal.(*flakyJournal).Close()
	r := rand.New(rand.NewPCG(1, 2))
	receipts := 0
	for n := range times {
		receipts += killed(t, folder, n, r.IntN(120))
	}
	t.Logf("%d receipts left %d processes", receipts, times)
	a, err := Inspect(w.c.Database, w.c.Gateway)
	if err != nil || len(a.Wrong) > 0 {
		t.Errorf("%v: %v", a.Wrong, err)
	}
	w.journal()
	w.open() // what a kill left out of the journal goes there
	w.g.Close()
	j, err := os.ReadFile(w.c.Database + ".journal")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Restore(copy, w.c.Gateway, bytes.NewReader(j), testPrivate()); err != nil || content(t, copy, w.c.Gateway) != content(t, w.c.Database, w.c.Gateway) {
		t.Errorf("batch %d, another database: %v", n, err)
	}
}

// killed runs a child, kills it after some receipts, and compares what it said with what
// is stored. It returns how many receipts that were.
func killed(t *testing.T, folder string, n, after int) int {
	t.Helper()
	exe, _ := os.Executable()
	c := exec.Command(exe)
	c.Env = append(os.Environ(), childFolder+"="+folder)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := map[int]string{}
	lines := 0
	for in := bufio.NewScanner(out); in.Scan(); lines++ {
		if strings.HasPrefix(in.Text(), "failed") {
			t.Error(in.Text())
		}
		var i int
		if fmt.Sscan(in.Text(), &i); lines > 0 {
			said[i] = in.Text()
		}
		if lines == after {
			c.Process.Kill() // and reads what it had still said
		}
	}
	c.Wait()
	compareSaid(t, folder, n, said)
	return lines
}

func compareSaid(t *testing.T, folder string, n int, said map[int]string) {
	t.Helper()
	w := childWorld(t, folder)
	s, err := openSQLite(w.c.Database, w.c.Gateway)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if a, err := s.audit(); err != nil || len(a.Wrong) > 0 {
		t.Fatalf("kill %d: %v: %v", n, a.Wrong, err)
	}
	x, _ := s.begin()
	defer x.rollback()
	for i, line := range said {
		var seq uint64
		var hash []byte
		fmt.Sscanf(line, "%d %d %x", &i, &seq, &hash)
		rows, err := x.rows([]account.Address{w.client(i).name.Address()})
		if err != nil || len(rows) != 1 || rows[0].seq < seq || rows[0].seq > seq+1 {
			t.Fatalf("kill %d: account %d, seq %d: lost: %v", n, i, seq, err)
		}
		if now := pay.HashOf(rows[0].receipt); rows[0].seq == seq && !bytes.Equal(now[:], hash) {
			t.Errorf("kill %d: account %d has another receipt", n, i)
		}
	}
}
