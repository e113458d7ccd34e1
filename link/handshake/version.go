package handshake

// Version is the newest version of the link and session protocols that this code
// speaks. It travels in beacons and in the payloads of handshakes.
const Version = 1

// VersionOr is v, or the constant when v is 0.
func VersionOr(v byte) byte {
	if v == 0 {
		return Version
	}
	return v
}

// Agreed is the version that two nodes speak with each other: the older of theirs,
// for a node speaks its own and the one before, so that a mesh is updated one node
// after the other. False: they are further apart, or one is 0, which is none.
func Agreed(mine, theirs byte) (v byte, ok bool) {
	v = min(mine, theirs)
	return v, v > 0 && max(mine, theirs)-v <= 1
}
