package pay

import (
	"encoding/binary"

	"hopwire/link/identity"
	"hopwire/pay/account"
)

// Layout of a receipt (wire.md, "Receipt").
const (
	offReceiptVersion = 0
	offReceiptStatus  = offReceiptVersion + 1
	offReceiptAsset   = offReceiptStatus + 1
	offReceiptGateway = offReceiptAsset + 4
	offReceiptAccount = offReceiptGateway + 32
	offReceiptSeq     = offReceiptAccount + 32
	offReceiptCall    = offReceiptSeq + 8
	offReceiptBalance = offReceiptCall + 32
	offReceiptHeld    = offReceiptBalance + 8
	offReceiptInbox   = offReceiptHeld + 8
	offReceiptTime    = offReceiptInbox + inboxSize
	offReceiptHeight  = offReceiptTime + 8
	offReceiptEpoch   = offReceiptHeight + 8
	offReceiptTerms   = offReceiptEpoch + 4
	offReceiptSalt    = offReceiptTerms + 32
	offReceiptInclude = offReceiptSalt + 16
	offReceiptBody    = offReceiptInclude + 8

	receiptLabel = "hopwire receipt 1"
)

// A Receipt is what a gateway signs of a call. The last one is the account: what it has,
// what is held, and what waits in its inbox.
type Receipt struct {
	Status  Status
	Asset   uint32
	Gateway identity.Key
	Account account.Account
	Seq     uint64
	Call    [32]byte // hash of the signed call
	Balance Amount   // after it
	Held    Amount
	Inbox   Inbox    // with what is not acknowledged yet
	Time    int64    // gateway time, ms since 1970; it never falls
	Height  uint64   // of the chain, as far as it was looked at
	Epoch   uint32   // of the key that signs
	Terms   [32]byte // hash of the terms that hold
	Salt    [16]byte // of the receipt's leaf in the log
	Include int64    // by when that is in the log
	Body    []byte   // of the operation; at most MaxBody
}

// Signed returns the wire form with a signature of the key of the receipt's epoch.
func (r *Receipt) Signed(key *identity.Identity) []byte {
	b := make([]byte, 0, offReceiptBody+2+len(r.Body)+sigSize)
	b = append(b, version, byte(r.Status))
	b = binary.LittleEndian.AppendUint32(b, r.Asset)
	b = append(append(b, r.Gateway[:]...), r.Account[:]...)
	b = binary.LittleEndian.AppendUint64(b, r.Seq)
	b = append(b, r.Call[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Balance))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Held))
	b = r.Inbox.Append(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Time))
	b = binary.LittleEndian.AppendUint64(b, r.Height)
	b = binary.LittleEndian.AppendUint32(b, r.Epoch)
	b = append(append(b, r.Terms[:]...), r.Salt[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Include))
	return sign(key, receiptLabel, appendBody(b, r.Body))
}

// ParseReceipt checks form and signature. What it returns has its body in b.
func ParseReceipt(b []byte, key identity.Key) (c Receipt, err error) {
	r := reader{b: b}
	r.version()
	c.Status, c.Asset = Status(r.u8()), r.u32()
	c.Gateway, c.Account = identity.Key(r.hash()), account.Account(r.hash())
	c.Seq, c.Call, c.Balance, c.Held, c.Inbox = r.u64(), r.hash(), r.amount(), r.amount(), r.inbox()
	c.Time, c.Height, c.Epoch, c.Terms = r.i64(), r.u64(), r.u32(), r.hash()
	salt := r.take(len(c.Salt))
	copy(c.Salt[:], salt)
	c.Include, c.Body = r.i64(), r.body()
	if c.Seq == 0 || !r.signed(receiptLabel, key) {
		return Receipt{}, ErrFormat
	}
	return c, nil
}
