package nic

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"hopwire/link"
)

// A UDP is a Port over one UDP socket, for links between islands. It has no
// broadcast side; addresses roam.
type UDP struct {
	s    *batchSocket
	port int
	v4   bool                                        // of AF_INET
	to   func(b *[nameSize]byte, a link.Addr) uint32 // receiver, made once
}

// newSocket is unix.Socket but in tests, which play a kernel without IPv6.
var newSocket = unix.Socket

// OpenUDP listens on an address ("", ":0": a random port), IPv6 and IPv4, or IPv4
// alone where the kernel has no IPv6. DF is off: a path that is narrower than a frame
// fragments it. The error wraps that of the system call.
func OpenUDP(listen string) (*UDP, error) {
	sa, err := listenAddr(listen)
	if err != nil {
		return nil, fmt.Errorf("nic: UDP address %q: %w", listen, err)
	}
	const kind = unix.SOCK_DGRAM | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	u := &UDP{}
	u.to = u.receiver
	fd, err := newSocket(unix.AF_INET6, kind, 0)
	if err == unix.EAFNOSUPPORT && (sa.Addr[11] == 0xff || sa.Addr == [16]byte{}) { // of IPv4, or any
		u.v4 = true
		fd, err = newSocket(unix.AF_INET, kind, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("nic: UDP socket: %w", err)
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
	unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IP_PMTUDISC_DONT)
	unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	if err := unix.Bind(fd, u.sockaddr(sa)); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("nic: UDP bind to %s: %w", listen, err)
	}
	u.port = boundPort(fd)
	u.s, err = newBatchSocket(fd)
	return u, err
}

// sockaddr is an address in the socket's family.
func (u *UDP) sockaddr(a *unix.SockaddrInet6) unix.Sockaddr {
	if u.v4 {
		return &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.Addr[12:])}
	}
	return a
}

func boundPort(fd int) int {
	got, _ := unix.Getsockname(fd)
	switch got := got.(type) {
	case *unix.SockaddrInet6:
		return got.Port
	case *unix.SockaddrInet4:
		return got.Port
	}
	return 0
}

// Family says what the socket takes, for people.
func (u *UDP) Family() string {
	if u.v4 {
		return "IPv4 alone: this kernel has no IPv6"
	}
	return "IPv6 and IPv4"
}

// listenAddr reads IP:PORT or :PORT; no names, which would need a resolver.
func listenAddr(s string) (*unix.SockaddrInet6, error) {
	if s == "" {
		return &unix.SockaddrInet6{}, nil
	}
	if s[0] == ':' {
		s = "[::]" + s
	}
	a, err := netip.ParseAddrPort(s)
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}, err
}

// LocalPort is the port number that is listened on.
func (u *UDP) LocalPort() int { return u.port }

// Offsets in a sockaddr_in6 and in a sockaddr_in, whose port is at the same place.
const (
	offSINPort  = 2
	offSINAddr  = 4
	sinSize     = 16
	offSIN6Addr = 8
	sin6Size    = 28
)

func udpSender(b *[nameSize]byte) link.Addr {
	ip := [16]byte(b[offSIN6Addr:])
	if binary.NativeEndian.Uint16(b[:]) == unix.AF_INET {
		ip = [16]byte{10: 0xff, 11: 0xff, 12: b[offSINAddr], 13: b[offSINAddr+1], 14: b[offSINAddr+2], 15: b[offSINAddr+3]}
	}
	return link.UDPAddr(netip.AddrPortFrom(netip.AddrFrom16(ip), binary.BigEndian.Uint16(b[offSINPort:])))
}

// receiver writes a sockaddr. On a socket of AF_INET the kernel refuses IPv6.
func (u *UDP) receiver(b *[nameSize]byte, a link.Addr) uint32 {
	clear(b[:])
	ip := a.UDP().Addr().As16()
	binary.BigEndian.PutUint16(b[offSINPort:], a.UDP().Port())
	if u.v4 && ip[10] == 0xff && ip[11] == 0xff {
		binary.NativeEndian.PutUint16(b[:], unix.AF_INET)
		copy(b[offSINAddr:], ip[12:])
		return sinSize
	}
	binary.NativeEndian.PutUint16(b[:], unix.AF_INET6)
	copy(b[offSIN6Addr:], ip[:])
	return sin6Size
}

// Read and Write implement Port.
func (u *UDP) Read(frames []*link.Frame) (int, error)  { return u.s.readBatch(frames, udpSender) }
func (u *UDP) Write(frames []*link.Frame) (int, error) { return u.s.writeBatch(frames, u.to) }

// TryRead, Descriptors, Queued and the setters implement Pollable.
func (u *UDP) TryRead(_ int, frames []*link.Frame) (int, error) {
	return u.s.tryRead(frames, udpSender)
}
func (u *UDP) Descriptors() (read []int, write int) { return []int{u.s.fd}, u.s.fd }
func (u *UDP) Queued() int                          { return u.s.queued() }
func (u *UDP) SetSendBuffer(bytes int)              { u.s.setBuffer(unix.SO_SNDBUF, bytes) }
func (u *UDP) SetReceiveBuffer(_, bytes int)        { u.s.setBuffer(unix.SO_RCVBUF, bytes) }

// ReadBroadcast and WriteBroadcast return ErrNoBroadcast.
func (u *UDP) ReadBroadcast(*link.Frame) error  { return link.ErrNoBroadcast }
func (u *UDP) WriteBroadcast(*link.Frame) error { return link.ErrNoBroadcast }

// Close implements Port.
func (u *UDP) Close() error { return u.s.Close() }
