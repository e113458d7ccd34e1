package main

import (
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A socket is one of the resolver's, by system calls: UDP and TCP of package net
// would add 40 kB to the program on MIPS.
type socket struct {
	_     [0]func() // not compared: saves the code
	f     *os.File
	raw   syscall.RawConn
	local [16]byte // the address that it listens at
}

// openSocket binds a socket to an address and port; IPv4 is mapped into IPv6.
func openSocket(at string, kind int) (*socket, error) {
	a, err := netip.ParseAddrPort(at)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET6, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
	if kind == unix.SOCK_STREAM { // else a restart waits for old connections
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err = unix.Bind(fd, &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}); err == nil && kind == unix.SOCK_STREAM {
		err = unix.Listen(fd, dnsConns)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	s := &socket{f: os.NewFile(uintptr(fd), "names"), local: a.Addr().As16()}
	s.raw, err = s.f.SyscallConn()
	return s, err
}

// wait calls try until it does not say that there is nothing yet.
func (s *socket) wait(try func(fd int) (unix.Sockaddr, error)) (*unix.SockaddrInet6, error) {
	var sa unix.Sockaddr
	var err error
	closed := s.raw.Read(func(fd uintptr) bool {
		sa, err = try(int(fd))
		for err == unix.EINTR || err == unix.ECONNABORTED {
			sa, err = try(int(fd))
		}
		return err != unix.EAGAIN
	})
	if closed != nil {
		return nil, closed
	}
	from, _ := sa.(*unix.SockaddrInet6)
	if err == nil && from == nil {
		err = unix.EAFNOSUPPORT
	}
	return from, err
}

// receive returns a datagram, cut off where b ends, and its sender.
func (s *socket) receive(b []byte) (n int, from *unix.SockaddrInet6, err error) {
	from, err = s.wait(func(fd int) (sa unix.Sockaddr, err error) {
		n, sa, err = unix.Recvfrom(fd, b, 0)
		return sa, err
	})
	return n, from, err
}

// send does not wait: what finds no room is lost, and asked for again.
func (s *socket) send(b []byte, to *unix.SockaddrInet6) {
	s.raw.Control(func(fd uintptr) { unix.Sendto(int(fd), b, unix.MSG_DONTWAIT, to) })
}

// accept returns a connection and where it comes from.
func (s *socket) accept() (f *os.File, from *unix.SockaddrInet6, err error) {
	from, err = s.wait(func(fd int) (sa unix.Sockaddr, err error) {
		fd, sa, err = unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		if err == nil {
			f = os.NewFile(uintptr(fd), "names")
		}
		return sa, err
	})
	return f, from, err
}
