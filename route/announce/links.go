package announce

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"sort"
	"time"

	"hopwire/link/identity"
)

// A link inside an announcement.
const (
	offLinkID       = 0
	offLinkRTT      = offLinkID + 8
	offLinkCapacity = offLinkRTT + 3
	offLinkLoss     = offLinkCapacity + 4
	linkSize        = offLinkLoss + 1
)

// A Statement is a link as one of its ends states it.
type Statement struct {
	ID       identity.ShortID // of the other end
	RTT      time.Duration    // least of ten minutes, µs
	Capacity uint32           // kbit/s, a power of two (PowerOfTwo); 0: unknown
	Loss     byte             // 1/256
}

func (s Statement) append(b []byte) []byte {
	b = append(b, s.ID[:]...)
	us := uint32(min(s.RTT.Microseconds(), 1<<24-1))
	b = append(b, byte(us), byte(us>>8), byte(us>>16))
	b = binary.LittleEndian.AppendUint32(b, s.Capacity)
	return append(b, s.Loss)
}

// PowerOfTwo rounds a capacity down to one.
func PowerOfTwo(kbits uint32) uint32 {
	if kbits == 0 {
		return 0
	}
	return 1 << (bits.Len32(kbits) - 1)
}

// Links are the statements of an announcement, in order of ids, as they came.
type Links []byte

// Len returns how many there are.
func (l Links) Len() int { return len(l) / linkSize }

// ID returns the other end of one.
func (l Links) ID(i int) identity.ShortID { return identity.ShortID(l[i*linkSize+offLinkID:]) }

// At returns one.
func (l Links) At(i int) (s Statement) {
	b := l[i*linkSize:]
	s.ID = identity.ShortID(b[offLinkID:])
	r := b[offLinkRTT:]
	s.RTT = time.Duration(uint32(r[0])|uint32(r[1])<<8|uint32(r[2])<<16) * time.Microsecond
	s.Capacity = binary.LittleEndian.Uint32(b[offLinkCapacity:])
	s.Loss = b[offLinkLoss]
	return s
}

// Find returns the statement about a neighbour; false: there is none.
func (l Links) Find(id identity.ShortID) (s Statement, ok bool) {
	i := sort.Search(l.Len(), func(i int) bool {
		return bytes.Compare(l[i*linkSize+offLinkID:][:len(id)], id[:]) >= 0
	})
	if i == l.Len() || l.ID(i) != id {
		return s, false
	}
	return l.At(i), true
}

// Same says whether two lead to the same neighbours, whatever they state of the links.
func (l Links) Same(m Links) bool {
	if len(l) != len(m) {
		return false
	}
	for i := range l.Len() {
		if l.ID(i) != m.ID(i) {
			return false
		}
	}
	return true
}

// Sort orders and bounds the links of an announcement. Of several to one neighbour the
// fastest is stated. It changes links.
func Sort(links []Statement) []Statement {
	sort.Sort(byID(links))
	n := 0
	for i, s := range links {
		if i == 0 || s.ID != links[n-1].ID {
			links[n] = s
			n++
		}
	}
	links = links[:n]
	if n > MaxLinks {
		sort.Sort(byRTT(links))
		links = links[:MaxLinks]
		sort.Sort(byID(links))
	}
	return links
}

// byRTT and byID sort, by the one quicksort that is in the program anyway.
type (
	byRTT []Statement
	byID  []Statement
)

func (b byRTT) Len() int           { return len(b) }
func (b byRTT) Less(i, j int) bool { return b[i].RTT < b[j].RTT }
func (b byRTT) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }
func (b byID) Len() int            { return len(b) }
func (b byID) Less(i, j int) bool {
	c := bytes.Compare(b[i].ID[:], b[j].ID[:])
	return c < 0 || c == 0 && b[i].RTT < b[j].RTT
}
func (b byID) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
