// Package body has what calls and receipts of each operation say beyond what all have
// (wire.md), and terms.
//
//	c := pay.Call{Op: pay.OpTransfer, Body: body.Transfer{Payee: p, Amount: a}.Append(nil)}
//	t, ok := body.ParseTransfer(c.Body)
//
// A body is checked as it is read: there is one form of each. Everything here is pure.
package body

import (
	"encoding/binary"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
)

// A Transfer moves an amount to somebody.
type Transfer struct {
	Gateway identity.Key // of the payee; zero: this one
	Payee   account.Payee
	Amount  pay.Amount
	Note    [32]byte // for the two ends; the gateway keeps it and does not read it
}

const (
	offTransferGateway = 0
	offTransferAddress = offTransferGateway + 32
	offTransferKey     = offTransferAddress + 8
	offTransferAmount  = offTransferKey + 32
	offTransferNote    = offTransferAmount + 8
	transferSize       = offTransferNote + 32
)

// Append appends the wire form.
func (t Transfer) Append(b []byte) []byte {
	b = append(b, t.Gateway[:]...)
	b = append(b, t.Payee.Address[:]...)
	b = append(b, t.Payee.Key[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(t.Amount))
	return append(b, t.Note[:]...)
}

// ParseTransfer reads one. A key that does not belong to the address is refused; gateway
// is the one at which the payee is, when the body names none.
func ParseTransfer(b []byte, gateway identity.Key) (t Transfer, ok bool) {
	if len(b) != transferSize {
		return t, false
	}
	t.Gateway = identity.Key(b)
	t.Payee.Address = account.Address(b[offTransferAddress:])
	t.Payee.Key = identity.Key(b[offTransferKey:])
	t.Amount, ok = amount(b[offTransferAmount:])
	t.Note = [32]byte(b[offTransferNote:])
	if t.Gateway != (identity.Key{}) {
		gateway = t.Gateway
	}
	return t, ok && (t.Payee.Key == (identity.Key{}) || account.Of(gateway, t.Payee.Key).Address() == t.Payee.Address)
}

// Transferred is what the receipt of a transfer says.
type Transferred struct {
	Fee   pay.Amount
	Payee account.Account
	Head  [32]byte // of the payee's inbox, with the credit
}

const (
	offTransferredFee   = 0
	offTransferredPayee = offTransferredFee + 8
	offTransferredHead  = offTransferredPayee + 32
	transferredSize     = offTransferredHead + 32
)

// Append appends the wire form.
func (t Transferred) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(t.Fee))
	b = append(b, t.Payee[:]...)
	return append(b, t.Head[:]...)
}

// ParseTransferred reads one.
func ParseTransferred(b []byte) (t Transferred, ok bool) {
	if len(b) != transferredSize {
		return t, false
	}
	t.Fee, ok = amount(b)
	t.Payee, t.Head = account.Account(b[offTransferredPayee:]), [32]byte(b[offTransferredHead:])
	return t, ok
}

// CoinAddress is an address of the chain, in binary: for Skycoin key hash 20 ‖ version 1 ‖
// checksum 4.
type CoinAddress [25]byte

// A Withdraw moves whole coins to an address of the chain.
type Withdraw struct {
	Amount pay.Amount
	To     CoinAddress
}

const (
	offWithdrawAmount = 0
	offWithdrawTo     = offWithdrawAmount + 8
	withdrawSize      = offWithdrawTo + len(CoinAddress{})
)

// Append appends the wire form.
func (w Withdraw) Append(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(w.Amount)), w.To[:]...)
}

// ParseWithdraw reads one.
func ParseWithdraw(b []byte) (w Withdraw, ok bool) {
	if len(b) != withdrawSize {
		return w, false
	}
	w.Amount, ok = amount(b)
	w.To = CoinAddress(b[offWithdrawTo:])
	return w, ok
}

// Withdrawn is what its receipt says: the withdrawal is named by the hash of the call.
type Withdrawn struct {
	Fee   pay.Amount
	PayBy int64 // gateway time by which it is in a block, ms since 1970
}

const (
	offWithdrawnFee   = 0
	offWithdrawnPayBy = offWithdrawnFee + 8
	withdrawnSize     = offWithdrawnPayBy + 8
)

// Append appends the wire form.
func (w Withdrawn) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, uint64(w.Fee)), uint64(w.PayBy))
}

// ParseWithdrawn reads one.
func ParseWithdrawn(b []byte) (w Withdrawn, ok bool) {
	if len(b) != withdrawnSize {
		return w, false
	}
	w.Fee, ok = amount(b)
	by := binary.LittleEndian.Uint64(b[offWithdrawnPayBy:])
	w.PayBy = int64(by)
	return w, ok && by <= 1<<62
}

// A Credit is a deposit that was found and credited to the inbox.
type Credit struct {
	Output [32]byte // of the chain
	Amount pay.Amount
}

const creditSize = 32 + 8

// MaxCredits is how many one claim has: so its receipt fits a record of a client's flash.
const MaxCredits = 16

// AppendCredits appends the body of a claim's receipt.
func AppendCredits(b []byte, all []Credit) []byte {
	for _, c := range all {
		b = binary.LittleEndian.AppendUint64(append(b, c.Output[:]...), uint64(c.Amount))
	}
	return b
}

// ParseCredits reads one.
func ParseCredits(b []byte) (all []Credit, ok bool) {
	if len(b)%creditSize != 0 || len(b) > MaxCredits*creditSize {
		return nil, false
	}
	for ; len(b) > 0; b = b[creditSize:] {
		a, ok := amount(b[32:])
		if !ok {
			return nil, false
		}
		all = append(all, Credit{[32]byte(b), a})
	}
	return all, true
}

// A Deposit is the body of a statement KindDeposit: where coins for an account go.
type Deposit struct {
	Account account.Account
	Asset   uint32
	Address CoinAddress
}

const (
	offDepositAccount = 0
	offDepositAsset   = offDepositAccount + 32
	offDepositAddress = offDepositAsset + 4
	depositSize       = offDepositAddress + len(CoinAddress{})
)

// Append appends the wire form.
func (d Deposit) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, d.Account[:]...), d.Asset)
	return append(b, d.Address[:]...)
}

// ParseDeposit reads one.
func ParseDeposit(b []byte) (d Deposit, ok bool) {
	if len(b) != depositSize {
		return d, false
	}
	return Deposit{account.Account(b), binary.LittleEndian.Uint32(b[offDepositAsset:]), CoinAddress(b[offDepositAddress:])}, true
}

func amount(b []byte) (pay.Amount, bool) {
	v := binary.LittleEndian.Uint64(b)
	return pay.Amount(v), v < 1<<63
}
