package query

import (
	"encoding/binary"

	"hopwire/link/identity"
)

// A Metric is what ways are compared by.
type Metric byte

// Metrics of OpPaths.
const (
	Latency  Metric = iota // least cost: half the round trip, airtime, loss
	Capacity               // most kbit/s at the narrowest link
	Loss                   // least
	Price                  // least, of all relays together
	metrics
)

// Layout of a question for ways.
const (
	offPathsFrom     = 0
	offPathsTo       = offPathsFrom + keySize
	offPathsK        = offPathsTo + keySize
	offPathsMetric   = offPathsK + 1
	offPathsFlags    = offPathsMetric + 1
	offPathsLatency  = offPathsFlags + 1
	offPathsCapacity = offPathsLatency + 4
	offPathsPrice    = offPathsCapacity + 4
	offPathsLoss     = offPathsPrice + 4
	offPathsHops     = offPathsLoss + 1
	offPathsAvoid    = offPathsHops + 1 // count u8, then short ids

	pathsDisjoint = 1
)

// A PathsRequest asks for ways between two relays. Such conditions tell the server who is
// asking, so only its own people put them. Of a limit, 0 is none.
type PathsRequest struct {
	From, To identity.Key
	K        int // 1 to MaxWays
	Metric   Metric
	Disjoint bool   // no relay of one is on another
	Latency  uint32 // µs at most
	Capacity uint32 // kbit/s at least, at the narrowest link
	Price    uint32 // at most, of all relays together
	Loss     byte   // at most, in 1/256, of all links together
	Hops     int    // at most; MaxHops at most
	Avoid    IDs    // at most MaxAvoid
}

// Append appends the whole request.
func (p *PathsRequest) Append(b []byte) []byte {
	b = append(append(append(b, byte(OpPaths)), p.From[:]...), p.To[:]...)
	flags := byte(0)
	if p.Disjoint {
		flags = pathsDisjoint
	}
	b = append(b, byte(p.K), byte(p.Metric), flags)
	for _, v := range [...]uint32{p.Latency, p.Capacity, p.Price} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return append(append(b, p.Loss, byte(p.Hops), byte(p.Avoid.Len())), p.Avoid...)
}

func (p *PathsRequest) parse(b []byte) bool {
	if len(b) <= offPathsAvoid || b[offPathsFlags]&^pathsDisjoint != 0 || len(b) != offPathsAvoid+1+int(b[offPathsAvoid])*idSize {
		return false
	}
	*p = PathsRequest{From: identity.Key(b[offPathsFrom:]), To: identity.Key(b[offPathsTo:]), K: int(b[offPathsK]), Metric: Metric(b[offPathsMetric]),
		Disjoint: b[offPathsFlags] != 0, Latency: u32(b[offPathsLatency:]), Capacity: u32(b[offPathsCapacity:]), Price: u32(b[offPathsPrice:]),
		Loss: b[offPathsLoss], Hops: int(b[offPathsHops]), Avoid: IDs(b[offPathsAvoid+1:])}
	return p.K > 0 && p.K <= MaxWays && p.Metric < metrics && p.Avoid.Len() <= MaxAvoid && p.Avoid.valid()
}

// Ways is a list of ways: the relays of each after the one where it begins, the destination
// last.
type Ways []byte

// AppendWay appends one to a list, which begins with how many there are (u8).
func AppendWay(b []byte, way []identity.ShortID) []byte {
	b = append(b, byte(len(way)))
	for _, id := range way {
		b = append(b, id[:]...)
	}
	return b
}

// Next takes the first way off; false: there is none. Its relays are in the order of the
// way.
func (w *Ways) Next() (way IDs, ok bool) {
	if len(*w) == 0 || len(*w) < 1+int((*w)[0])*idSize {
		return nil, false
	}
	n := 1 + int((*w)[0])*idSize
	way, *w = IDs((*w)[1:n]), (*w)[n:]
	return way, true
}

// ParseWays reads the response to OpPaths: the ways, best first, and the announcements of
// all relays on them; the error is ErrFormat.
func ParseWays(b []byte) (s Status, w Ways, a Announcements, err error) {
	s, b, err = parseStatus(b)
	if err != nil || s != StatusOK {
		return s, nil, nil, err
	}
	if len(b) == 0 || len(b) > MaxAnswer+MaxWays*(1+MaxHops*idSize) || b[0] == 0 || b[0] > MaxWays {
		return 0, nil, nil, ErrFormat
	}
	count, rest := int(b[0]), Ways(b[1:])
	for range count {
		if way, ok := rest.Next(); !ok || way.Len() == 0 || way.Len() > MaxHops {
			return 0, nil, nil, ErrFormat
		}
	}
	w, a = Ways(b[1:len(b)-len(rest)]), Announcements(rest)
	if !a.valid() {
		return 0, nil, nil, ErrFormat
	}
	return s, w, a, nil
}
