package gateway

import (
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// A Chain is where the coins of an asset are. What answers calls does so from what is
// known, at once: it never waits for a node of the chain.
type Chain interface {
	// Height is how far the chain was looked at.
	Height() uint64
	// Address is where deposits for an account go; it is the account's alone, for ever.
	// False: there is none now.
	Address(a account.Account) (body.CoinAddress, bool)
	// Confirmed are deposits for an account that count, credited ones too, in an order
	// that only grows at its end. False: it is not known now.
	Confirmed(a account.Account) ([]body.Credit, bool)
	// Pays says whether coins can go to an address.
	Pays(to body.CoinAddress) bool
	// Sign makes the transaction of a withdrawal, of outputs that none of others spends.
	// Called by Settle, and may wait.
	Sign(w Withdrawal, others [][]byte) (raw []byte, err error)
	// Inject hands a transaction to a node; the same again does no harm.
	Inject(raw []byte) error
	// Judge says what became of a transaction, by its inputs alone.
	Judge(raw []byte) (Fate, error)
}

// A Fate is what became of a transaction.
type Fate byte

// Fates.
const (
	Waits Fate = iota
	Won        // it has spent its inputs, and that is confirmed
	Lost       // another transaction has spent one of them, and that is confirmed
)
