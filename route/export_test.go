package route

import (
	"encoding/binary"
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
	KindWay          = kindWay
	KindNoWay        = kindNoWay
	KindNewer        = kindNewer
	MaxOnWay         = maxOnWay
)

// TellWay is the message of a way.
func TellWay(sequence uint32, ids ...identity.ShortID) []byte {
	b := binary.LittleEndian.AppendUint32(nil, sequence)
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	return b
}

// OnWays returns how many nodes are kept as they are on ways, how many ways neighbours
// have told, and how many places of servers are taken.
func (m *Map) OnWays() (nodes, told, servers int) {
	for _, p := range m.ports {
		told += p.ways
	}
	for _, s := range m.ways.slots {
		if s.used() {
			servers++
		}
	}
	return m.members[onWay], told, servers
}

// Announce is the message of an announcement that states links of a millisecond.
func Announce(id *identity.Identity, sequence uint32, links ...identity.ShortID) []byte {
	return AnnounceAs(announce.FlagRelay, id, sequence, links...)
}

// AnnounceAs is Announce with other flags.
func AnnounceAs(flags byte, id *identity.Identity, sequence uint32, links ...identity.ShortID) []byte {
	a := &announce.Announcement{Flags: flags, Key: id.Key(), Sequence: sequence, Left: time.Hour}
	for _, l := range links {
		a.Links = append(a.Links, announce.Statement{ID: l, RTT: time.Millisecond})
	}
	a.Links = announce.Sort(a.Links)
	return append(a.Signed(id), make([]byte, announce.AgeSize)...)
}
