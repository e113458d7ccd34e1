package gateway

import (
	"errors"
	"fmt"
	"slices"
)

// Settle brings every withdrawal one step further, and returns how many are under way. It
// may wait for nodes of chains; one call runs at a time. What a node may have seen is
// stored before, so a crash at any point repeats a step and pays nothing twice: the same
// bytes are injected again, and only inputs spent by another transaction let new ones be
// signed.
func (g *Gateway) Settle() (int, error) {
	var all []Withdrawal
	err := g.alone(func() (err error) {
		all, err = g.store.open()
		return err
	})
	if err != nil {
		return 0, err
	}
	var errs []error
	for i := range all {
		if err := g.settle(all, i); err != nil {
			errs = append(errs, fmt.Errorf("withdrawal %x: %w", all[i].ID[:4], err))
		}
	}
	return len(all), errors.Join(errs...)
}

// settle does one step of all[i], which is changed.
func (g *Gateway) settle(all []Withdrawal, i int) error {
	w := &all[i]
	c := g.c.Chains[w.Asset]
	if c == nil {
		return fmt.Errorf("no chain for asset %d", w.Asset)
	}
	if w.Phase == Requested {
		raw, err := c.Sign(*w, othersOf(all, i))
		if err != nil {
			return err
		}
		if err := g.advance(w, Signed, raw); err != nil {
			return err
		}
	}
	fate, err := c.Judge(w.Raw)
	switch {
	case err != nil:
		return err
	case fate == Won:
		return g.advance(w, Confirmed, w.Raw)
	case fate == Lost:
		return g.advance(w, Requested, nil)
	}
	if err := c.Inject(w.Raw); err != nil || w.Phase == Injected {
		return err
	}
	return g.advance(w, Injected, w.Raw)
}

// othersOf are the transactions of other withdrawals of the asset, under way.
func othersOf(all []Withdrawal, i int) (raws [][]byte) {
	for k := range all {
		if k != i && all[k].Asset == all[i].Asset && len(all[k].Raw) > 0 {
			raws = append(raws, all[k].Raw)
		}
	}
	return raws
}

// advance writes a withdrawal's next phase. What is confirmed leaves the books.
func (g *Gateway) advance(w *Withdrawal, p Phase, raw []byte) error {
	next := *w
	next.Phase, next.Raw = p, slices.Clone(raw)
	err := g.own(func(l *ledger) error {
		l.batch.withdrawals = append(l.batch.withdrawals, next)
		if p == Confirmed {
			entry := l.batch.number<<8 | l.entries
			l.entries++
			l.batch.postings = append(l.batch.postings,
				posting{entry: entry, asset: w.Asset, book: bookOut, amount: -w.Amount},
				posting{entry: entry, asset: w.Asset, book: bookChain, amount: w.Amount})
		}
		return nil
	}, nil)
	if err == nil {
		*w = next
	}
	return err
}
