package names

import (
	"net/netip"
	"strings"

	"hopwire/link/identity"
)

// The zones, and how long an answer may be kept (a minute, half a minute). An address
// never changes, but each answer also teaches the node whose key it is: after a
// restart of the node, for one, it must be asked again. A name that is missing may
// be written into the file at any time.
const (
	zone        = "hop"
	zoneReverse = "0.7.f.6.8.6.d.f.ip6.arpa" // of identity.MeshPrefix
	ttl         = "\x00\x00\x00\x3c"
	ttlNegative = "\x00\x00\x00\x1e"

	prefixNibbles = 8
	hex           = "0123456789abcdef"
)

// Counters count what became of queries since the start. The last line is the
// caller's: what never came to be read, and faults of the file.
type Counters struct {
	Queries, Answered, NoData, NoName                  uint64 // NoData: the name has no record of this type
	Refused, Malformed, Dropped                        uint64 // Refused: another zone, class or operation
	Stranger, Limited, Connections, TooManyConnections uint64
	BadLines                                           uint64
}

// A Mesh is what the names stand for.
type Mesh interface {
	// Lookup finds the key of a mesh address among the nodes that are known.
	Lookup(ip netip.Addr) (identity.Key, bool)
	// Teach is told of each key whose address or name is answered.
	Teach(key identity.Key)
}

// A Resolver answers for one node. It is not safe for concurrent use.
type Resolver struct {
	_     [0]func() // not compared: saves the code
	Mesh  Mesh
	Table *Table // the friendly names
	N     Counters
}

// Answer writes the answer to a message into out and returns its length; 0: there
// is none to give. out and message must not overlap.
func (r *Resolver) Answer(out *[MaxAnswer]byte, message []byte) int {
	r.N.Queries++
	var q query
	a := answer{code: q.parse(message)}
	if a.code == codeOK {
		r.resolve(&q, &a)
	}
	*r.counter(&a)++
	if a.code == codeDrop {
		return 0
	}
	return q.write(out, &a)
}

func (r *Resolver) counter(a *answer) *uint64 {
	switch {
	case a.kind != 0:
		return &r.N.Answered
	case a.code == codeOK:
		return &r.N.NoData
	case a.code == codeNoName:
		return &r.N.NoName
	case a.code == codeMalformed:
		return &r.N.Malformed
	case a.code == codeDrop:
		return &r.N.Dropped
	}
	return &r.N.Refused
}

// resolve finds the answer to a well-formed query.
func (r *Resolver) resolve(q *query, a *answer) {
	switch {
	case q.version > 0:
		a.code = codeBadVersion
	case q.class != classIN || q.kind >= typeMeta && q.kind < typeAny || q.kind == typeOPT:
		a.code = codeRefused
	case under(q, a, zone):
		r.forward(q, a)
	case under(q, a, zoneReverse):
		r.reverse(q, a)
	default:
		a.code = codeRefused
	}
}

// under says whether the name is in the zone, and cuts that off: what is left is
// empty or ends with a dot.
func under(q *query, a *answer, zone string) bool {
	name := q.name
	n := len(name) - len(zone)
	if n < 0 || name[n:] != zone || n > 0 && name[n-1] != '.' {
		return false
	}
	a.zone, q.name = len(zone), name[:n]
	return true
}

// give answers about a name that exists: with its record of this kind, when that
// was asked for.
func (q *query) give(a *answer, kind uint16) bool {
	if q.kind != kind && q.kind != typeAny {
		return false
	}
	a.kind = kind
	return true
}

// forward answers about a name. One that others end with exists, without records.
func (r *Resolver) forward(q *query, a *answer) {
	if q.name == "" {
		q.give(a, typeSOA)
		return
	}
	name := q.name[:len(q.name)-1]
	key, ok := r.Table.Key(name)
	if !ok {
		if !r.Table.below(name) {
			a.code = codeNoName
		}
		return
	}
	if q.give(a, typeAAAA) {
		a.ip = key.IPv6().As16()
		r.Mesh.Teach(key)
	}
}

// reverse answers about the digits of a mesh address, the last one first. Fewer
// than all of them exist, without records.
func (r *Resolver) reverse(q *query, a *answer) {
	ip := identity.MeshPrefix().Addr().As16()
	n := prefixNibbles
	for i := len(q.name) - 2; i >= 0; i -= 2 {
		v := strings.IndexByte(hex, q.name[i])
		if v < 0 || n == 32 || i > 0 && q.name[i-1] != '.' {
			a.code = codeNoName
			return
		}
		ip[n/2] = ip[n/2]<<4 | byte(v)
		n++
	}
	switch n {
	case prefixNibbles:
		q.give(a, typeSOA)
	case 32:
		r.named(q, a, netip.AddrFrom16(ip))
	}
}

// named answers about a mesh address: its first friendly name, else its key's.
func (r *Resolver) named(q *query, a *answer, ip netip.Addr) {
	key, name := r.Table.first(ip)
	if name == "" {
		var ok bool
		if key, ok = r.Mesh.Lookup(ip); !ok {
			a.code = codeNoName
			return
		}
		name = key.String()
	}
	if q.give(a, typePTR) {
		a.name = name + "." + zone
		r.Mesh.Teach(key)
	}
}
