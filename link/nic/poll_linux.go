package nic

import (
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Poller waits for descriptors on the thread that will read them: one wake-up of
// the kernel's, and no thread of the runtime's poller in between. One goroutine may
// call Wait; the other methods are safe beside it.
type Poller struct {
	_            [0]func() // not compared: saves the code
	epoll, event int
	events       [pollMost]unix.EpollEvent
	ready        [pollMost]Event
	coarse       bool // no epoll_pwait2 (before Linux 5.11): milliseconds
}

const pollMost = 64

// An Event says that a descriptor added under Token can be read or written, or has
// an error to be read.
type Event struct {
	Token           uint32
	Readable, Write bool
}

const wakeToken = 1<<32 - 1 // of Wake, reserved

// NewPoller returns a poller without descriptors.
func NewPoller() (*Poller, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	ev, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(ep)
		return nil, err
	}
	p := &Poller{epoll: ep, event: ev}
	if err := p.Add(ev, wakeToken, true, false); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Add waits for a descriptor from now on, Change for something else about it,
// Remove no longer.
func (p *Poller) Add(fd int, token uint32, read, write bool) error {
	return p.control(unix.EPOLL_CTL_ADD, fd, token, read, write)
}

// Change says what to wait for from now on.
func (p *Poller) Change(fd int, token uint32, read, write bool) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, token, read, write)
}

// Remove forgets a descriptor; closing it does too.
func (p *Poller) Remove(fd int) { p.control(unix.EPOLL_CTL_DEL, fd, 0, false, false) }

func (p *Poller) control(op, fd int, token uint32, read, write bool) error {
	e := unix.EpollEvent{Fd: int32(token)} // the kernel does not look at it
	if read {
		e.Events |= unix.EPOLLIN
	}
	if write {
		e.Events |= unix.EPOLLOUT
	}
	return unix.EpollCtl(p.epoll, op, fd, &e)
}

// Wait blocks until something can be done, Wake was called or the time is over
// (negative: for ever). What it returns is valid until the next call.
func (p *Poller) Wait(timeout time.Duration) []Event {
	n := p.wait(timeout)
	ready := p.ready[:0]
	for _, e := range p.events[:max(n, 0)] {
		if uint32(e.Fd) == wakeToken {
			var b [8]byte
			unix.Read(p.event, b[:])
			continue
		}
		bad := e.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0
		ready = append(ready, Event{uint32(e.Fd), bad || e.Events&unix.EPOLLIN != 0, bad || e.Events&unix.EPOLLOUT != 0})
	}
	return ready
}

func (p *Poller) wait(timeout time.Duration) int {
	if timeout == 0 {
		return p.look() // does not block, so the runtime need not know
	}
	if p.coarse || timeout < 0 {
		ms := -1
		if timeout > 0 {
			ms = int(min((timeout+time.Millisecond-1)/time.Millisecond, 1<<30))
		}
		n, err := unix.EpollWait(p.epoll, p.events[:], ms)
		return waited(n, err)
	}
	t := [2]int64{int64(timeout / time.Second), int64(timeout % time.Second)} // 64 bits on every machine
	n, _, e := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])), pollMost, uintptr(unsafe.Pointer(&t)), 0, 0)
	if e == unix.ENOSYS || e == unix.EPERM { // missing, or forbidden by a filter that does not know it
		p.coarse = true
		return p.wait(timeout)
	}
	if e != 0 {
		return waited(0, e)
	}
	return int(n)
}

// waited is what a wait returned. An error that is no signal would be there again at
// once, for ever, so the next wait comes a little later.
func waited(n int, err error) int {
	if err != nil && err != unix.EINTR {
		unix.Poll(nil, pollPause)
	}
	return max(0, n)
}

const pollPause = 10 // ms

func (p *Poller) look() int {
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])), pollMost, 0, 0, 0)
	if e != 0 {
		return waited(0, e)
	}
	return int(n)
}

// Wake makes Wait return.
func (p *Poller) Wake() {
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], 1)
	unix.Write(p.event, b[:])
}

// Close frees the descriptors; Wait must have returned for good.
func (p *Poller) Close() {
	unix.Close(p.epoll)
	unix.Close(p.event)
}
