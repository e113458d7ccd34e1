package gateway

import (
	"database/sql"
	"errors"
	"strings"

	"hopwire/pay"
	"hopwire/pay/account"
)

// statements are prepared once: to parse SQL would cost more than to run it.
type statements struct {
	rows                                                    [len(some)]*sql.Stmt
	point, credited                                         *sql.Stmt
	row, credit, ack, book, newBook, deposit, withdrawal    *sql.Stmt
	posting                                                 [len(some)]*sql.Stmt
	state, terms, epoch, record, forget, begin, commit, all *sql.Stmt
	open                                                    []*sql.Stmt
}

// some are how many rows one statement reads or writes: a list is cut into such.
var some = [...]int{1, 8, 32}

const columns = "name, key, asset, closed, seq, balance, held, in_count, in_sum, in_head, ack_count, ack_sum, ack_head, call, receipt"

func (s *statements) prepare(c *sql.Conn) (err error) {
	one := func(query string) *sql.Stmt {
		if err != nil {
			return nil
		}
		var p *sql.Stmt
		if p, err = c.PrepareContext(background, query); err == nil {
			s.open = append(s.open, p)
		}
		return p
	}
	for i, n := range some {
		s.rows[i] = one("SELECT " + columns + " FROM accounts WHERE address IN (" + times("?", n) + ") ORDER BY address")
		s.posting[i] = one("INSERT INTO postings (entry, asset, book, address, amount) VALUES " + times("(?, ?, ?, ?, ?)", n))
	}
	s.point = one("SELECT sum, head FROM inbox WHERE address = ? AND count = ?")
	s.credited = one("SELECT count(*) FROM deposits WHERE asset = ? AND output = ?")
	s.row = one("INSERT INTO accounts (address, " + columns + ") VALUES (" + times("?", 16) + ") ON CONFLICT (address) DO UPDATE SET " + updated())
	s.credit = one("INSERT INTO inbox (address, count, sum, head, amount, source) VALUES (" + times("?", 6) + ")")
	s.ack = one("DELETE FROM inbox WHERE address = ? AND count <= ?")
	s.book, s.newBook = one("UPDATE books SET amount = amount + ? WHERE asset = ? AND book = ?"), one("INSERT INTO books (amount, asset, book) VALUES (?, ?, ?)")
	s.deposit = one("INSERT INTO deposits (asset, output, address, amount) VALUES (" + times("?", 4) + ")")
	s.withdrawal = one("INSERT INTO withdrawals (id, address, asset, amount, destination, pay_by, phase, raw) VALUES (" + times("?", 8) +
		") ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, raw = excluded.raw")
	s.state = one("UPDATE state SET number = ?, time = max(time, ?) WHERE number = ?")
	s.terms = one("INSERT INTO terms VALUES (?, ?)")
	s.epoch = one("INSERT INTO epochs VALUES (?, ?)")
	s.record = one("INSERT INTO batches VALUES (?, ?)")
	s.forget = one("DELETE FROM batches WHERE number <= ?")
	s.begin, s.commit, s.all = one("BEGIN IMMEDIATE"), one("COMMIT"), one("ROLLBACK")
	return err
}

func (s *statements) close() {
	for _, p := range s.open {
		p.Close()
	}
}

func times(what string, n int) string {
	return strings.TrimSuffix(strings.Repeat(what+", ", n), ", ")
}

// updated sets all columns but what never changes.
func updated() string {
	var set []string
	for _, c := range strings.Split(columns, ", ")[3:] {
		set = append(set, c+" = excluded."+c)
	}
	return strings.Join(set, ", ")
}

// A sqliteTx is the transaction of the writer.
type sqliteTx struct {
	s     *statements
	store *sqlite
	args  []any // used again and again
}

func (s *sqlite) begin() (tx, error) {
	_, err := s.stmts.begin.Exec()
	return &sqliteTx{s: &s.stmts, store: s}, err
}

func (t *sqliteTx) rollback() { t.s.all.Exec() } // an error: it has ended already

// maxCached bounds the cache: some 20 MB. To read an account costs as much as to write it.
const maxCached = 16384

// remember keeps rows that are committed. Nobody changes a row that he was given, so they
// may be given again.
func (s *sqlite) remember(rows []*row) {
	if s.cache == nil || len(s.cache)+len(rows) > maxCached {
		s.cache = make(map[account.Address]*row, len(rows))
	}
	for _, r := range rows {
		s.cache[r.name.Address()] = r
	}
}

func (t *sqliteTx) rows(addresses []account.Address) (all []*row, err error) {
	var missing []account.Address
	for _, a := range addresses {
		if r := t.store.cache[a]; r != nil {
			all = append(all, r)
		} else {
			missing = append(missing, a)
		}
	}
	found, err := t.read(missing)
	return append(all, found...), err
}

// read reads accounts from the file.
func (t *sqliteTx) read(addresses []account.Address) (all []*row, err error) {
	for len(addresses) > 0 {
		i, n := part(len(addresses))
		t.args = t.args[:0]
		for _, a := range addresses[:n] {
			t.args = append(t.args, addressNumber(a))
		}
		addresses = addresses[n:]
		found, err := t.s.rows[i].Query(t.args...)
		if err != nil {
			return nil, err
		}
		for found.Next() {
			r, err := scan(found)
			if err != nil {
				return nil, errors.Join(err, found.Close())
			}
			all = append(all, r)
		}
		if err := found.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// part is the largest of some that fits n.
func part(n int) (i, size int) {
	for i = len(some) - 1; some[i] > n; i-- {
	}
	return i, some[i]
}

func scan(found *sql.Rows) (*row, error) {
	var r row
	var name, key, in, ack sql.RawBytes
	var closed int
	err := found.Scan(&name, &key, &r.asset, &closed, &r.seq, &r.balance, &r.held, &r.inbox.Count, &r.inbox.Sum, &in,
		&r.acked.Count, &r.acked.Sum, &ack, &r.call, &r.receipt)
	r.closed = closed != 0
	copy(r.name[:], name)
	copy(r.key[:], key)
	copy(r.inbox.Head[:], in)
	copy(r.acked.Head[:], ack)
	return &r, err
}

func (t *sqliteTx) point(a account.Address, count uint64) (p pay.Inbox, ok bool, err error) {
	var head []byte
	p.Count = count
	err = t.s.point.QueryRow(addressNumber(a), int64(count)).Scan(&p.Sum, &head)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	copy(p.Head[:], head)
	return p, err == nil, err
}

func (t *sqliteTx) credited(asset uint32, output [32]byte) (bool, error) {
	var n int
	err := t.s.credited.QueryRow(int64(asset), output[:]).Scan(&n)
	return n > 0, err
}

// commit writes everything. On an error nothing is known any more of what is in the file.
func (t *sqliteTx) commit(b *batch, record []byte, journaled uint64) error {
	err := t.write(b, record, journaled)
	if err != nil {
		t.store.cache = nil
		return err
	}
	t.store.remember(b.rows)
	return nil
}

// write writes everything. The number of the state must be the one before: so no batch
// is written twice, whoever restores.
func (t *sqliteTx) write(b *batch, record []byte, journaled uint64) error {
	r, err := t.s.state.Exec(int64(b.number), b.time, int64(b.number-1))
	if err != nil {
		return err
	}
	if n, _ := r.RowsAffected(); n != 1 {
		return ErrDatabase
	}
	for _, write := range []func(*batch) error{t.putRows, t.putInbox, t.putPostings, t.putBooks, t.putChain, t.putStatements} {
		if err := write(b); err != nil {
			return err
		}
	}
	if record != nil {
		_, err = t.s.record.Exec(int64(b.number), record)
	}
	if err == nil && journaled > 0 {
		_, err = t.s.forget.Exec(int64(journaled))
	}
	if err == nil {
		_, err = t.s.commit.Exec()
	}
	return err
}

func (t *sqliteTx) putRows(b *batch) error {
	for _, r := range b.rows {
		closed := int64(0)
		if r.closed {
			closed = 1
		}
		if _, err := t.s.row.Exec(addressNumber(r.name.Address()), r.name[:], r.key[:], int64(r.asset), closed, int64(r.seq), int64(r.balance), int64(r.held),
			int64(r.inbox.Count), int64(r.inbox.Sum), r.inbox.Head[:], int64(r.acked.Count), int64(r.acked.Sum), r.acked.Head[:], some0(r.call), some0(r.receipt)); err != nil {
			return err
		}
	}
	return nil
}

// some0 is a blob that is not NULL when it is empty.
func some0(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (t *sqliteTx) putInbox(b *batch) error {
	for _, c := range b.credits {
		if _, err := t.s.credit.Exec(addressNumber(c.to), int64(c.after.Count), int64(c.after.Sum), c.after.Head[:], int64(c.amount), c.source[:]); err != nil {
			return err
		}
	}
	for _, a := range b.acks {
		if _, err := t.s.ack.Exec(addressNumber(a.of), int64(a.count)); err != nil {
			return err
		}
	}
	return nil
}

func (t *sqliteTx) putPostings(b *batch) error {
	for all := b.postings; len(all) > 0; {
		i, n := part(len(all))
		t.args = t.args[:0]
		for _, p := range all[:n] {
			t.args = append(t.args, int64(p.entry), int64(p.asset), int64(p.book), addressNumber(p.holder), int64(p.amount))
		}
		if _, err := t.s.posting[i].Exec(t.args...); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// putBooks adds what the batch moves into the gateway's own books.
func (t *sqliteTx) putBooks(b *batch) error {
	type key struct {
		asset uint32
		book  book
	}
	var order []key
	sums := map[key]pay.Amount{}
	for _, p := range b.postings {
		k := key{p.asset, p.book}
		if p.book <= bookHeld {
			continue
		}
		if _, seen := sums[k]; !seen {
			order = append(order, k)
		}
		sums[k] += p.amount
	}
	for _, k := range order {
		if err := t.putBook(k.asset, k.book, sums[k]); err != nil {
			return err
		}
	}
	return nil
}

// putBook is no upsert: its check would look at what is added as if it were the book.
func (t *sqliteTx) putBook(asset uint32, b book, amount pay.Amount) error {
	r, err := t.s.book.Exec(int64(amount), int64(asset), int64(b))
	if err != nil {
		return err
	}
	if n, _ := r.RowsAffected(); n == 0 {
		_, err = t.s.newBook.Exec(int64(amount), int64(asset), int64(b))
	}
	return err
}

func (t *sqliteTx) putChain(b *batch) error {
	for _, d := range b.deposits {
		if _, err := t.s.deposit.Exec(int64(d.asset), d.output[:], addressNumber(d.to), int64(d.amount)); err != nil {
			return err
		}
	}
	for _, w := range b.withdrawals {
		if _, err := t.s.withdrawal.Exec(w.ID[:], addressNumber(w.Of), int64(w.Asset), int64(w.Amount), w.To[:], w.PayBy, int64(w.Phase), some0(w.Raw)); err != nil {
			return err
		}
	}
	return nil
}

func (t *sqliteTx) putStatements(b *batch) error {
	for _, raw := range b.terms {
		v, err := termsOf(raw)
		if err == nil {
			_, err = t.s.terms.Exec(v.From, raw)
		}
		if err != nil {
			return err
		}
	}
	for _, raw := range b.epochs {
		e, err := pay.ParseCertificate(raw, b.gateway)
		if err == nil {
			_, err = t.s.epoch.Exec(int64(e.Number), raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
