package link

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Frame lengths: the two lengths of Ethernet payload that ever cross a link
// (wire.md, "Frame"). 1440 fits any 1500-byte link and a UDP/IPv6 underlay
// behind PPPoE, so a frame never changes its size on the way.
const (
	FrameShort = 320
	FrameLong  = 1440
)

// frameTail is room behind the longest frame, so that a port can tell an oversize one.
const frameTail = 16

// An Addr is the address of a neighbour on its port: a MAC address or a UDP
// address and port. It is comparable and may be a map key. The zero Addr is none.
type Addr struct {
	ap  netip.AddrPort
	mac [6]byte
	eth bool
}

// MACAddr returns the address of an Ethernet-like neighbour.
func MACAddr(mac [6]byte) Addr { return Addr{mac: mac, eth: true} }

// UDPAddr returns the address of a neighbour behind a UDP path. IPv4-mapped
// addresses are unmapped, so that one neighbour has one address.
func UDPAddr(ap netip.AddrPort) Addr {
	return Addr{ap: netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())}
}

// MAC returns the MAC address; ok is false for a UDP address.
func (a Addr) MAC() (mac [6]byte, ok bool) { return a.mac, a.eth }

// UDP returns the UDP address; it is invalid for a MAC address.
func (a Addr) UDP() netip.AddrPort { return a.ap }

// String is the usual text form.
func (a Addr) String() string {
	if !a.eth {
		return a.ap.String()
	}
	m := a.mac
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// A Frame is one buffer of the fixed pool and what a port must know of it.
// Whoever holds the pointer owns it; handing it on hands on the ownership.
type Frame struct {
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
		f.buf = new(Buffer)
	}
	return f.buf
}

// Bytes returns the valid part of the buffer; it is the frame's own memory.
func (f *Frame) Bytes() []byte { return f.buffer()[:f.N] }

// Room returns the whole buffer, for a port to read into.
func (f *Frame) Room() []byte { return f.buffer()[:] }

// Reset makes the frame a new one with its buffer, zeroed.
func (f *Frame) Reset() {
	*f = Frame{buf: f.buf}
	clear(f.Room())
}

// ErrNoBroadcast is returned by ports that have no broadcast side.
var ErrNoBroadcast = errors.New("link: port has no broadcast")

// A Port carries frames to and from the neighbours on one interface (or one UDP
// socket). One goroutine may call Read, one ReadBroadcast and one the Write
// methods, at the same time; Close may be called from any and wakes them all.
type Port interface {
	// Read blocks until at least one unicast frame has arrived, then fills as
	// many of frames as are there without waiting: N, Addr and the bytes. Frames
	// longer than FrameLong have N > FrameLong. It returns net.ErrClosed after Close.
	Read(frames []*Frame) (int, error)
	// Write sends frames to their Addr without blocking and returns how many the
	// kernel took. The error is that of the first it did not take: ErrFull when
	// there is no room now.
	Write(frames []*Frame) (int, error)
	// ReadBroadcast blocks for one broadcast frame; ErrNoBroadcast if there are none.
	ReadBroadcast(f *Frame) error
	// WriteBroadcast sends one frame to everybody on the segment.
	WriteBroadcast(f *Frame) error
	Close() error
}

// ErrFull is the error of a Write that the kernel has no room for now.
var ErrFull = errors.New("link: the port's queue is full")

// A Pollable is a Port that a Poller can wait for, instead of a goroutine in Read.
type Pollable interface {
	Port
	// TryRead is Read without waiting, from one of the receive queues: 0 frames when
	// there are none. Different queues may be read at the same time.
	TryRead(queue int, frames []*Frame) (int, error)
	// Descriptors are what to wait for: those of the receive queues (at most 4), which
	// are readable when there are frames, and one that is writable when Write takes
	// frames again; it may be the first of the others. The frames of one sender all
	// come by one queue.
	Descriptors() (read []int, write int)
	// Queued is how much of what was written the kernel still has, as it counts: 0
	// when all has left.
	Queued() int
	// SetSendBuffer bounds what the kernel may queue, in bytes as it counts them:
	// some 2,300 for a long frame.
	SetSendBuffer(bytes int)
	// SetReceiveBuffer does so for what waits in a receive queue.
	SetReceiveBuffer(queue, bytes int)
}

// PortInfo describes a port to the core.
type PortInfo struct {
	Name      string // interface name, or "udp"
	MAC       [6]byte
	Broadcast bool   // has a broadcast side: beacons can be sent
	Key       int    // which network key holds on it, an index into Config.NetworkKeys
	Capacity  uint32 // kbit/s as the kernel states it; 0: unknown
	MaxLinks  int    // 0: MaxLinks; 16 on a radio, whose air hellos would fill
	Radio     bool   // neighbours share the air: its queue goes by airtime
}
