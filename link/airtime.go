package link

// What frames cost on a radio, whose neighbours share the air: time, not bytes. A
// station at 6 Mbit/s keeps the air busy for fifty times as long as one at 300, and
// would leave it a fiftieth if both had the same bytes (Heusse et al. 2003; Høiland-
// Jørgensen et al. 2017).

// A StationRate is what the driver says of frames to one station. The zero
// StationRate says nothing.
type StationRate struct {
	Kbits      uint32 // kbit/s on the air
	Expected   uint32 // kbit/s that are expected to arrive, everything counted; 0: not known
	Aggregates bool   // several frames may share a preamble (802.11n and later)
}

// Constants of the air, in nanoseconds and bytes (wire.md, "Constants").
const (
	// airFixed is what goes with a frame sent alone: AIFS 43 µs, mean backoff 68,
	// preamble 36, SIFS 16, acknowledgement 28 (IEEE 802.11-2020, table 9-155 for best
	// effort, table 17-21).
	airFixed   = 190_000
	airHeader  = 38         // QoS data header 26, LLC 8, FCS 4
	airMost    = 50_000_000 // a frame; some 250 kbit/s
	airLeast   = 1_000
	airQuantum = 1_000_000 // of a neighbour's turn: what aggregates of fast ones take
	airPort    = 24_000    // kbit/s of a station about which nothing is known
	bitNanos   = 8_000_000 // of a byte at 1 kbit/s
	kbitsLeast = 100       // less takes more than airMost, and no more than 64 bits to reckon
)

// An air is how long frames of the two lengths keep the air busy, in nanoseconds;
// zero: not known.
type air struct{ short, long int32 }

// unknownAir is for neighbours whose rates are not known: without a fixed part, so that
// they share by bytes.
var unknownAir = air{FrameShort * bitNanos / airPort, FrameLong * bitNanos / airPort}

// sending is how long bytes take at a rate in kbit/s.
func sending(bytes int, kbits uint32) int64 {
	return int64(bytes) * bitNanos / int64(max(kbits, kbitsLeast))
}

// sharing says how many frames share the fixed time of one transmission, as a power of
// two. mac80211 assumes the same in its own estimate, by the time that 1,024 bytes take
// (net/mac80211/airtime.c).
func sharing(kbits uint32) (shift int) {
	for _, least := range [...]int64{400_000, 250_000, 150_000, 70_000} {
		if shift++; sending(1024, kbits) > least {
			return shift
		}
	}
	return shift + 1
}

// air is what follows from the rate. What is expected to arrive knows of losses and
// of aggregates as they are, so a long frame costs that, and a short one in proportion;
// unless it is more than the rate, as where the operator has fixed a lower one.
func (r StationRate) air() air {
	kbits, fixed := r.Kbits, int64(airFixed)
	if kbits == 0 {
		kbits = r.Expected
	}
	if kbits == 0 {
		return air{}
	}
	if r.Aggregates {
		fixed >>= sharing(kbits)
	}
	short, long := fixed+sending(FrameShort+airHeader, kbits), fixed+sending(FrameLong+airHeader, kbits)
	if r.Expected > 0 && r.Expected <= kbits {
		e := sending(FrameLong, r.Expected)
		short, long = short*e/long, e
	}
	return air{int32(min(max(short, airLeast), airMost)), int32(min(max(long, airLeast), airMost))}
}

// SetRate says at what rate frames go to the neighbours at an address of a radio. It
// is meant to be called every second or two: what follows is smoothed over a few calls.
func (ls *Links) SetRate(id int, a Addr, r StationRate) {
	p, now := ls.port(id), r.air()
	if p == nil || now == (air{}) {
		return
	}
	for _, l := range p.byAddr[a] {
		if l.air == (air{}) {
			l.air = now
		}
		l.air = air{(l.air.short + now.short) / 2, (l.air.long + now.long) / 2}
	}
}

// kbits is what the air carries of long frames; 0: not known.
func (a air) kbits() uint32 {
	if a.long == 0 {
		return 0
	}
	return uint32(FrameLong * bitNanos / int64(a.long))
}

// cost is what a frame takes of the port: bytes, and on a radio nanoseconds of air.
func (q *Queue) cost(f *Frame) int {
	if !q.Radio {
		return f.N
	}
	a := &unknownAir
	if f.link != nil && f.link.air.long != 0 {
		a = &f.link.air
	}
	if f.N == FrameShort {
		return int(a.short)
	}
	return int(a.long)
}

// unit is what a long frame costs, or on a radio a turn: the step of shares.
func (q *Queue) unit() int {
	if q.Radio {
		return airQuantum
	}
	return FrameLong
}

// A station is what waits for one neighbour of a radio, in one class; on a wire there
// is one station for all.
type station struct {
	class  *class
	id     int      // the neighbour's Link.Index
	ports  []*group // by Flow.port
	ring            // of the ports of which something waits
	flows  int      // in which something waits
	active bool
	owed   int // of the air, in ns; a debt outlasts the backlog
}

// stationOf is where a frame's neighbour has its turn.
func (q *Queue) stationOf(f *Frame) int {
	if !q.Radio || f.link == nil {
		return 0
	}
	return f.link.Index
}

// station returns the one of a neighbour.
func (c *class) station(id int) *station {
	for len(c.stations) <= id {
		c.stations = append(c.stations, nil)
	}
	if c.stations[id] == nil {
		c.stations[id] = &station{class: c, id: id}
	}
	return c.stations[id]
}

// wait has the station take turns, behind the others.
func (s *station) wait() {
	if !s.active {
		s.active, s.owed = true, min(s.owed, 0)+airQuantum
		s.class.turns = append(s.class.turns, s)
	}
}

// halt ends the turns of a station and of its groups: nothing waits.
func (s *station) halt() {
	for s.active = false; s.first != nil; {
		s.drop()
	}
}

// pay takes what was sent to the station from what it has of the air.
func (s *station) pay(ns int) {
	s.owed = max(s.owed-ns, -2*airMost)
}

// charge has link control count among what its neighbour has of the air, while
// circuits to it wait.
func (q *Queue) charge(f *Frame) *Frame {
	if !q.Radio || f.link == nil || !f.link.up {
		return f
	}
	for i := range q.classes {
		for _, s := range q.classes[i].turns {
			if s.id == f.link.Index {
				s.pay(q.cost(f))
				return f
			}
		}
	}
	return f
}

// next returns the station whose turn it is; nil: nothing waits. On a wire there is one
// station, which owes nothing.
func (c *class) next() *station {
	for len(c.turns) > 0 {
		if c.at >= len(c.turns) {
			c.at = 0
		}
		s := c.turns[c.at]
		switch {
		case s.flows == 0:
			s.halt()
			c.turns = append(c.turns[:c.at], c.turns[c.at+1:]...)
		case s.owed <= 0:
			s.owed += airQuantum
			c.at++
		default:
			return s
		}
	}
	return nil
}
