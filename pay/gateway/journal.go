package gateway

import (
	"encoding/binary"
	"errors"
	"fmt"

	"hopwire/link/identity"
	"hopwire/pay/hpke"
)

// A Journal is a second place where every batch is, in order, before its answers leave.
// The gateway cannot read it. A FileJournal is one.
type Journal interface {
	// Last is the number of the newest entry; 0: it is new.
	Last() uint64
	// Append adds an entry; all is durable when it returns. Number is one above the last,
	// or anything in a new one.
	Append(number uint64, sealed []byte) error
}

// ErrJournal is returned for a journal that lacks batches, or has ones of another ledger.
var ErrJournal = errors.New("gateway: the journal does not fit the database")

var journalInfo = []byte("hopwire journal 1")

// journalData binds an entry to its gateway and number.
func journalData(gateway identity.Key, number uint64) []byte {
	return binary.LittleEndian.AppendUint64(gateway[:], number)
}

// openJournal brings a journal up to the database.
func (g *Gateway) openJournal() error {
	j := g.c.Journal
	if j == nil {
		return nil
	}
	if g.journaled = j.Last(); g.journaled > g.state.number {
		return fmt.Errorf("%w: it has batch %d, the database ends at %d", ErrJournal, g.journaled, g.state.number)
	}
	if g.journaled == 0 {
		g.journaled = g.state.number // a new one begins with a copy of the database
		return nil
	}
	return g.catchUp()
}

// catchUp appends what is committed and not in the journal.
func (g *Gateway) catchUp() error {
	if g.c.Journal == nil || g.journaled == g.state.number {
		return nil
	}
	all, err := g.store.pending(g.journaled)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.number != g.journaled+1 {
			break
		}
		if err := g.enter(p.number, p.record); err != nil {
			return err
		}
	}
	if g.journaled != g.state.number {
		return fmt.Errorf("%w: batch %d is nowhere; copy the database, and begin a new journal", ErrJournal, g.journaled+1)
	}
	return nil
}

// enter seals a batch and appends it.
func (g *Gateway) enter(number uint64, record []byte) error {
	if g.c.Journal == nil {
		return nil
	}
	sealed, err := hpke.Seal(g.c.Rand, &g.c.Recovery, journalInfo, journalData(g.c.Gateway, number), record)
	if err != nil {
		return err
	}
	if err := g.c.Journal.Append(number, sealed); err != nil {
		return fmt.Errorf("gateway: journal: %w", err)
	}
	g.journaled = number
	return nil
}
