package nic

import (
	"encoding/binary"
	"errors"
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
	from func(b *[nameSize]byte) link.Addr
	to   func(b *[nameSize]byte, a link.Addr) uint32
}

// OpenUDP listens on an address ("", ":0": a random port), IPv6 and IPv4, or IPv4 alone
// in a kernel that has no IPv6. DF is off: a path that is narrower than a frame
// fragments it.
func OpenUDP(listen string) (*UDP, error) {
	return openUDP(listen, unix.AF_INET6)
}

func openUDP(listen string, family int) (*UDP, error) {
	a, err := listenAddr(listen)
	if err != nil {
		return nil, fmt.Errorf("nic: UDP address %q: %w", listen, err)
	}
	ip := a.Addr().As16()
	u, err := bindUDP(family, &unix.SockaddrInet6{Port: int(a.Port()), Addr: ip}, udpSender, udpReceiver)
	if errors.Is(err, unix.EAFNOSUPPORT) && (a.Addr().Is4() || a.Addr().IsUnspecified()) {
		u, err = bindUDP(unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: [4]byte(ip[mapped:])}, udp4Sender, udp4Receiver)
	}
	if err != nil {
		return nil, fmt.Errorf("nic: UDP on %q: %w", listen, err)
	}
	return u, nil
}

// options of a socket; those of the other protocol are refused without harm.
var options = [...][3]int{
	{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0},
	{unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IP_PMTUDISC_DONT},
	{unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT},
	{unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer},
	{unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer},
}

func bindUDP(family int, sa unix.Sockaddr, from func(*[nameSize]byte) link.Addr, to func(*[nameSize]byte, link.Addr) uint32) (*UDP, error) {
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	for _, o := range options {
		unix.SetsockoptInt(fd, o[0], o[1], o[2])
	}
	if err := unix.Bind(fd, sa); err != nil {
		unix.Close(fd)
		return nil, err
	}
	u := &UDP{from: from, to: to}
	switch got, _ := unix.Getsockname(fd); sa := got.(type) {
	case *unix.SockaddrInet6:
		u.port = sa.Port
	case *unix.SockaddrInet4:
		u.port = sa.Port
	}
	u.s, err = newBatchSocket(fd)
	return u, err
}

// listenAddr reads IP:PORT or :PORT; no names, which would need a resolver.
func listenAddr(s string) (netip.AddrPort, error) {
	if s == "" {
		s = ":0"
	}
	if s[0] == ':' {
		s = "[::]" + s
	}
	a, err := netip.ParseAddrPort(s)
	if a.Addr().Zone() != "" {
		err = errZone
	}
	return a, err
}

var errZone = errors.New("a zone (%) has no meaning for neighbours elsewhere")

// LocalPort is the port number that is listened on.
func (u *UDP) LocalPort() int { return u.port }

// Offsets in a sockaddr_in6.
const (
	offSIN6Port = 2
	offSIN6Addr = 8
	sin6Size    = 28
)

func udpSender(b *[nameSize]byte) link.Addr {
	ip := netip.AddrFrom16([16]byte(b[offSIN6Addr:]))
	return link.UDPAddr(netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[offSIN6Port:])))
}

func udpReceiver(b *[nameSize]byte, a link.Addr) uint32 {
	clear(b[:])
	ip := a.UDP().Addr().As16()
	binary.NativeEndian.PutUint16(b[:], unix.AF_INET6)
	binary.BigEndian.PutUint16(b[offSIN6Port:], a.UDP().Port())
	copy(b[offSIN6Addr:], ip[:])
	return sin6Size
}

// A sockaddr_in has its port where a sockaddr_in6 has it; its address is the end of one
// that is mapped to IPv6 (RFC 4291, section 2.5.5.2).
const (
	offSINAddr = 4
	sinSize    = 16
	mapped     = 12
)

func udp4Sender(b *[nameSize]byte) link.Addr {
	copy(b[offSIN6Addr+mapped:], b[offSINAddr:offSINAddr+4])
	copy(b[offSIN6Addr:], "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff")
	return udpSender(b)
}

// udp4Receiver leaves an IPv6 address as it is: the kernel refuses that.
func udp4Receiver(b *[nameSize]byte, a link.Addr) uint32 {
	size := udpReceiver(b, a)
	if a.UDP().Addr().Is4() {
		binary.NativeEndian.PutUint16(b[:], unix.AF_INET)
		copy(b[offSINAddr:], b[offSIN6Addr+mapped:offSIN6Addr+mapped+4])
		return sinSize
	}
	return size
}

// Read and Write implement Port.
func (u *UDP) Read(frames []*link.Frame) (int, error)  { return u.s.readBatch(frames, u.from) }
func (u *UDP) Write(frames []*link.Frame) (int, error) { return u.s.writeBatch(frames, u.to) }

// TryRead, Descriptors, Queued and the setters implement Pollable.
func (u *UDP) TryRead(_ int, frames []*link.Frame) (int, error) {
	return u.s.tryRead(frames, u.from)
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
