package route

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"sort"
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

	gatewaySize  = 32
	linkSize     = 16
	sigSize      = 64
	ageSize      = 4
	maxGateways  = 8
	maxLinks     = 56
	maxAnnounced = offGateways + 1 + maxGateways*gatewaySize + 1 + maxLinks*linkSize + sigSize + ageSize

	// Inside a link.
	offLinkID       = 0
	offLinkRTT      = offLinkID + 8
	offLinkCapacity = offLinkRTT + 3
	offLinkLoss     = offLinkCapacity + 4

	version     = 1
	signedLabel = "hopwire 1 announcement"
)

const _ = uint(link.MaxMessage - maxAnnounced) // one control message

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

var errAnnouncement = errors.New("route: bad announcement")

// An announced link as its owner states it.
type statement struct {
	id       identity.ShortID
	rtt      time.Duration // least of ten minutes, µs
	capacity uint32        // kbit/s, a power of two; 0: unknown
	loss     byte          // 1/256
}

// An announcement is what a relay states, before it is signed.
type announcement struct {
	flags         byte
	key           identity.Key
	boot          [8]byte
	sequence      uint32
	epoch         uint32
	left          time.Duration
	current, next [32]byte
	price         uint32
	gateways      []identity.Key
	links         []statement
}

// signed returns the wire form with signature and without age.
func (a *announcement) signed(id *identity.Identity) []byte {
	b := make([]byte, offGateways, maxAnnounced)
	b[offVersion], b[offFlags] = version, a.flags
	copy(b[offAddress:], a.key[:])
	copy(b[offBoot:], a.boot[:])
	binary.LittleEndian.PutUint32(b[offSequence:], a.sequence)
	binary.LittleEndian.PutUint32(b[offEpoch:], a.epoch)
	binary.LittleEndian.PutUint32(b[offLeft:], uint32(a.left.Milliseconds()))
	copy(b[offCurrent:], a.current[:])
	copy(b[offNextKey:], a.next[:])
	binary.LittleEndian.PutUint32(b[offPrice:], a.price)
	b = append(b, byte(len(a.gateways)))
	for _, g := range a.gateways {
		b = append(b, g[:]...)
	}
	b = append(b, byte(len(a.links)))
	for _, l := range a.links {
		b = l.append(b)
	}
	sig := id.Sign(append([]byte(signedLabel), b...))
	return append(b, sig[:]...)
}

func (s statement) append(b []byte) []byte {
	b = append(b, s.id[:]...)
	us := uint32(min(s.rtt.Microseconds(), 1<<24-1))
	b = append(b, byte(us), byte(us>>8), byte(us>>16))
	b = binary.LittleEndian.AppendUint32(b, s.capacity)
	return append(b, s.loss)
}

func parseStatement(b []byte) (s statement) {
	s.id = identity.ShortID(b[offLinkID:])
	r := b[offLinkRTT:]
	s.rtt = time.Duration(uint32(r[0])|uint32(r[1])<<8|uint32(r[2])<<16) * time.Microsecond
	s.capacity = binary.LittleEndian.Uint32(b[offLinkCapacity:])
	s.loss = b[offLinkLoss]
	return s
}

// A raw is an announcement in its wire form without age, as parse has accepted it.
// What it says is read when it is needed: parsed, it would take as much memory again.
type raw []byte

// parse checks the wire form without age, and keeps b. It is strict: there is one form
// of each announcement. The signature is not checked.
func parse(b []byte) (raw, error) {
	if len(b) < offGateways+2+sigSize || b[offVersion] != version || b[offFlags]&^knownFlags != 0 {
		return nil, errAnnouncement
	}
	_, rest, ok := list(b[offGateways:len(b)-sigSize], maxGateways, gatewaySize)
	if !ok {
		return nil, errAnnouncement
	}
	l, rest, ok := list(rest, maxLinks, linkSize)
	if !ok || len(rest) != 0 || raw(b).left() > time.Hour {
		return nil, errAnnouncement
	}
	for ; len(l) > linkSize; l = l[linkSize:] { // each once, in order
		if bytes.Compare(l[offLinkID:offLinkRTT], l[linkSize+offLinkID:linkSize+offLinkRTT]) >= 0 {
			return nil, errAnnouncement
		}
	}
	return b, nil
}

func (b raw) flags() byte       { return b[offFlags] }
func (b raw) key() identity.Key { return identity.Key(b[offAddress:]) }
func (b raw) boot() [8]byte     { return [8]byte(b[offBoot:]) }
func (b raw) sequence() uint32  { return binary.LittleEndian.Uint32(b[offSequence:]) }
func (b raw) epoch() uint32     { return binary.LittleEndian.Uint32(b[offEpoch:]) }
func (b raw) current() [32]byte { return [32]byte(b[offCurrent:]) }
func (b raw) next() [32]byte    { return [32]byte(b[offNextKey:]) }
func (b raw) left() time.Duration {
	return time.Duration(binary.LittleEndian.Uint32(b[offLeft:])) * time.Millisecond
}

// before says whether an announcement is older than a, of the same node.
func (b raw) before(a raw) bool { return int32(a.sequence()-b.sequence()) > 0 }

// links is the statements of the links, in order of ids.
func (b raw) links() []byte {
	b = b[offGateways:]
	b = b[1+int(b[0])*gatewaySize:]
	return b[1 : 1+int(b[0])*linkSize]
}

// list cuts a counted list off b.
func list(b []byte, most, size int) (items, rest []byte, ok bool) {
	if len(b) < 1 || int(b[0]) > most || len(b) < 1+int(b[0])*size {
		return nil, nil, false
	}
	n := 1 + int(b[0])*size
	return b[1:n], b[n:], true
}

// verify checks the signature of a wire form without age.
func verify(b []byte) bool {
	key := identity.Key(b[offAddress:])
	sig := [64]byte(b[len(b)-sigSize:])
	return key.Valid() == nil && key.Verify(append([]byte(signedLabel), b[:len(b)-sigSize]...), &sig)
}

// powerOfTwo rounds a capacity down to one.
func powerOfTwo(kbits uint32) uint32 {
	if kbits == 0 {
		return 0
	}
	return 1 << (bits.Len32(kbits) - 1)
}

// sortStatements orders and bounds the links of an announcement. Of several to one
// neighbour the fastest is stated.
func sortStatements(links []statement) []statement {
	sort.Sort(byRTT(links))
	links = links[:min(len(links), maxLinks)]
	sort.Sort(byID(links))
	n := 0
	for i, s := range links {
		if i == 0 || s.id != links[n-1].id {
			links[n] = s
			n++
		}
	}
	return links[:n]
}

// byRTT and byID sort, by the one quicksort that is in the program anyway.
type (
	byRTT []statement
	byID  []statement
)

func (b byRTT) Len() int           { return len(b) }
func (b byRTT) Less(i, j int) bool { return b[i].rtt < b[j].rtt }
func (b byRTT) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }
func (b byID) Len() int            { return len(b) }
func (b byID) Less(i, j int) bool {
	c := bytes.Compare(b[i].id[:], b[j].id[:])
	return c < 0 || c == 0 && b[i].rtt < b[j].rtt
}
func (b byID) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
