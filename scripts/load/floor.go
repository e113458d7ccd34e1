package main

import (
	"fmt"
	"net"
	"runtime"

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
	failed := make(chan error)
	go func() { failed <- carry(fd[0], fd[1]) }()
	go func() { failed <- carry(fd[1], fd[0]) }()
	return <-failed
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

func carry(from, to int) error {
	runtime.LockOSThread()
	b := newBatch()
	for {
		b.size(len(b.data[0]))
		n, err := b.receive(from)
		if err == unix.ENETDOWN {
			continue
		} else if err != nil {
			return err
		}
		for i := range n {
			b.iovs[i].SetLen(int(b.hdrs[i].n))
		}
		for i := 0; i < n; {
			sent, err := b.send(to, n-i)
			if err != nil {
				break // its queue is full
			}
			i += max(sent, 1)
			if i < n {
				break // as a relay does: what the queue does not take is lost
			}
		}
	}
}
