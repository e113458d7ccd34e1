package gateway

import (
	"errors"
	"slices"
	"sync"

	"hopwire/pay"
	"hopwire/pay/account"
)

// A memory is a store that is lost with the process: what the interface needs and no more,
// and where there is no SQLite, for the race detector above all.
type memory struct {
	mu       sync.Mutex // an audit runs beside the writer
	s        state
	accounts map[account.Address]row
	points   map[ack]pay.Inbox
	outputs  map[[32]byte]bool
	books    map[uint32]map[book]pay.Amount
	out      map[[32]byte]Withdrawal
	records  []pending
	terms    [][]byte
	epochs   [][]byte
}

func newMemory() *memory {
	return &memory{accounts: map[account.Address]row{}, points: map[ack]pay.Inbox{}, outputs: map[[32]byte]bool{},
		books: map[uint32]map[book]pay.Amount{}, out: map[[32]byte]Withdrawal{}}
}

func (m *memory) state() (state, error)                { return m.s, nil }
func (m *memory) begin() (tx, error)                   { return m, nil }
func (m *memory) rollback()                            {}
func (m *memory) close() error                         { return nil }
func (m *memory) copy(string) error                    { return errors.ErrUnsupported }
func (m *memory) statements() (t, e [][]byte, _ error) { return m.terms, m.epochs, nil }

func (m *memory) pending(after uint64) (all []pending, _ error) {
	for _, p := range m.records {
		if p.number > after {
			all = append(all, p)
		}
	}
	return all, nil
}

func (m *memory) open() (all []Withdrawal, _ error) {
	for _, w := range m.out {
		if w.Phase < Confirmed {
			all = append(all, w)
		}
	}
	return all, nil
}

func (m *memory) rows(addresses []account.Address) (all []*row, _ error) {
	for _, a := range addresses {
		if r, ok := m.accounts[a]; ok {
			all = append(all, &r)
		}
	}
	return all, nil
}

func (m *memory) point(a account.Address, count uint64) (pay.Inbox, bool, error) {
	p, ok := m.points[ack{a, count}]
	return p, ok, nil
}

func (m *memory) credited(_ uint32, output [32]byte) (bool, error) { return m.outputs[output], nil }

func (m *memory) commit(b *batch, record []byte, journaled uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.number != m.s.number+1 {
		return ErrDatabase
	}
	m.s = state{b.gateway, b.number, max(m.s.time, b.time)}
	for _, r := range b.rows {
		m.accounts[r.name.Address()] = *r
	}
	for _, c := range b.credits {
		m.points[ack{c.to, c.after.Count}] = c.after
	}
	for _, p := range b.postings {
		if m.books[p.asset] == nil {
			m.books[p.asset] = map[book]pay.Amount{}
		}
		m.books[p.asset][p.book] += p.amount
	}
	for _, d := range b.deposits {
		m.outputs[d.output] = true
	}
	for _, w := range b.withdrawals {
		m.out[w.ID] = w
	}
	m.terms, m.epochs = append(m.terms, b.terms...), append(m.epochs, b.epochs...)
	m.records = slices.DeleteFunc(m.records, func(p pending) bool { return p.number <= journaled })
	if record != nil {
		m.records = append(m.records, pending{b.number, record})
	}
	return nil
}

// audit has the totals, by books.
func (m *memory) audit() (a Audit, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a.Number, a.Accounts = m.s.number, len(m.accounts)
	for asset, b := range m.books {
		a.Assets = append(a.Assets, Total{asset, int64(b[bookBalance]), int64(b[bookInbox]), int64(b[bookHeld]), int64(b[bookFees]), int64(b[bookOut]), int64(-b[bookChain])})
		if sum := b[bookBalance] + b[bookInbox] + b[bookHeld] + b[bookFees] + b[bookOut] + b[bookChain]; sum != 0 {
			a.Wrong = append(a.Wrong, "an asset does not sum to zero")
		}
	}
	return a, nil
}
