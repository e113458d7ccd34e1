package link

import "time"

// Stub of the core: one neighbour link as the layers above see it.
type Link struct{ Index int }

type Quality struct {
	RTT, RTTMin time.Duration // smoothed; minimum of the last ten minutes; 0: unknown
	LossOut     float64       // share of our frames that the neighbour did not get, 0..1
	LossIn      float64
	Capacity    uint32 // kbit/s, 0: unknown
}

// Upper is the layer above the links.
type Upper interface {
	LinkUp(now time.Time, l *Link)
	LinkDown(now time.Time, l *Link)
	// Frame passes up an authenticated data frame (label not 0); f belongs to the callee.
	Frame(now time.Time, l *Link, h Header, f *Frame)
	// Message passes up a control message, each exactly once; data is valid during the call.
	Message(now time.Time, l *Link, kind byte, data []byte)
}

func (l *Link) Peer() Key        { panic("stub") }
func (l *Link) Quality() Quality { panic("stub") }

// Send seals and sends a data frame whose body (f.Bytes()[40:]) is ready; f belongs to the link from then on.
func (l *Link) Send(now time.Time, h Header, f *Frame) { panic("stub") }

// Post sends a control message that must arrive (copied): acknowledged and resent by the link. done (may be nil)
// is called once: ok, or given up / link down. False: too many are outstanding, nothing is sent and done is not called.
func (l *Link) Post(now time.Time, kind byte, data []byte, done func(now time.Time, ok bool)) bool {
	panic("stub")
}

// Kinds of control messages (records that are acknowledged) by the layer that uses them.
const (
	KindHop   = 16 // 16..31 belong to hop
	KindRoute = 32 // 32..63 to route
)

// MaxMessage is the most data of one control message.
const MaxMessage = 1393
