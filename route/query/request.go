package query

import (
	"encoding/binary"
	"net/netip"

	"hopwire/link/identity"
)

// AppendSegments appends the question for the ways to a relay.
func AppendSegments(b []byte, to identity.Key) []byte {
	return append(append(b, byte(OpSegments)), to[:]...)
}

// AppendLookup appends the question for the key of a mesh address. Whoever asks checks
// that the address follows from the key that he is told.
func AppendLookup(b []byte, ip netip.Addr) []byte {
	a := ip.As16()
	return appendLookup(b, lookupIPv6, a[:])
}

// AppendLookupShort appends the question for the key of a short id.
func AppendLookupShort(b []byte, id identity.ShortID) []byte {
	return appendLookup(b, lookupShort, id[:])
}

func appendLookup(b []byte, kind byte, name []byte) []byte {
	var body [QuestionSize - 1]byte
	body[offLookupKind] = kind
	copy(body[offLookupName:], name)
	return append(append(b, byte(OpLookup)), body[:]...)
}

// AppendMap appends the question for the map's page that begins at the relays whose short
// ids begin with from (as a big endian number): 0 at first, then Page.Next. since is the
// snapshot that the asker has, 0 none: of what he has not, only changes come.
func AppendMap(b []byte, from, since uint32) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, byte(OpMap)), from)
	return binary.LittleEndian.AppendUint32(b, since)
}

// AppendCore appends the question for a page of the map between landmarks.
func AppendCore(b []byte, page uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(b, byte(OpCore)), page)
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
	Key           identity.Key     // OpSegments: the destination
	IP            netip.Addr       // OpLookup; not valid: Short is asked for
	Short         identity.ShortID // OpLookup
	From, Since   uint32           // OpMap
	Offers        Offers           // OpOffer
	Announcements Announcements    // OpGive
	Paths         PathsRequest     // OpPaths
	Page          uint32           // OpCore
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
		if ok = len(b) == keySize; ok {
			r.Key = identity.Key(b)
		}
	case OpLookup:
		ok = r.lookup(b)
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
	case OpCore:
		if ok = len(b) == 4; ok {
			r.Page = u32(b)
		}
	}
	if !ok {
		return Request{}, ErrFormat
	}
	return r, nil
}

var mesh = identity.MeshPrefix()

// lookup reads the name, which is padded with zeros to the size of a key.
func (r *Request) lookup(b []byte) bool {
	if len(b) != QuestionSize-1 {
		return false
	}
	name := b[offLookupName:]
	switch b[offLookupKind] {
	case lookupIPv6:
		r.IP = netip.AddrFrom16([16]byte(name))
		return mesh.Contains(r.IP) && zeros(name[16:])
	case lookupShort:
		r.Short = identity.ShortID(name)
		return zeros(name[idSize:])
	}
	return false
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
