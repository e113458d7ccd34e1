package pay

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"hopwire/link/identity"
	"hopwire/pay/account"
)

// Layout of a call (wire.md, "Call").
const (
	offCallVersion  = 0
	offCallOp       = offCallVersion + 1
	offCallAsset    = offCallOp + 1
	offCallGateway  = offCallAsset + 4
	offCallKey      = offCallGateway + 32
	offCallSeq      = offCallKey + 32
	offCallExpiry   = offCallSeq + 8
	offCallFee      = offCallExpiry + 8
	offCallPrevious = offCallFee + 8
	offCallAck      = offCallPrevious + 32
	offCallBalance  = offCallAck + inboxSize
	offCallBody     = offCallBalance + 8 // length u16, then so many bytes, then the signature

	version   = 1
	sigSize   = 64
	callLabel = "hopwire call 1"
)

// MaxBody is the longest body of a call or receipt, in bytes.
const MaxBody = 4096

// ErrFormat is returned for what is no call, receipt or statement.
var ErrFormat = errors.New("pay: bad format")

// A Call is what a client asks for and signs. Times are gateway time, ms since 1970.
type Call struct {
	Op       Op
	Asset    uint32 // 0: Skycoin
	Gateway  identity.Key
	Key      identity.Key // of the account
	Seq      uint64       // one above the call before; the first is 1
	Expiry   int64        // it is not done after that
	Fee      Amount       // at most
	Previous [32]byte     // hash of the receipt before; zero: this is the first call
	Ack      Inbox        // credits up to here move into the balance
	Balance  Amount       // as the receipt before said it
	Body     []byte       // of the operation; at most MaxBody
}

// An Inbox is what was ever credited to an account: each credit links to those before.
type Inbox struct {
	Count uint64
	Sum   Amount
	Head  [32]byte
}

const inboxSize = 8 + 8 + 32

// Credit returns the inbox with one more credit; from names the posting that it is of.
// False: the sum overflows.
func (i Inbox) Credit(amount Amount, from [32]byte) (Inbox, bool) {
	sum, ok := i.Sum.Add(amount)
	if !ok {
		return i, false
	}
	b := binary.LittleEndian.AppendUint64(append([]byte("hopwire inbox 1"), i.Head[:]...), i.Count+1)
	b = binary.LittleEndian.AppendUint64(b, uint64(amount))
	return Inbox{i.Count + 1, sum, sha256.Sum256(append(b, from[:]...))}, true
}

// Source names what a credit is from: the hash of the call that paid, or the id of an
// output of the chain.
func Source(of [32]byte) [32]byte {
	return sha256.Sum256(append([]byte("hopwire credit 1"), of[:]...))
}

// Append appends the wire form: count u64 ‖ sum 8 ‖ head 32.
func (i Inbox) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, i.Count)
	b = binary.LittleEndian.AppendUint64(b, uint64(i.Sum))
	return append(b, i.Head[:]...)
}

// ParseInbox reads one; false: that is none.
func ParseInbox(b []byte) (Inbox, bool) {
	r := reader{b: b}
	i := r.inbox()
	return i, !r.bad && r.at == len(b)
}

// Account returns whose call it is.
func (c *Call) Account() account.Account { return account.Of(c.Gateway, c.Key) }

// Signed returns the wire form with the signature of the account's key.
func (c *Call) Signed(key *identity.Identity) []byte {
	b := make([]byte, 0, offCallBody+2+len(c.Body)+sigSize)
	b = append(b, version, byte(c.Op))
	b = binary.LittleEndian.AppendUint32(b, c.Asset)
	b = append(append(b, c.Gateway[:]...), c.Key[:]...)
	b = binary.LittleEndian.AppendUint64(b, c.Seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Expiry))
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Fee))
	b = c.Ack.Append(append(b, c.Previous[:]...))
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Balance))
	return sign(key, callLabel, appendBody(b, c.Body))
}

// ParseCall checks form and signature. What it returns has its body in b.
func ParseCall(b []byte) (c Call, err error) {
	r := reader{b: b}
	r.version()
	c.Op, c.Asset = Op(r.u8()), r.u32()
	c.Gateway, c.Key = identity.Key(r.hash()), identity.Key(r.hash())
	c.Seq, c.Expiry, c.Fee, c.Previous = r.u64(), r.i64(), r.amount(), r.hash()
	c.Ack, c.Balance, c.Body = r.inbox(), r.amount(), r.body()
	if c.Seq == 0 || !r.signed(callLabel, c.Key) {
		return Call{}, ErrFormat
	}
	return c, nil
}

// HashOf is the hash of a signed call, receipt or statement, as others name it.
func HashOf(b []byte) [32]byte { return sha256.Sum256(b) }
