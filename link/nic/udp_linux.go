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
	sa, err := listenAddr(listen)
	if err != nil {
		return nil, fmt.Errorf("nic: UDP address %q: %w", listen, err)
	}
	u, err := openUDP6(sa)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		u, err = openUDP4(sa)
	}
	if err != nil {
		return nil, fmt.Errorf("nic: UDP on %q: %w", listen, err)
	}
	return u, nil
}

func openUDP6(a netip.AddrPort) (*UDP, error) {
	sa := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if zone := a.Addr().Zone(); zone != "" {
		i, err := lookUp(zone)
		if err != nil {
			return nil, err
		}
		sa.ZoneId = uint32(i.Index)
	}
	return bindUDP(unix.AF_INET6, sa, udpSender, udpReceiver)
}

func openUDP4(a netip.AddrPort) (*UDP, error) {
	ip := a.Addr().Unmap()
	if ip == netip.IPv6Unspecified() {
		ip = netip.IPv4Unspecified()
	}
	if !ip.Is4() {
		return nil, errors.New("the kernel has no IPv6")
	}
	return bindUDP(unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: ip.As4()}, udp4Sender, udp4Receiver)
}

func bindUDP(family int, sa unix.Sockaddr, from func(*[nameSize]byte) link.Addr, to func(*[nameSize]byte, link.Addr) uint32) (*UDP, error) {
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
	unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IP_PMTUDISC_DONT)
	unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	if err := unix.Bind(fd, sa); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("bind: %w", err)
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
	return netip.ParseAddrPort(s)
}

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

// Offsets in a sockaddr_in, whose port is where that of a sockaddr_in6 is.
const (
	offSINAddr = 4
	sinSize    = 16
)

func udp4Sender(b *[nameSize]byte) link.Addr {
	ip := netip.AddrFrom4([4]byte(b[offSINAddr:]))
	return link.UDPAddr(netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[offSIN6Port:])))
}

func udp4Receiver(b *[nameSize]byte, a link.Addr) uint32 {
	clear(b[:])
	binary.NativeEndian.PutUint16(b[:], unix.AF_INET)
	binary.BigEndian.PutUint16(b[offSIN6Port:], a.UDP().Port())
	if to := a.UDP().Addr().Unmap(); to.Is4() {
		ip := to.As4()
		copy(b[offSINAddr:], ip[:])
	} else {
		binary.NativeEndian.PutUint16(b[:], unix.AF_INET6) // the kernel refuses it
	}
	return sinSize
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
