package pay

import (
	"encoding/binary"

	"hopwire/link/identity"
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
		b = appendBody(b, i)
	}
	return b
}

// ParseAnswer reads one; the items are in b.
func ParseAnswer(b []byte) (o Outcome, items [][]byte, err error) {
	r := reader{b: b}
	o = Outcome(r.u8())
	for !r.bad && r.at < len(b) {
		n := int(r.u16())
		items = append(items, r.take(n))
	}
	if r.bad || len(items) > maxItems {
		return 0, nil, ErrFormat
	}
	return o, items, nil
}

const newestLabel = "hopwire newest 1"

// NewestRequest returns the request for the newest receipt of a key's account. It is
// signed, since a receipt tells what the account has; expiry is gateway time.
func NewestRequest(gateway identity.Key, key *identity.Identity, expiry int64) []byte {
	k := key.Key()
	b := append(gateway[:], k[:]...)
	b = sign(key, newestLabel, binary.LittleEndian.AppendUint64(b, uint64(expiry)))
	return append([]byte{byte(AskNewest)}, b...)
}

// ParseNewest reads what follows AskNewest.
func ParseNewest(b []byte) (gateway, key identity.Key, expiry int64, err error) {
	r := reader{b: b}
	gateway, key, expiry = r.hash(), r.hash(), r.i64()
	if !r.signed(newestLabel, key) {
		return identity.Key{}, identity.Key{}, 0, ErrFormat
	}
	return gateway, key, expiry, nil
}
