package gateway

import (
	"encoding/binary"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// A store keeps what a gateway must not lose. One process has it; one transaction runs at
// a time.
type store interface {
	// state is what the newest batch left.
	state() (state, error)
	// begin opens a transaction.
	begin() (tx, error)
	// pending are batches after a number that are kept for the journal, oldest first.
	pending(after uint64) ([]pending, error)
	// open are withdrawals that are neither confirmed nor given up.
	open() ([]Withdrawal, error)
	// statements are all terms by the time from which they hold, and all certificates.
	statements() (terms, epochs [][]byte, err error)
	// audit looks for what may not be, on a snapshot.
	audit() (Audit, error)
	// copy writes all of it to a new file.
	copy(path string) error
	close() error
}

// A tx is a transaction. It ends with commit or rollback; an error of either leaves the
// store as before, or as after.
type tx interface {
	// rows are the accounts of addresses, which rise; what is not there is left out. Rows
	// are not changed by who gets them.
	rows(addresses []account.Address) ([]*row, error)
	// point is where an inbox stood after a credit that is not acknowledged yet.
	point(a account.Address, count uint64) (pay.Inbox, bool, error)
	// credited says whether an output of a chain was credited already.
	credited(asset uint32, output [32]byte) (bool, error)
	// commit writes a batch; record is kept for the journal, unless it is nil, and batches
	// up to journaled are no longer. All is durable when it returns.
	commit(b *batch, record []byte, journaled uint64) error
	rollback()
}

// A state is of the whole store.
type state struct {
	gateway identity.Key // zero: a new store
	number  uint64       // of the newest batch; 0: none yet
	time    int64        // no time above it was signed
}

// A pending batch is committed, but not known to be in the journal.
type pending struct {
	number uint64
	record []byte
}

// A row is an account.
type row struct {
	name    account.Account
	key     identity.Key
	asset   uint32
	closed  bool   // for good: a tombstone, so that its address is never another's
	seq     uint64 // of the newest call; 0: none yet
	balance pay.Amount
	held    pay.Amount
	inbox   pay.Inbox
	acked   pay.Inbox // up to here credits are in the balance
	call    []byte    // newest, and its receipt
	receipt []byte
}

// waiting is what the inbox has that is not acknowledged.
func (r *row) waiting() pay.Amount { return r.inbox.Sum - r.acked.Sum }

// all is what is the account's.
func (r *row) all() (pay.Amount, bool) {
	sum, ok := r.balance.Add(r.held)
	if !ok {
		return 0, false
	}
	return sum.Add(r.waiting())
}

// A book is what a posting is to: an account has three, the gateway the others.
type book byte

const (
	bookBalance book = 1 + iota // of an account
	bookInbox                   // of an account
	bookHeld                    // of an account
	bookFees                    // taken by the gateway
	bookChain                   // less than nothing: what is on the chain for all of it
	bookOut                     // withdrawals that are not confirmed yet
)

// A posting moves an amount into a book, or out of it. Those of an entry sum to zero.
type posting struct {
	entry  uint64 // batch number << 8 | number of the call in it
	asset  uint32
	book   book
	holder account.Address // zero: the gateway
	amount pay.Amount
}

// A credit is a step of an inbox.
type credit struct {
	to     account.Address
	after  pay.Inbox
	amount pay.Amount
	source [32]byte
}

// A deposit is an output that was credited.
type deposit struct {
	asset  uint32
	output [32]byte
	to     account.Address
	amount pay.Amount
}

// A Phase is how far a withdrawal has come.
type Phase byte

// Phases. A conflicted one, whose inputs another transaction has spent, is requested again.
const (
	Requested Phase = iota // and nothing signed
	Signed                 // its bytes are stored, and may have been seen by a node
	Injected               // a node has taken them
	Confirmed              // its inputs are spent by it, on the chain
)

// A Withdrawal is coins on their way to the chain.
type Withdrawal struct {
	ID     [32]byte // hash of the call
	Of     account.Address
	Asset  uint32
	Amount pay.Amount
	To     body.CoinAddress
	PayBy  int64 // gateway time
	Phase  Phase
	Raw    []byte // the chain's transaction, from Signed on
}

// A batch is all that a transaction writes: applied to the store as it was before, it
// makes the store as it is after. The journal consists of batches.
type batch struct {
	gateway     identity.Key
	number      uint64
	time        int64
	rows        []*row // as they are now
	credits     []credit
	acks        []ack
	postings    []posting
	deposits    []deposit
	withdrawals []Withdrawal // new, or as they are now
	terms       [][]byte     // statements
	epochs      [][]byte     // certificates
}

// An ack is how far an inbox was acknowledged.
type ack struct {
	of    account.Address
	count uint64
}

// empty says whether there is nothing that must be written.
func (b *batch) empty() bool {
	return len(b.rows)+len(b.postings)+len(b.withdrawals)+len(b.terms)+len(b.epochs) == 0
}

// addressNumber is an address as the store's key.
func addressNumber(a account.Address) int64 { return int64(binary.BigEndian.Uint64(a[:])) }

func addressOf(n int64) (a account.Address) {
	binary.BigEndian.PutUint64(a[:], uint64(n))
	return a
}
