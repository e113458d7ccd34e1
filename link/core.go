package link

import (
	"io"
	mrand "math/rand/v2"
	"slices"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
)

// A Config says who the node is and whom it lets in.
type Config struct {
	Identity    *identity.Identity
	NetworkKeys []identity.NetworkKey // one, or two while a mesh is rekeyed: the first is sent, both are accepted
	Version     byte                  // newest that is spoken, with the one before; 0: Version
	Neighbours  []Static              // configured neighbours; they are always allowed
	Allow       []identity.Key        // when not empty, nobody else (but Neighbours) may be a neighbour
	Beacon      bool                  // announce ourselves on ports that have a broadcast side
	Rand        io.Reader             // keys and nonces
	Jitter      *mrand.Rand           // timing only; kept apart so that a new draw changes no key
	Env         Env
}

// A Static is a configured neighbour. Without an Addr it is looked for by
// broadcasting first messages on every port that can.
type Static struct {
	Key  identity.Key
	Addr Addr // zero: not known
}

// Upper is the layer above the links. Its methods are called by the owner of the
// Links, inside Receive, Advance and the port methods.
type Upper interface {
	LinkUp(now time.Time, l *Link)
	// LinkDown: the labels of the link are void; l must not be used afterwards.
	LinkDown(now time.Time, l *Link)
	// Frame passes up an authenticated data frame (label not 0); f belongs to the callee.
	Frame(now time.Time, l *Link, h Header, f *Frame)
	// Message passes up a control message, each exactly once; data is valid during the call.
	Message(now time.Time, l *Link, kind byte, data []byte)
}

// Counters count what happened to frames and handshakes since the start.
type Counters struct {
	In, Out, Control                                uint64 // frames that opened, were sealed, were link control
	BadLength, Unknown, Replayed, BadRecord, NoRoom uint64 // drops
	BeaconsSent, BeaconsHeard, BeaconsBad           uint64
	FirstHeard, FirstBadFilter, FirstSeen           uint64 // messages 1 by what stopped them
	FirstLimited, FirstBad, FirstRefused            uint64
	SecondBad, Handshakes, Rekeys, LinksLost        uint64
	BadVersion                                      uint64 // beacons and handshakes of nodes too old or too new
	RekeysEarly                                     uint64 // rekeys of a neighbour sooner than is due: dropped
	MessagesLost                                    uint64
}

// Links is the link layer of one node: ports, neighbours and what stands between
// them. It does no I/O, reads no clock and starts no goroutine: the caller passes
// in the time and every frame, and what comes out goes to Env. It is not safe for
// concurrent use. Everything in it is bounded by the constants in const.go.
type Links struct {
	c           Config
	up          Upper
	boot        [4]byte
	keys        []netKey
	ports       []*port
	links       []*Link // live and unconfirmed, in order of creation
	seen        seenCache
	beaconsSeen recent
	beaconCount uint32 // of all ports: one that comes back must not begin anew
	next        step.Timer
	dirty       []*Link   // have records to flush
	done        []message // scratch of acked

	N Counters
}

// New returns the link layer without ports; up is called from now on.
func New(c Config, up Upper) *Links {
	ls := &Links{c: c, up: up}
	step.Draw(ls.c.Rand, ls.boot[:])
	for _, k := range c.NetworkKeys {
		ls.keys = append(ls.keys, newNetKey(k))
	}
	return ls
}

// allowed says whether the holder of key may be a neighbour.
func (ls *Links) allowed(k identity.Key) bool {
	if k == ls.c.Identity.Key() {
		return false
	}
	isK := func(s Static) bool { return s.Key == k }
	return len(ls.c.Allow) == 0 || slices.Contains(ls.c.Allow, k) || slices.ContainsFunc(ls.c.Neighbours, isK)
}

// All returns the links that are up, in the order in which they came up.
func (ls *Links) All() []*Link {
	var up []*Link
	for _, l := range ls.links {
		if l.up {
			up = append(up, l)
		}
	}
	return up
}

// Receive takes one frame that a port read, in the order of checks of wire.md
// ("What a receiver does"): only keys say what a frame is, and no state changes
// before a check has passed. It owns f from now on.
func (ls *Links) Receive(now time.Time, id int, f *Frame) {
	p := ls.port(id)
	if p == nil || !ls.classify(now, p, f) { // the port may have been removed since it was read
		ls.c.Env.Free(f)
	}
}

// classify finds out what a frame is; true: it has passed f on.
func (ls *Links) classify(now time.Time, p *port, f *Frame) bool {
	switch {
	case f.N != FrameShort && f.N != FrameLong:
		ls.N.BadLength++
	case f.Broadcast && f.N == FrameShort:
		ls.beacon(now, p, f)
	case f.Broadcast:
		ls.door(now, p, f)
	default:
		if l, h, ok := ls.open(now, p, f); ok {
			return l.receive(now, h, f)
		}
		if f.N == FrameLong {
			ls.door(now, p, f)
		} else {
			ls.N.Unknown++
		}
	}
	return false
}

// open finds the session that opens f, if any: those of its address, and on UDP
// any of the port, since addresses roam.
func (ls *Links) open(now time.Time, p *port, f *Frame) (*Link, Header, bool) {
	for _, l := range p.byAddr[f.Addr] {
		if h, ok := l.open(now, f.Bytes()); ok {
			return l, h, true
		}
	}
	if p.isUDP() {
		return p.roam(now, f)
	}
	return nil, Header{}, false
}

// roam tries all sessions of a port on a frame of an unknown address; garbage costs an
// unmasked counter, a SipHash of 16 bytes, for each of their keys. Only a frame newer
// than all before moves the link: an older one may have been held back by whoever sends
// it now.
func (p *port) roam(now time.Time, f *Frame) (*Link, Header, bool) {
	for _, l := range p.links {
		if l.addr == f.Addr {
			continue
		}
		keys, highest := l.cur, l.cur.window.highest
		if h, ok := l.open(now, f.Bytes()); ok {
			if l.cur != keys || l.cur.window.highest > highest {
				p.move(l, f.Addr)
			}
			return l, h, true
		}
	}
	return nil, Header{}, false
}

// Advance does what is due and returns the time of the next call; zero: nothing pending.
func (ls *Links) Advance(now time.Time) time.Time {
	if !ls.next.Due(now) {
		return ls.next.At()
	}
	for _, p := range ls.ports {
		if p != nil {
			ls.advancePort(now, p)
		}
	}
	for _, l := range step.Clone(ls.links) {
		if !l.gone {
			l.advance(now)
		}
	}
	ls.Flush(now)
	return ls.next.At()
}

// Flush sends the control records that were collected since the last call. The
// caller calls it at the end of each turn, so that what one event caused shares frames.
func (ls *Links) Flush(now time.Time) {
	for i := 0; i < len(ls.dirty); i++ {
		ls.dirty[i].flush(now)
	}
	ls.dirty = ls.dirty[:0]
}

// Close tells every neighbour that we leave; the links are not taken down.
func (ls *Links) Close(now time.Time) {
	for _, l := range ls.links {
		if l.up {
			l.record(now, recordBye, nil)
		}
	}
	ls.Flush(now)
}
