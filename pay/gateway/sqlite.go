package gateway

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"hopwire/link/identity"
	"hopwire/pay/account"
)

// A sqlite is a store in one file (WAL). writer is the only connection that writes.
type sqlite struct {
	path   string
	lock   *os.File
	db     *sql.DB // one connection, of which writer is
	writer *sql.Conn
	reader *sql.DB // snapshots for audits
	stmts  statements
	cache  map[account.Address]*row // as they are in the file, some of them; the writer's
}

// Errors of opening.
var (
	ErrLocked   = errors.New("gateway: another process has the database")
	ErrLossy    = errors.New("gateway: the database would lose what it says is written")
	ErrDatabase = errors.New("gateway: not a database of this gateway")
)

var background = context.Background()

// openSQLite opens a file, or makes it. Nothing can be said of how it writes: what
// would lose data is refused.
func openSQLite(path string, gateway identity.Key) (*sqlite, error) {
	name, options, _ := strings.Cut(path, "?")
	lock, err := lockFile(name + ".lock")
	if err != nil {
		return nil, err
	}
	s := &sqlite{path: name, lock: lock}
	if err := s.connect(name, options); err == nil {
		err = s.prepare(gateway)
		if err == nil {
			return s, nil
		}
		s.close()
		return nil, err
	} else {
		s.close()
		return nil, err
	}
}

// lockFile takes a lock that ends with the process. It is on a file beside the database:
// to open the database once more would drop SQLite's own locks.
func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s", ErrLocked, strings.TrimSuffix(name, ".lock"))
	}
	return f, nil
}

// connect opens the connections. An operator's options come after ours.
func (s *sqlite) connect(name, options string) (err error) {
	if f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	} else if err := f.Close(); err != nil {
		return err
	}
	ours := url.Values{"_pragma": {"busy_timeout(5000)", "page_size(2048)", "journal_mode(wal)", "synchronous(full)", "cache_size(-65536)", "wal_autocheckpoint(8000)", "temp_store(memory)"}}.Encode()
	if s.db, err = sql.Open("sqlite", "file:"+escape(name)+"?"+ours+"&"+options); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1)
	if s.writer, err = s.db.Conn(background); err != nil {
		return err
	}
	if s.reader, err = sql.Open("sqlite", "file:"+escape(name)+"?mode=ro&_pragma=busy_timeout(5000)"); err != nil {
		return err
	}
	return s.durable()
}

func escape(name string) string { return (&url.URL{Path: name}).EscapedPath() }

// durable reads back how the writer writes.
func (s *sqlite) durable() error {
	var mode string
	var sync int
	if err := s.writer.QueryRowContext(background, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if err := s.writer.QueryRowContext(background, "PRAGMA synchronous").Scan(&sync); err != nil {
		return err
	}
	if mode != "wal" || sync < 2 {
		return fmt.Errorf("%w: journal_mode %s, synchronous %d; want wal, and 2 (full)", ErrLossy, mode, sync)
	}
	return nil
}

// prepare makes the tables of a new file, and looks whose an old one is.
func (s *sqlite) prepare(gateway identity.Key) error {
	var tables, form int
	if err := s.writer.QueryRowContext(background, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if tables == 0 {
		if err := s.create(gateway); err != nil {
			return err
		}
	}
	var of []byte
	err := s.writer.QueryRowContext(background, "SELECT form, gateway FROM state").Scan(&form, &of)
	if err != nil || form != schemaForm || string(of) != string(gateway[:]) {
		return fmt.Errorf("%w: %s: form %d, gateway %x: %v", ErrDatabase, s.path, form, of, err)
	}
	return s.stmts.prepare(s.writer)
}

func (s *sqlite) create(gateway identity.Key) error {
	if _, err := s.writer.ExecContext(background, "BEGIN IMMEDIATE;"+schema); err != nil {
		return err
	}
	if _, err := s.writer.ExecContext(background, "INSERT INTO state VALUES (1, ?, ?, 0, 0)", schemaForm, gateway[:]); err != nil {
		return err
	}
	_, err := s.writer.ExecContext(background, "COMMIT")
	if err == nil {
		err = syncFolder(s.path)
	}
	return err
}

// syncFolder makes the name of a new file durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (s *sqlite) state() (v state, err error) {
	var of []byte
	err = s.writer.QueryRowContext(background, "SELECT gateway, number, time FROM state").Scan(&of, &v.number, &v.time)
	copy(v.gateway[:], of)
	return v, err
}

func (s *sqlite) pending(after uint64) (all []pending, err error) {
	err = s.each("SELECT number, record FROM batches WHERE number > ? ORDER BY number", func(r *sql.Rows) error {
		var p pending
		err := r.Scan(&p.number, &p.record)
		all = append(all, p)
		return err
	}, int64(after))
	return all, err
}

func (s *sqlite) statements() (terms, epochs [][]byte, err error) {
	one := func(to *[][]byte) func(*sql.Rows) error {
		return func(r *sql.Rows) error {
			var b []byte
			err := r.Scan(&b)
			*to = append(*to, b)
			return err
		}
	}
	if err = s.each("SELECT statement FROM terms ORDER BY since", one(&terms)); err == nil {
		err = s.each("SELECT certificate FROM epochs ORDER BY number", one(&epochs))
	}
	return terms, epochs, err
}

func (s *sqlite) open() (all []Withdrawal, err error) {
	err = s.each("SELECT id, address, asset, amount, destination, pay_by, phase, raw FROM withdrawals WHERE phase < 3 ORDER BY pay_by, id", func(r *sql.Rows) error {
		var w Withdrawal
		var id, to []byte
		var of int64
		err := r.Scan(&id, &of, &w.Asset, &w.Amount, &to, &w.PayBy, &w.Phase, &w.Raw)
		copy(w.ID[:], id)
		copy(w.To[:], to)
		w.Of = addressOf(of)
		all = append(all, w)
		return err
	})
	return all, err
}

// each calls do for every row of the writer's answer.
func (s *sqlite) each(query string, do func(*sql.Rows) error, args ...any) error {
	rows, err := s.writer.QueryContext(background, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// copy writes a whole database; path must not exist.
func (s *sqlite) copy(path string) error {
	if _, err := s.writer.ExecContext(background, "VACUUM INTO ?", path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := errors.Join(f.Chmod(0o600), f.Sync()); err != nil {
		return err
	}
	return syncFolder(path)
}

func (s *sqlite) close() error {
	var err error
	s.stmts.close()
	if s.writer != nil {
		err = s.writer.Close()
	}
	for _, db := range []*sql.DB{s.reader, s.db} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return errors.Join(err, s.lock.Close())
}
