package link

import (
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
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

// A batchSocket is a socket under the Go netpoller that moves batches. One
// goroutine may read and one write at a time.
type batchSocket struct {
	file   *os.File
	raw    syscall.RawConn
	closed atomic.Bool

	in, out *mmsg
	n       int
	err     error
	most    int
	read    func(fd uintptr) bool // made once: a closure per call would be garbage

	sent, sendMost int
	sendErr        error
	write          func(fd uintptr)
}

// newBatchSocket owns fd from now on. A socket that is only written to is not polled:
// each frame that leaves it would wake the poller to say that there is room again.
func newBatchSocket(fd int, name string, polled bool) (*batchSocket, error) {
	if err := unix.SetNonblock(fd, polled); err != nil {
		unix.Close(fd)
		return nil, err
	}
	s := &batchSocket{file: os.NewFile(uintptr(fd), name), in: newMmsg(), out: newMmsg()}
	raw, err := s.file.SyscallConn()
	if err != nil {
		s.file.Close()
		return nil, err
	}
	s.raw = raw
	s.write = func(fd uintptr) { s.sent, s.sendErr = s.out.call(unix.SYS_SENDMMSG, fd, s.sendMost) }
	s.read = func(fd uintptr) bool {
		s.n, s.err = s.in.call(unix.SYS_RECVMMSG, fd, s.most)
		return s.err != unix.EAGAIN && s.err != unix.EINTR
	}
	return s, nil
}

// readBatch waits for frames and takes those that are there; name reads a sender.
func (s *batchSocket) readBatch(frames []*Frame, name func(b *[nameSize]byte) Addr) (int, error) {
	s.most = min(len(frames), batchMost)
	for {
		for i, f := range frames[:s.most] {
			s.in.set(i, f.Room(), nameSize)
		}
		if err := s.raw.Read(s.read); err != nil {
			return 0, s.closedError(err)
		}
		if s.err == unix.ENETDOWN {
			continue // the interface went down: it may come up again, or be removed
		}
		break
	}
	if s.err != nil {
		return 0, s.err
	}
	for i, f := range frames[:s.n] {
		f.N = int(s.in.hdrs[i].n)
		if s.in.hdrs[i].hdr.Flags&unix.MSG_TRUNC != 0 {
			f.N = FrameLong + 1
		}
		f.Addr, f.Broadcast = name(&s.in.names[i]), false
	}
	return s.n, nil
}

// writeBatch sends what the kernel takes; name writes a receiver and returns the
// size of its address.
func (s *batchSocket) writeBatch(frames []*Frame, name func(b *[nameSize]byte, a Addr) uint32) (sent int, err error) {
	for len(frames) > 0 {
		n := min(len(frames), batchMost)
		for i, f := range frames[:n] {
			s.out.set(i, f.Bytes(), name(&s.out.names[i], f.Addr))
		}
		s.sendMost = n
		if err := s.raw.Control(s.write); err != nil {
			return sent, s.closedError(err)
		}
		sent += s.sent
		if s.sendErr == unix.EAGAIN || s.sendErr == unix.ENOBUFS {
			return sent, nil // its queue is full
		}
		if s.sendErr != nil || s.sent < n {
			return sent, s.sendErr
		}
		frames = frames[n:]
	}
	return sent, nil
}

// Close wakes a reader that waits.
func (s *batchSocket) Close() error {
	s.closed.Store(true)
	return s.file.Close()
}

// closedError makes the poller's word for a closed file the network's.
func (s *batchSocket) closedError(err error) error {
	if s.closed.Load() {
		return net.ErrClosed
	}
	return err
}
