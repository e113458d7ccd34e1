// Package request has the messages between a client and a gateway: what asks, and what
// answers (wire.md). What they carry is of package pay.
//
//	b := append([]byte{byte(request.AskCall)}, call.Signed(key)...)
//	outcome, items, err := request.ParseAnswer(answer)
//
// Everything here is pure.
package request

import (
	"encoding/binary"

	"hopwire/link/identity"
	"hopwire/pay"
)

// An Ask is what a request to a gateway begins with (wire.md, "Requests").
type Ask byte

// Requests.
const (
	AskCall   Ask = 1 + iota // a signed call
	AskTerms                 // the terms that hold, and those that will; or those of a hash
	AskEpochs                // certificates of the keys that signed and sign; or that of a number
	AskNewest                // how an account stands, for its owner
)

// An Outcome is what an answer begins with (wire.md, "Answers").
type Outcome byte

// Outcomes.
const (
	Answered Outcome = iota
	Used             // the seq is used by another call, which is shown
	Ahead            // the seq is not the next one: the newest call is shown
	Forked           // the call follows another receipt than the newest, which is shown
	Bad              // no request, no signature, or another gateway's
	Busy             // too much is asked: the same bytes again, later
	Halted           // the gateway answers nothing for now; the call may be done
	Unknown          // no such terms or epoch
)

// maxItems is how many one answer has.
const maxItems = 32

// AppendAnswer appends the wire form of an answer. Items are shorter than 64 kB.
func AppendAnswer(b []byte, o Outcome, items ...[]byte) []byte {
	b = append(b, byte(o))
	for _, i := range items {
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(i))), i...)
	}
	return b
}

// ParseAnswer reads one; the items are in b.
func ParseAnswer(b []byte) (o Outcome, items [][]byte, err error) {
	if len(b) == 0 {
		return 0, nil, pay.ErrFormat
	}
	o, b = Outcome(b[0]), b[1:]
	for len(b) > 0 {
		if len(b) < 2 || len(items) == maxItems {
			return 0, nil, pay.ErrFormat
		}
		n := int(binary.LittleEndian.Uint16(b))
		if b = b[2:]; n > len(b) {
			return 0, nil, pay.ErrFormat
		}
		items, b = append(items, b[:n]), b[n:]
	}
	return o, items, nil
}

// Layout of what follows AskNewest (wire.md, "Newest").
const (
	offNewestGateway   = 0
	offNewestKey       = offNewestGateway + 32
	offNewestExpiry    = offNewestKey + 32
	offNewestSignature = offNewestExpiry + 8
	newestSize         = offNewestSignature + 64

	newestLabel = "hopwire newest 1"
	maxTime     = 1 << 62
)

// NewestRequest returns the request for how a key's account stands. It is signed, since
// the answer tells what the account has; expiry is gateway time.
func NewestRequest(gateway identity.Key, key *identity.Identity, expiry int64) []byte {
	k := key.Key()
	b := append(append(make([]byte, 0, 1+newestSize), byte(AskNewest)), gateway[:]...)
	b = binary.LittleEndian.AppendUint64(append(b, k[:]...), uint64(expiry))
	sig := key.Sign(append([]byte(newestLabel), b[1:]...))
	return append(b, sig[:]...)
}

// ParseNewest reads what follows AskNewest.
func ParseNewest(b []byte) (gateway, key identity.Key, expiry int64, err error) {
	if len(b) != newestSize {
		return gateway, key, 0, pay.ErrFormat
	}
	gateway, key = identity.Key(b), identity.Key(b[offNewestKey:])
	at, sig := binary.LittleEndian.Uint64(b[offNewestExpiry:]), [64]byte(b[offNewestSignature:])
	if at > maxTime || key.Valid() != nil || !key.Verify(append([]byte(newestLabel), b[:offNewestSignature]...), &sig) {
		return identity.Key{}, identity.Key{}, 0, pay.ErrFormat
	}
	return gateway, key, int64(at), nil
}
