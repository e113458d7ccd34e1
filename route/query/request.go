package query

import (
	"encoding/binary"
	"net/netip"

	"hopwire/link/identity"
)

// AppendSegments appends the question for the ways to a relay, by its mesh address. Whoever
// asks checks that the address follows from the key of the first announcement that he gets.
func AppendSegments(b []byte, to netip.Addr) []byte {
	a := to.As16()
	return append(append(b, byte(OpSegments)), a[:]...)
}

// AppendMap appends the question for the map's page that begins at the relays whose short
// ids begin with from (as a big endian number): 0 at first, then Page.Next. since is the
// snapshot that the asker has, 0 none: of what he has not, only changes come.
func AppendMap(b []byte, from, since uint32) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, byte(OpMap)), from)
	return binary.LittleEndian.AppendUint32(b, since)
}

// AppendOffer appends one entry to an offer, which begins with byte(OpOffer). Entries go
// in order of short ids, each once, at most MaxOffers.
func AppendOffer(b []byte, id identity.ShortID, sequence uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(b, id[:]...), sequence)
}

// A Request is one that ParseRequest has read. Which fields are set depends on Op; they
// point into what was read.
type Request struct {
	Op            Op
	To            netip.Addr    // OpSegments: the destination
	From, Since   uint32        // OpMap
	Offers        Offers        // OpOffer
	Announcements Announcements // OpGive
	Paths         PathsRequest  // OpPaths
}

// ParseRequest reads a request; the error is ErrFormat.
func ParseRequest(b []byte) (r Request, err error) {
	if len(b) == 0 {
		return r, ErrFormat
	}
	r.Op, b = Op(b[0]), b[1:]
	ok := false
	switch r.Op {
	case OpSegments:
		if ok = len(b) == QuestionSize-1; ok {
			r.To = netip.AddrFrom16([16]byte(b))
			ok = identity.IsMesh(r.To)
		}
	case OpMap:
		if ok = len(b) == mapSize; ok {
			r.From, r.Since = u32(b[offMapFrom:]), u32(b[offMapSince:])
		}
	case OpOffer:
		r.Offers = b
		ok = r.Offers.valid()
	case OpGive:
		r.Announcements = b
		ok = len(b) > 0 && len(b) <= MaxGive && r.Announcements.valid()
	case OpPaths:
		ok = r.Paths.parse(b)
	}
	if !ok {
		return Request{}, ErrFormat
	}
	return r, nil
}

func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
