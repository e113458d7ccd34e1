package route

import (
	"time"

	"hopwire/link/identity"
)

// What attacks on whole nodes say (package route_test).
const (
	KindAnnouncement = kindAnnouncement
	KindDigest       = kindDigest
	KindWant         = kindWant
	KindAskSequence  = kindAskSequence
	KindSequence     = kindSequence
	DigestSize       = digestSize
)

// Announce is the message of an announcement that states links of a millisecond.
func Announce(id *identity.Identity, sequence uint32, links ...identity.ShortID) []byte {
	a := &announcement{flags: FlagRelay, key: id.Key(), sequence: sequence, left: time.Hour}
	for _, l := range links {
		a.links = append(a.links, statement{id: l, rtt: time.Millisecond})
	}
	a.links = sortStatements(a.links)
	return append(a.signed(id), make([]byte, ageSize)...)
}
