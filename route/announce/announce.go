package announce

import (
	"encoding/binary"
	"errors"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
)

// Announcement layout (wire.md, "Announcement"). Little endian. The signature is
// over the label and all before it; the age follows it unsigned.
const (
	offVersion  = 0
	offFlags    = offVersion + 1
	offAddress  = offFlags + 1
	offBoot     = offAddress + 32
	offSequence = offBoot + 8
	offEpoch    = offSequence + 4
	offLeft     = offEpoch + 4
	offCurrent  = offLeft + 4
	offNextKey  = offCurrent + 32
	offPrice    = offNextKey + 32
	offGateways = offPrice + 4 // count u8, then keys, then count u8, then links

	gatewaySize = 32
	sigSize     = 64

	version     = 1
	signedLabel = "hopwire 1 announcement"
)

// Bounds of an announcement (wire.md, "Announcement"). AgeSize is that of the age that
// follows it, MaxSize is with it: one control message of a link. MinSize is that of one
// without gateways and links, without its age.
const (
	AgeSize     = 4
	MinSize     = offGateways + 1 + 1 + sigSize
	MaxGateways = 8
	MaxLinks    = 56
	MaxSize     = offGateways + 1 + MaxGateways*gatewaySize + 1 + MaxLinks*linkSize + sigSize + AgeSize
)

const _ = uint(link.MaxMessage - MaxSize)

// Flags of an announcement.
const (
	FlagRelay   = 1 << iota // passes circuits of others on
	FlagServer              // route server
	FlagGateway             // payment gateway
	FlagExit                // to the internet
	FlagFull                // circuit table at least 75 % full: no warm circuits
	FlagBusy                // and not yet down to 60 %
	knownFlags  = 1<<iota - 1
)

// ErrFormat is returned for what is no announcement.
var ErrFormat = errors.New("announce: bad announcement")

// An Announcement is what a relay states, before it is signed.
type Announcement struct {
	Flags         byte
	Key           identity.Key
	Boot          [8]byte // random, of this boot
	Sequence      uint32
	Epoch         uint32        // of the current onion key,
	Left          time.Duration // what is left of it, at most an hour
	Current, Next [32]byte      // onion keys
	Price         uint32
	Gateways      []identity.Key // at most MaxGateways
	Links         []Statement    // at most MaxLinks, as Sort returns them
}

// Signed returns the wire form with signature and without age; there is room for that.
func (a *Announcement) Signed(id *identity.Identity) []byte {
	b := make([]byte, offGateways, MaxSize)
	b[offVersion], b[offFlags] = version, a.Flags
	copy(b[offAddress:], a.Key[:])
	copy(b[offBoot:], a.Boot[:])
	binary.LittleEndian.PutUint32(b[offSequence:], a.Sequence)
	binary.LittleEndian.PutUint32(b[offEpoch:], a.Epoch)
	binary.LittleEndian.PutUint32(b[offLeft:], uint32(a.Left.Milliseconds()))
	copy(b[offCurrent:], a.Current[:])
	copy(b[offNextKey:], a.Next[:])
	binary.LittleEndian.PutUint32(b[offPrice:], a.Price)
	b = append(b, byte(len(a.Gateways)))
	for _, g := range a.Gateways {
		b = append(b, g[:]...)
	}
	b = append(b, byte(len(a.Links)))
	for _, l := range a.Links {
		b = l.append(b)
	}
	sig := id.Sign(append([]byte(signedLabel), b...))
	return append(b, sig[:]...)
}
