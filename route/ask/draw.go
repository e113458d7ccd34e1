package ask

import (
	"encoding/binary"

	"hopwire/link/identity"
)

// A Draw is drawn at random when a node starts, kept while it runs, and told nobody. It
// ranks what there is to choose from, so that the choice is any of it with equal odds,
// and the same again when something else has come or gone (rendezvous hashing, Thaler
// and Ravishankar 1998): who chose anew after each break would show more of what he can
// choose from each time.
//
// The server of least rank is asked as long as it answers, the second stands in for it and
// is asked to compare. Not the nearest is first: that it is the nearest would be known of
// each asker. Few are asked, since each knows another last hop of the asker's, and in
// league they know who is behind both.
type Draw uint64

// For returns the Draw for what is chosen on behalf of one server.
func (d Draw) For(server identity.ShortID) Draw { return Draw(d.Rank(server)) }

// Rank returns the place of one choice; the lowest is chosen.
func (d Draw) Rank(id identity.ShortID) uint64 {
	return mix(uint64(d) ^ mix(binary.LittleEndian.Uint64(id[:])))
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
