package nic

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"hopwire/link"
)

// batchMost is the most frames of one system call.
const batchMost = 32

// An mmsg is a batch of messages for recvmmsg or sendmmsg, allocated once. The
// layout of mmsghdr is the kernel's; Go's must have no field behind n (a zero-size
// one would grow it on 32-bit machines, and only the first message would be sent).
type mmsg struct {
	hdrs  [batchMost]mmsghdr
	iovs  [batchMost]unix.Iovec
	names [batchMost][nameSize]byte
}

type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// nameSize holds a sockaddr_ll or sockaddr_in6.
const nameSize = 32

func newMmsg() *mmsg {
	m := new(mmsg)
	for i := range m.hdrs {
		h := &m.hdrs[i].hdr
		h.Iov = &m.iovs[i]
		h.SetIovlen(1)
		h.Name = &m.names[i][0]
	}
	return m
}

// set points message i at a buffer, with a name of the given size.
func (m *mmsg) set(i int, buffer []byte, name uint32) {
	m.iovs[i].Base = &buffer[0]
	m.iovs[i].SetLen(len(buffer))
	m.hdrs[i].hdr.Namelen = name
	m.hdrs[i].hdr.Flags = 0
	m.hdrs[i].n = 0
}

// call does one system call over the first n messages.
func (m *mmsg) call(trap, fd uintptr, n int) (int, error) {
	r, _, e := unix.Syscall6(trap, fd, uintptr(unsafe.Pointer(&m.hdrs[0])), uintptr(n), unix.MSG_DONTWAIT, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// A batchSocket is a socket that moves batches. It stays out of the runtime's poller,
// whose thread each frame would wake; who waits for it polls its descriptor. One
// goroutine may read and one write at a time; Close may be called by any.
type batchSocket struct {
	_        [0]func() // not compared: saves the code
	fd, wake int       // wake: an eventfd that ends a blocked Read
	using    sync.RWMutex
	closed   atomic.Bool
	in, out  *mmsg
}

// newBatchSocket owns fd from now on.
func newBatchSocket(fd int) (*batchSocket, error) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("nic: eventfd: %w", err)
	}
	return &batchSocket{fd: fd, wake: wake, in: newMmsg(), out: newMmsg()}, nil
}

// readBatch waits for frames and takes those that are there; name reads a sender.
func (s *batchSocket) readBatch(frames []*link.Frame, name func(b *[nameSize]byte) link.Addr) (int, error) {
	for {
		if n, err := s.tryRead(frames, name); n > 0 || err != nil {
			return n, err
		}
		s.wait()
	}
}

// wait blocks until there is something to read or the socket was closed.
func (s *batchSocket) wait() {
	s.using.RLock()
	defer s.using.RUnlock()
	if !s.closed.Load() {
		unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}, {Fd: int32(s.wake), Events: unix.POLLIN}}, -1)
	}
}

// tryRead takes the frames that are there.
func (s *batchSocket) tryRead(frames []*link.Frame, name func(b *[nameSize]byte) link.Addr) (int, error) {
	s.using.RLock()
	defer s.using.RUnlock()
	if s.closed.Load() {
		return 0, net.ErrClosed
	}
	most := min(len(frames), batchMost)
	for i, f := range frames[:most] {
		s.in.set(i, f.Room(), nameSize)
	}
	n, err := s.in.call(unix.SYS_RECVMMSG, uintptr(s.fd), most)
	switch err {
	case nil:
	case unix.EAGAIN, unix.EINTR, unix.ENETDOWN: // down: the interface may come up again, or be removed
		return 0, nil
	default:
		return 0, err
	}
	for i, f := range frames[:n] {
		f.N = int(s.in.hdrs[i].n)
		if s.in.hdrs[i].hdr.Flags&unix.MSG_TRUNC != 0 {
			f.N = link.FrameLong + 1
		}
		f.Addr, f.Broadcast = name(&s.in.names[i]), false
	}
	return n, nil
}

// writeBatch sends what the kernel takes; name writes a receiver and returns the
// size of its address. An error is that of the first frame not sent.
func (s *batchSocket) writeBatch(frames []*link.Frame, name func(b *[nameSize]byte, a link.Addr) uint32) (sent int, err error) {
	s.using.RLock()
	defer s.using.RUnlock()
	for !s.closed.Load() {
		n := min(len(frames)-sent, batchMost)
		if n == 0 {
			return sent, nil
		}
		for i, f := range frames[sent : sent+n] {
			s.out.set(i, f.Bytes(), name(&s.out.names[i], f.Addr))
		}
		k, err := s.out.call(unix.SYS_SENDMMSG, uintptr(s.fd), n)
		switch err {
		case nil:
			sent += k // fewer: the next call says why
		case unix.EINTR:
		case unix.EAGAIN:
			return sent, link.ErrFull
		default:
			return sent, err
		}
	}
	return sent, net.ErrClosed
}

// queued is what the kernel still has of what was written, as it counts.
func (s *batchSocket) queued() int {
	s.using.RLock()
	defer s.using.RUnlock()
	if s.closed.Load() {
		return 0
	}
	n, _ := unix.IoctlGetInt(s.fd, unix.SIOCOUTQ)
	return n
}

// setBuffer bounds what the kernel queues, in bytes as it counts them: beyond what it
// allows everybody (net.core.rmem_max, wmem_max), if we may.
func (s *batchSocket) setBuffer(option, bytes int) {
	s.using.RLock()
	defer s.using.RUnlock()
	if s.closed.Load() {
		return
	}
	force := unix.SO_RCVBUFFORCE
	if option == unix.SO_SNDBUF {
		force = unix.SO_SNDBUFFORCE
	}
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, force, bytes/2) != nil { // the kernel doubles it
		unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, option, bytes/2)
	}
}

// Close ends a Read that waits.
func (s *batchSocket) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	var one [8]byte
	one[0], one[7] = 1, 1 // not 0 in either byte order
	unix.Write(s.wake, one[:])
	s.using.Lock() // nobody uses the descriptors any more
	defer s.using.Unlock()
	unix.Close(s.wake)
	return unix.Close(s.fd)
}
