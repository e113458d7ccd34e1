package link

import "time"

// Frame lengths: the two lengths of Ethernet payload that ever cross a link
// (wire.md, "Frame"). 1440 fits any 1500-byte link and a UDP/IPv6 underlay
// behind PPPoE, so a frame never changes its size on the way.
const (
	FrameShort = 320
	FrameLong  = 1440
)

// frameTail is room behind the longest frame, so that a port can tell an oversize one.
const frameTail = 16

// A Frame is one buffer of the fixed pool and what a port must know of it.
// Whoever holds the pointer owns it; handing it on hands on the ownership.
type Frame struct {
	_ [0]func() // not compared: saves the code
	// Addr is the sender's address on the way in, the receiver's on the way out.
	Addr Addr
	// Broadcast: it arrived, or is to be sent, as an Ethernet broadcast.
	Broadcast bool
	bulk      bool // link control that is not urgent
	// N is the number of valid bytes.
	N int

	// What Queue and Seal must know of a frame on its way out.
	link   *Link // whose keys it still waits for; nil: it is ready for the wire
	header Header
	flow   *Flow // nil: not of a circuit
	next   *Frame
	queued time.Time

	buf *Buffer // nil: made at the first use
}

// A Buffer is the bytes of a Frame. It has no pointers, so that a pool can keep it
// outside the Go heap.
type Buffer [FrameLong + frameTail]byte

// Use gives the frame a buffer; what it had is dropped.
func (f *Frame) Use(b *Buffer) { f.buf = b }

func (f *Frame) buffer() *Buffer {
	if f.buf == nil {
		f.grow()
	}
	return f.buf
}

// grow is apart, so that buffer is short wherever it is inlined.
//
//go:noinline
func (f *Frame) grow() { f.buf = new(Buffer) }

// Bytes returns the valid part of the buffer; it is the frame's own memory. (Inlined, it
// and Body are 5 kB of program for 20 instructions a frame.)
//
//go:noinline
func (f *Frame) Bytes() []byte { return f.buffer()[:f.N] }

// Room returns the whole buffer, for a port to read into.
func (f *Frame) Room() []byte { return f.buffer()[:] }

// Reset makes the frame a new one with its buffer, zeroed.
func (f *Frame) Reset() {
	*f = Frame{buf: f.buf}
	clear(f.Room())
}
