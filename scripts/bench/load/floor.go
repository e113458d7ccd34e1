package main

import (
	"fmt"
	"net"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// floor stands in for the relay: it carries every frame of one EtherType from one
// interface to the other as it is, by recvmmsg and sendmmsg alone. What it uses is
// what the system calls cost that a relay cannot do without. Arguments: two
// interfaces and the EtherType, as 0x1234.
func floor(o *options) error {
	var proto uint16
	if len(o.args) != 3 {
		return fmt.Errorf("two interfaces and an EtherType, please")
	}
	if _, err := fmt.Sscanf(o.args[2], "0x%x", &proto); err != nil {
		return fmt.Errorf("EtherType %q: %w", o.args[2], err)
	}
	var fd [2]int
	for i := range fd {
		var err error
		if fd[i], err = packetSocket(o.args[i], proto); err != nil {
			return fmt.Errorf("%s: %w", o.args[i], err)
		}
	}
	runtime.LockOSThread()
	in := newBatch()
	wait := []unix.PollFd{{Fd: int32(fd[0]), Events: unix.POLLIN}, {Fd: int32(fd[1]), Events: unix.POLLIN}}
	for {
		moved := in.carry(fd[0], fd[1]) + in.carry(fd[1], fd[0])
		if moved == 0 {
			unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&wait[0])), 2, 0, 0, 0, 0)
		}
	}
}

// packetSocket opens a raw socket that hears other stations' frames too.
func packetSocket(name string, proto uint16) (int, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	all := unix.PacketMreq{Ifindex: int32(i.Index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &all); err != nil {
		return 0, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1); err != nil {
		return 0, err
	}
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto<<8 | proto>>8, Ifindex: i.Index})
}

// carry moves one batch, if there is one. What the queue does not take is lost, as
// with a relay. The calls are raw and there is one thread: Go's scheduler has no part.
func (b *batch) carry(from, to int) int {
	b.size(len(b.data[0]))
	n := b.raw(unix.SYS_RECVMMSG, from, batchMost)
	for i := range n {
		b.iovs[i].SetLen(int(b.hdrs[i].n))
	}
	if n > 0 {
		b.raw(unix.SYS_SENDMMSG, to, n)
	}
	return n
}

// raw is a call that does not block; an error moves nothing.
func (b *batch) raw(trap uintptr, fd, n int) int {
	r, _, e := unix.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&b.hdrs[0])), uintptr(n), unix.MSG_DONTWAIT, 0, 0)
	if e != 0 {
		return 0
	}
	return int(r)
}
