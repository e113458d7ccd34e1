//go:build (amd64 || arm64) && !race

package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// content is all that a database has, but for what is pending for the journal.
func content(t testing.TB, path string, gateway identity.Key) string {
	t.Helper()
	s, err := openSQLite(path, gateway)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var text strings.Builder
	for _, table := range []string{"state", "accounts", "inbox", "postings", "books", "deposits", "withdrawals", "terms", "epochs"} {
		rows, err := s.writer.QueryContext(background, "SELECT * FROM "+table+" ORDER BY 1, 2")
		if err != nil {
			t.Fatal(err)
		}
		names, _ := rows.Columns()
		for rows.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(any)
			}
			rows.Scan(values...)
			text.WriteString(table)
			for _, v := range values {
				fmt.Fprintf(&text, " %x", *v.(*any))
			}
			text.WriteString("\n")
		}
		rows.Close()
	}
	return text.String()
}

// busy does a little of everything.
func (w *world) busy(n int) {
	w.Helper()
	a, b := w.client(100+n).fund(5*pay.Coin), w.client(200+n)
	a.must(pay.OpTransfer, a.transfer(b, pay.Coin))
	b.must(pay.OpBalance, nil)
	b.must(pay.OpTransfer, b.transfer(a, pay.Coin/2))
	a.must(pay.OpWithdraw, body.Withdraw{Amount: pay.Coin, To: body.CoinAddress{1}}.Append(nil))
	w.g.Settle()
	if s := a.do(a.next(pay.OpClose, nil)); s != pay.Conflict {
		w.Errorf("status %d", s)
	}
}

// TestRestore: a copy and the journal make the database that was lost, from any copy.
func TestRestore(t *testing.T) {
	w := newWorld(t)
	w.journal()
	w.open()
	dir := t.TempDir()
	for i := range 3 {
		if _, err := w.g.Copy(filepath.Join(dir, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		w.busy(i)
	}
	w.g.Close()
	want := content(t, w.c.Database, w.c.Gateway)
	journal, _ := os.ReadFile(w.c.Database + ".journal")
	for i := range 3 {
		copy := filepath.Join(dir, fmt.Sprint(i))
		for range 2 { // the second finds nothing to do
			if n, err := Restore(copy, w.c.Gateway, bytes.NewReader(journal), testPrivate()); err != nil || n != w.g.state.number {
				t.Fatalf("copy %d: batch %d, want %d: %v", i, n, w.g.state.number, err)
			}
		}
		if content(t, copy, w.c.Gateway) != want {
			t.Errorf("copy %d: another database", i)
		}
		if a, err := Inspect(copy, w.c.Gateway); err != nil || len(a.Wrong) > 0 {
			t.Errorf("%v: %v", a.Wrong, err)
		}
	}
	if _, err := Restore(filepath.Join(dir, "0"), someone(5).Key(), bytes.NewReader(journal), testPrivate()); !errors.Is(err, ErrDatabase) {
		t.Errorf("another gateway's: %v", err)
	}
}

// TestRestoreStops: at a gap, at an entry that does not open, and at nothing else.
func TestRestoreStops(t *testing.T) {
	w := newWorld(t)
	w.journal()
	w.open()
	dir := t.TempDir()
	w.g.Copy(filepath.Join(dir, "copy"))
	w.busy(0)
	w.g.Close()
	copy, _ := os.ReadFile(filepath.Join(dir, "copy"))
	journal, _ := os.ReadFile(w.c.Database + ".journal")
	ends := []int64{int64(len(journalMagic))}
	for r := bytes.NewReader(journal[len(journalMagic):]); ; {
		_, _, n, err := readEntry(r)
		if err != nil {
			break
		}
		ends = append(ends, ends[len(ends)-1]+n)
	}
	if len(ends) < 8 {
		t.Fatalf("%d entries", len(ends))
	}
	restore := func(journal []byte, key *[32]byte) (uint64, error) {
		path := filepath.Join(dir, "again")
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			os.Remove(name)
		}
		os.WriteFile(path, copy, 0o600)
		return Restore(path, w.c.Gateway, bytes.NewReader(journal), key)
	}
	gap := slices.Concat(journal[:ends[3]], journal[ends[4]:])
	if n, err := restore(gap, testPrivate()); !errors.Is(err, ErrJournal) || n != 3 {
		t.Errorf("a gap: batch %d: %v", n, err)
	}
	late := slices.Concat(journal[:ends[0]], journal[ends[4]:])
	if n, err := restore(late, testPrivate()); !errors.Is(err, ErrGap) || n != 1 {
		t.Errorf("a journal that begins later: batch %d: %v", n, err)
	}
	if _, err := restore(journal, &[32]byte{9}); err == nil {
		t.Error("another key opens it")
	}
	damaged := bytes.Clone(journal)
	damaged[ends[3]+20]++
	if n, err := restore(damaged, testPrivate()); !errors.Is(err, errDamaged) || n != 3 {
		t.Errorf("damaged: batch %d: %v", n, err)
	}
	for _, cut := range []int64{ends[4] - 1, ends[3] + 1, ends[3]} {
		if n, err := restore(journal[:cut], testPrivate()); err != nil || n != 3 {
			t.Errorf("cut at %d: batch %d: %v", cut, n, err)
		}
	}
}

// TestJournalFails: without the journal nothing is answered, the process goes on, and what
// was done meanwhile is found again, in the journal too.
func TestJournalFails(t *testing.T) {
	w := newWorld(t)
	j := w.journal()
	w.open()
	a, b := w.client(1).fund(5*pay.Coin), w.client(2)
	j.fail = true
	call := a.raw(a.next(pay.OpTransfer, a.transfer(b, pay.Coin)))
	for range 3 { // done by the first, and never told
		if o, items := w.ask(call); o != request.Halted || len(items) > 0 {
			t.Errorf("outcome %d", o)
		}
	}
	if o, _ := w.ask(request.NewestRequest(w.c.Gateway, a.id, start0+1000)); o != request.Halted || !errors.Is(w.g.Health().Trouble, errFlaky) {
		t.Errorf("outcome %d, trouble %v", o, w.g.Health().Trouble)
	}
	w.g.Close()
	if _, err := Open(w.c); !errors.Is(err, errFlaky) {
		t.Errorf("opened: %v", err)
	}
	j.fail = false
	g, err := Open(w.c)
	if err != nil {
		t.Fatal(err)
	}
	w.g = g
	defer g.Close()
	o, items := w.ask(call)
	if s := a.take(call, o, items); s != pay.OK || a.r.Balance != 4*pay.Coin-10 {
		t.Errorf("status %d, %+v", s, a.r)
	}
	if j.Last() != w.g.state.number || w.g.Health().Trouble != nil {
		t.Errorf("journal at %d, database at %d", j.Last(), w.g.state.number)
	}
}

// TestJournalFile: a cut anywhere in the last entry removes that entry; what is before it
// is never touched; damage before it is not taken for a cut.
func TestJournalFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(3) {
		if err := j.Append(7+n, bytes.Repeat([]byte{byte(n)}, 20)); err != nil {
			t.Fatal(err)
		}
	}
	if j.Append(9, nil) == nil || j.Append(11, nil) == nil {
		t.Error("numbers may repeat, or leave one out")
	}
	j.Close()
	whole, _ := os.ReadFile(path)
	last := len(whole) - (offEntrySealed + 20 + entrySum)
	for cut := 0; cut <= len(whole); cut++ {
		os.WriteFile(path, whole[:cut], 0o600)
		want := map[bool]uint64{true: 9, false: 8}[cut == len(whole)]
		if cut < last {
			continue // entries before were synced
		}
		j, err := OpenJournal(path)
		if err != nil || j.Last() != want {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if cut < len(whole) {
			if err := j.Append(9, []byte("again")); err != nil {
				t.Error(err)
			}
			j.Close()
			if j, err = OpenJournal(path); err != nil || j.Last() != 9 {
				t.Errorf("after a cut at %d: %v", cut, err)
			}
		}
		j.Close()
	}
	for i := range last {
		bad := bytes.Clone(whole)
		bad[i] ^= 1
		os.WriteFile(path, bad, 0o600)
		if j, err := OpenJournal(path); err == nil {
			j.Close()
			t.Errorf("byte %d is damaged, and nobody says so", i)
		}
		if after, _ := os.ReadFile(path); len(after) < len(whole) {
			t.Errorf("byte %d is damaged, and %d bytes are removed", i, len(whole)-len(after))
		}
	}
}

// FuzzJournal: no bytes do harm, and what is read is in them.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(journalMagic))
	f.Add(slices.Concat([]byte(journalMagic), make([]byte, 40)))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, _ := readJournal(bytes.NewReader(b), func(uint64, []byte) error { return nil })
		if n > int64(len(b)) {
			t.Fatal("more than there is")
		}
	})
}

// FuzzRecord: a record has one form.
func FuzzRecord(f *testing.F) {
	f.Add((&batch{number: 3, rows: []*row{{seq: 5}}, acks: []ack{{count: 1}}, terms: [][]byte{{1}}}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := parseBatch(b); err == nil && !bytes.Equal(v.append(nil), b) {
			t.Fatal("another form of a record")
		}
	})
}
