package gateway

import (
	"errors"
	"fmt"
	"io"
	"os"

	"hopwire/link/identity"
	"hopwire/pay/hpke"
)

// ErrGap is returned when the journal lacks what follows the copy.
var ErrGap = errors.New("gateway: the journal has a gap")

// Copy writes the whole database to a new file, as a start for Restore: with it, the
// journal is needed from the batch after number on.
func (g *Gateway) Copy(path string) (number uint64, err error) {
	err = g.alone(func() error {
		number = g.state.number
		return g.store.copy(path)
	})
	return number, err
}

// Restore brings a copy of a database up to the end of a journal, with the private key
// that its entries are sealed to, and returns the number of the newest batch. Entries that
// the copy has are passed over; at the first gap it stops with ErrGap, and the copy is as
// of the batch before it.
func Restore(copy string, gateway identity.Key, journal io.Reader, recovery *[32]byte) (number uint64, err error) {
	s, err := openThere(copy, gateway)
	if err != nil {
		return 0, err
	}
	defer s.close()
	v, err := s.state()
	number = v.number
	if err != nil {
		return number, err
	}
	_, err = readJournal(journal, func(n uint64, sealed []byte) error {
		switch {
		case n <= number:
			return nil
		case n > number+1:
			return fmt.Errorf("%w: batch %d follows %d", ErrGap, n, number)
		}
		record, err := hpke.Open(recovery, journalInfo, journalData(gateway, n), sealed)
		if err == nil {
			err = redo(s, gateway, n, record)
		}
		if err == nil {
			number = n
		}
		return err
	})
	return number, err
}

// openThere opens a database that is there.
func openThere(path string, gateway identity.Key) (*sqlite, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	return openSQLite(path, gateway)
}

// redo applies a batch of the journal.
func redo(s store, gateway identity.Key, number uint64, record []byte) error {
	b, err := parseBatch(record)
	if err != nil {
		return err
	}
	if b.gateway != gateway || b.number != number {
		return fmt.Errorf("%w: batch %d of another ledger", ErrJournal, b.number)
	}
	t, err := s.begin()
	if err != nil {
		return err
	}
	defer t.rollback()
	return t.commit(b, nil, 0)
}

// Inspect audits a database that no gateway has open.
func Inspect(path string, gateway identity.Key) (Audit, error) {
	s, err := openThere(path, gateway)
	if err != nil {
		return Audit{}, err
	}
	defer s.close()
	return s.audit()
}

// SetTime accepts a time of the system clock as not before the last signed one, when the
// clock was rightly behind or far ahead at a start: signed time goes on from at.
func SetTime(path string, gateway identity.Key, at int64) error {
	s, err := openThere(path, gateway)
	if err != nil {
		return err
	}
	defer s.close()
	v, err := s.state()
	if err != nil {
		return err
	}
	switch {
	case at >= v.time-timeAhead.Milliseconds() && at < v.time:
		return nil // it may start as it is
	case at < v.time:
		return fmt.Errorf("%w: signed time never falls", ErrTime)
	}
	t, err := s.begin()
	if err != nil {
		return err
	}
	defer t.rollback()
	b := &batch{gateway: gateway, number: v.number + 1, time: at}
	return t.commit(b, b.append(nil), 0)
}

// alone has the writer do something between two batches.
func (g *Gateway) alone(do func() error) error {
	return g.own(func(*ledger) error { return nil }, do)
}
