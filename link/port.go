package link

import "errors"

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
	_         [0]func() // not compared: saves the code
	Name      string    // interface name, or "udp"
	MAC       [6]byte
	Broadcast bool   // has a broadcast side: beacons can be sent
	Key       int    // which network key holds on it, an index into Config.NetworkKeys
	Capacity  uint32 // kbit/s as the kernel states it; 0: unknown
	MaxLinks  int    // 0: 64; 16 on a radio, whose air hellos would fill
	Radio     bool   // neighbours share the air: its queue goes by airtime
}
