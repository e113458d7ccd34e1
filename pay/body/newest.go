package body

import (
	"encoding/binary"

	"hopwire/pay"
	"hopwire/pay/account"
)

// Newest is the body of a statement KindNewest: how an account stands at a size of the
// log. The receipt and its call are papers beside it.
type Newest struct {
	Account account.Account
	Size    uint64    // of the log
	Receipt [32]byte  // hash of the newest receipt; zero: there is none
	Inbox   pay.Inbox // with what is not acknowledged
	Acked   pay.Inbox // what was acknowledged and moved into the balance
}

const (
	offNewestAccount = 0
	offNewestSize    = offNewestAccount + 32
	offNewestReceipt = offNewestSize + 8
	offNewestInbox   = offNewestReceipt + 32
	offNewestAcked   = offNewestInbox + 48
	newestSize       = offNewestAcked + 48
)

// Append appends the wire form.
func (n *Newest) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, n.Account[:]...), n.Size)
	b = append(b, n.Receipt[:]...)
	return n.Acked.Append(n.Inbox.Append(b))
}

// ParseNewest reads one.
func ParseNewest(b []byte) (n Newest, ok bool) {
	if len(b) != newestSize {
		return n, false
	}
	n = Newest{Account: account.Account(b), Size: binary.LittleEndian.Uint64(b[offNewestSize:]), Receipt: [32]byte(b[offNewestReceipt:])}
	inbox, ok := pay.ParseInbox(b[offNewestInbox:offNewestAcked])
	acked, good := pay.ParseInbox(b[offNewestAcked:])
	n.Inbox, n.Acked = inbox, acked
	return n, ok && good && acked.Count <= inbox.Count && acked.Sum <= inbox.Sum
}
