package call

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"hopwire/link/step"
)

// Calls: a request and its response, of up to Max bytes each, over a session
// that loses frames (wire.md).
const (
	// Max is the largest request or response, MaxRecord the largest record that
	// Config.Send is given: both ends cut messages alike.
	Max       = 1 << 20
	MaxRecord = 1380

	offCallKind   = 0
	offCallID     = offCallKind + 1
	offCallTotal  = offCallID + 4
	offCallIndex  = offCallTotal + 4
	offCallData   = offCallIndex + 2
	callAckSize   = offCallData + callMap/8
	callMap       = 256 // fragments that one acknowledgement speaks of
	callFragment  = MaxRecord - offCallData
	callMost      = (Max + callFragment - 1) / callFragment
	callWindow    = 16 // fragments under way at first,
	callWindowMax = 256
	callOpen      = 32      // calls of one peer at once, each way
	callMemory    = 4 << 20 // bytes that a peer's calls may hold
	callFinished  = 256     // ids of finished calls that are remembered
	// callTries is of one fragment. Six would lose one call in twenty of the largest
	// at 20 % loss (766 fragments, each lost six times with 0.2^6).
	callTries = 12
	callRoom  = 10 * time.Millisecond // until Send is asked again
	callMin   = 200 * time.Millisecond
	callMax   = 3 * time.Second
	callKeep  = 30 * time.Second // a call of theirs that does not move
	callServe = 30 * time.Second // the server's own time for an answer

	callRequest     = 1
	callResponse    = 2
	callRequestAck  = 3
	callResponseAck = 4
	callRefused     = 5 // acknowledged as a response is
)

// Errors of a call.
var (
	ErrRefused = errors.New("call: the other end does not take it")
	ErrTimeout = errors.New("call: no answer")
	ErrTooMany = errors.New("call: too much under way")
	ErrClosed  = errors.New("call: session closed") // for Close
)

// Config is what Endpoint needs of a session.
type Config struct {
	First [4]byte // random: where ids begin
	// Send passes one record of at most MaxRecord bytes to the session; false:
	// there is no room now.
	Send func(now time.Time, fragment []byte) bool
	// Serve answers a request of the other end, which is valid during the call;
	// reply may be called later, once.
	Serve func(now time.Time, request []byte, reply func(now time.Time, response []byte))
	// Pool is the memory that this end shares with others; nil: it has its own bound only.
	Pool *Pool
	// Source says where the peer's calls come from: peers of one source share what the
	// pool gives to it. Nil, or 0: the peer is a source of its own.
	Source func() uint64
}

// Endpoint is one end of a session's calls; both ends may call. It reads no clock and
// is not safe for concurrent use. What it holds is bounded by the constants above.
type Endpoint struct {
	c      Config
	id     uint32
	out    []*callOut // our requests
	in     []*callIn  // theirs
	held   int
	from   *source // in the pool, while anything is held,
	place  int     // and its place among those that do
	srtt   time.Duration
	rttvar time.Duration
	closed error // not nil: after Close

	finished [callFinished]uint32 // ring of their ids that must not be served again
	ends     int                  // how many ever went into it
}

// New returns an end without calls.
func New(c Config) *Endpoint {
	return &Endpoint{c: c, id: binary.LittleEndian.Uint32(c.First[:])}
}

// A callOut is a call of ours: the request goes, then the response comes.
type callOut struct {
	id     uint32
	send   *sender
	recv   receiver
	done   func(now time.Time, response []byte, err error)
	giveUp time.Time // when nothing of it has moved until then
}

// A callIn is a call of theirs.
type callIn struct {
	id       uint32
	recv     receiver
	served   bool
	answered bool
	send     *sender // of the response or the refusal; nil once it was given up
	until    time.Time
}

// Call copies and sends a request and reports the response, which then belongs to
// done, or an error, once. Its own errors are ErrTooMany and what Close was given;
// then done is not called.
func (c *Endpoint) Call(now time.Time, request []byte, done func(now time.Time, response []byte, err error)) (uint32, error) {
	if c.closed != nil {
		return 0, c.closed
	}
	if len(request) > Max || len(c.out) >= callOpen || !c.room(now, nil, len(request), len(request)) {
		return 0, ErrTooMany
	}
	c.id++
	o := &callOut{id: c.id, send: c.sender(callRequest, c.id, request), done: done, giveUp: now.Add(callServe)}
	c.out = append(c.out, o)
	o.send.advance(now)
	return o.id, nil
}

// Idle says that no call is under way.
func (c *Endpoint) Idle() bool { return len(c.out) == 0 && len(c.in) == 0 }

// Calling says that a call of ours is under way.
func (c *Endpoint) Calling() bool { return len(c.out) > 0 }

// Receive takes one record of the other end. What is malformed is dropped.
func (c *Endpoint) Receive(now time.Time, b []byte) {
	if len(b) < offCallData || c.closed != nil {
		return
	}
	kind, id := b[offCallKind], binary.LittleEndian.Uint32(b[offCallID:])
	total, index := binary.LittleEndian.Uint32(b[offCallTotal:]), binary.LittleEndian.Uint16(b[offCallIndex:])
	switch kind {
	case callRequest:
		c.takeRequest(now, id, total, index, b[offCallData:])
	case callResponse:
		c.takeResponse(now, id, total, index, b[offCallData:])
	case callRequestAck:
		if o := c.outgoing(id); o != nil && len(b) == callAckSize {
			o.giveUp = now.Add(callServe)
			if o.send.acked(now, index, b[offCallData:]); o.send.left == 0 {
				c.hold(-o.send.drop())
			}
		}
	case callResponseAck:
		if i := c.incoming(id); i != nil && i.send != nil && len(b) == callAckSize {
			c.takeAck(now, i, index, b[offCallData:])
		}
	case callRefused:
		c.acknowledge(now, callResponseAck, id, 0, &receiver{complete: true})
		if o := c.outgoing(id); o != nil {
			c.end(now, o, nil, ErrRefused)
		}
	}
}

// takeAck ends a call of theirs once they have all of the response.
func (c *Endpoint) takeAck(now time.Time, i *callIn, index uint16, bits []byte) {
	i.until = now.Add(callKeep)
	if i.send.acked(now, index, bits); i.send.left == 0 {
		c.forget(i)
	}
}

func (c *Endpoint) outgoing(id uint32) *callOut {
	i := slices.IndexFunc(c.out, func(o *callOut) bool { return o.id == id })
	if i < 0 {
		return nil
	}
	return c.out[i]
}

func (c *Endpoint) incoming(id uint32) *callIn {
	i := slices.IndexFunc(c.in, func(o *callIn) bool { return o.id == id })
	if i < 0 {
		return nil
	}
	return c.in[i]
}

// takeRequest gathers a request and serves it once; what comes again is only
// acknowledged again. A call of theirs exists from its first fragment that fits.
func (c *Endpoint) takeRequest(now time.Time, id, total uint32, index uint16, data []byte) {
	i := c.incoming(id)
	if i == nil {
		if i = c.admit(now, id, total, index, data); i == nil {
			return
		}
	}
	request, ok := i.recv.gather(now, c, total, index, data)
	if !ok {
		return
	}
	if c.incoming(id) == nil {
		c.in = append(c.in, i)
	}
	i.until = now.Add(callKeep)
	c.acknowledge(now, callRequestAck, id, index, &i.recv)
	if request == nil || i.served {
		return
	}
	i.served = true
	c.hold(-i.recv.drop())
	c.c.Serve(now, request, func(now time.Time, response []byte) { c.respond(now, i, response) })
}

// admit decides about the first fragment of a call: nil if it does not fit, is
// late, or cannot be served.
func (c *Endpoint) admit(now time.Time, id, total uint32, index uint16, data []byte) *callIn {
	i := &callIn{id: id}
	switch {
	case !i.recv.fits(total, index, data):
	case slices.Contains(c.finished[:min(c.ends, callFinished)], id):
		c.acknowledge(now, callRequestAck, id, index, &receiver{complete: true})
	case len(c.in) >= callOpen || c.c.Serve == nil || !c.room(now, nil, len(data), int(total)):
		c.header(now, callRefused, id, 0, 0)
	default:
		return i
	}
	return nil
}

// respond sends the response; one that is too large is a refusal.
func (c *Endpoint) respond(now time.Time, i *callIn, response []byte) {
	if i.answered || c.incoming(i.id) != i {
		return
	}
	kind := byte(callResponse)
	if len(response) > Max || !c.room(now, nil, len(response), len(response)) {
		kind, response = callRefused, nil
	}
	i.answered, i.send = true, c.sender(kind, i.id, response)
	i.until = now.Add(callKeep)
	i.send.advance(now)
}

func (c *Endpoint) takeResponse(now time.Time, id, total uint32, index uint16, data []byte) {
	o := c.outgoing(id)
	if o == nil { // ended: acknowledge all, or it comes for ever
		c.acknowledge(now, callResponseAck, id, index, &receiver{complete: true})
		return
	}
	c.hold(-o.send.drop()) // who answers has all of the request
	response, ok := o.recv.gather(now, c, total, index, data)
	if !ok {
		return
	}
	o.giveUp = now.Add(callServe)
	c.acknowledge(now, callResponseAck, id, index, &o.recv)
	if response != nil {
		c.end(now, o, response, nil)
	}
}

// end reports the call and forgets it; a report may have ended it already.
func (c *Endpoint) end(now time.Time, o *callOut, response []byte, err error) {
	if c.outgoing(o.id) != o {
		return
	}
	c.out = step.Remove(c.out, o)
	c.release(&o.recv)
	c.hold(-o.send.drop())
	o.done(now, response, err)
}

// Advance sends what is due and returns when to come back; zero: nothing pending.
func (c *Endpoint) Advance(now time.Time) (next time.Time) {
	for _, o := range step.Clone(c.out) {
		at, ok := o.send.advance(now)
		if !ok || !now.Before(o.giveUp) {
			c.end(now, o, nil, ErrTimeout)
			continue
		}
		next = step.Earliest(next, at, o.giveUp)
	}
	for _, i := range step.Clone(c.in) {
		if !now.Before(i.until) {
			c.forget(i)
			continue
		}
		next = step.Earliest(next, c.advanceIn(now, i), i.until)
	}
	return next
}

// advanceIn sends what is due of a response. One that was tried too often is let
// go, but its call is remembered: the request may still be coming again.
func (c *Endpoint) advanceIn(now time.Time, i *callIn) (next time.Time) {
	if i.send == nil {
		return next
	}
	next, ok := i.send.advance(now)
	if !ok {
		c.hold(-i.send.drop())
		i.send = nil
	}
	return next
}

// forget frees a call of theirs; what was served stays known by its id.
func (c *Endpoint) forget(i *callIn) {
	c.in = step.Remove(c.in, i)
	c.release(&i.recv)
	if i.send != nil {
		c.hold(-i.send.drop())
	}
	if i.served {
		c.finished[c.ends%callFinished] = i.id
		c.ends++
	}
}

// Close ends every call with err (not nil), reported at the zero time; Receive then does
// nothing and Call returns err.
func (c *Endpoint) Close(err error) {
	if c.closed == nil {
		c.closed = err
	}
	for _, o := range step.Clone(c.out) {
		c.end(time.Time{}, o, nil, err)
	}
	for _, i := range step.Clone(c.in) {
		c.forget(i)
	}
}

// header sends a record without data.
func (c *Endpoint) header(now time.Time, kind byte, id, total uint32, index uint16) {
	var b [offCallData]byte
	putCall(b[:], kind, id, total, index)
	c.c.Send(now, b[:])
}

func putCall(b []byte, kind byte, id, total uint32, index uint16) {
	b[offCallKind] = kind
	binary.LittleEndian.PutUint32(b[offCallID:], id)
	binary.LittleEndian.PutUint32(b[offCallTotal:], total)
	binary.LittleEndian.PutUint16(b[offCallIndex:], index)
}

// acknowledge tells which fragments near index have come.
func (c *Endpoint) acknowledge(now time.Time, kind byte, id uint32, index uint16, r *receiver) {
	var b [callAckSize]byte
	base := index &^ (callMap - 1)
	putCall(b[:], kind, id, 0, base)
	for i := range callMap {
		if r.has(int(base) + i) {
			b[offCallData+i/8] |= 1 << (i % 8)
		}
	}
	c.c.Send(now, b[:])
}

// sample takes a round-trip time (RFC 6298).
func (c *Endpoint) sample(d time.Duration) {
	if c.srtt == 0 {
		c.srtt, c.rttvar = d, d/2
		return
	}
	c.rttvar += ((c.srtt - d).Abs() - c.rttvar) / 4
	c.srtt += (d - c.srtt) / 8
}

// patience is the wait before the second and the third try.
func (c *Endpoint) patience() time.Duration {
	if c.srtt == 0 {
		return time.Second
	}
	return min(max(c.srtt+4*c.rttvar, callMin), callMax)
}

// Slow makes every message of ours go slower.
func (c *Endpoint) Slow(now time.Time) {
	for _, o := range c.out {
		o.send.shrink(now)
	}
	for _, i := range c.in {
		if i.send != nil {
			i.send.shrink(now)
		}
	}
}
