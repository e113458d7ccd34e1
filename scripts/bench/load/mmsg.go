package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchMost is the most packets of one system call.
const batchMost = 64

// A batch is messages for recvmmsg or sendmmsg, with room for each.
type batch struct {
	hdrs [batchMost]mmsghdr
	iovs [batchMost]unix.Iovec
	data [batchMost][2048]byte
}

// mmsghdr is the kernel's; no field may follow n.
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

func newBatch() *batch {
	b := new(batch)
	for i := range b.hdrs {
		b.iovs[i].Base = &b.data[i][0]
		b.hdrs[i].hdr.Iov = &b.iovs[i]
		b.hdrs[i].hdr.SetIovlen(1)
	}
	b.size(len(b.data[0]))
	return b
}

// size sets the length of every message.
func (b *batch) size(n int) {
	for i := range b.iovs {
		b.iovs[i].SetLen(n)
	}
}

// call does one system call over the first n messages; it blocks.
func (b *batch) call(trap uintptr, fd, n int, flags uintptr) (int, error) {
	for {
		r, _, e := unix.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&b.hdrs[0])), uintptr(n), flags, 0, 0)
		if e == 0 {
			return int(r), nil
		} else if e != unix.EINTR {
			return 0, e
		}
	}
}

// receive waits for one message and takes those that are there.
func (b *batch) receive(fd int) (int, error) {
	return b.call(unix.SYS_RECVMMSG, fd, batchMost, unix.MSG_WAITFORONE)
}

func (b *batch) send(fd, n int) (int, error) { return b.call(unix.SYS_SENDMMSG, fd, n, 0) }
