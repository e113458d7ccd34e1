package route

import (
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
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
	a := &announce.Announcement{Flags: announce.FlagRelay, Key: id.Key(), Sequence: sequence, Left: time.Hour}
	for _, l := range links {
		a.Links = append(a.Links, announce.Statement{ID: l, RTT: time.Millisecond})
	}
	a.Links = announce.Sort(a.Links)
	return append(a.Signed(id), make([]byte, announce.AgeSize)...)
}
