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
}

// OpenUDP listens on an address ("", ":0": a random port), IPv6 and IPv4. DF is
// off: a path that is narrower than a frame fragments it.
func OpenUDP(listen string) (*UDP, error) {
	sa, err := listenAddr(listen)
	if err != nil {
		return nil, fmt.Errorf("nic: UDP address %q: %w", listen, err)
	}
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("nic: UDP socket: %w", err)
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
	unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IP_PMTUDISC_DONT)
	unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	if err := unix.Bind(fd, sa); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("nic: UDP bind to %s: %w", listen, err)
	}
	u := &UDP{}
	if got, err := unix.Getsockname(fd); err == nil {
		u.port = got.(*unix.SockaddrInet6).Port
	}
	u.s, err = newBatchSocket(fd)
	return u, err
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

// Offsets in a sockaddr_in6.
const (
	offSIN6Port  = 2
	offSIN6Addr  = 8
	offSIN6Scope = 24
	sin6Size     = 28
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

// Read and Write implement Port.
func (u *UDP) Read(frames []*link.Frame) (int, error)  { return u.s.readBatch(frames, udpSender) }
func (u *UDP) Write(frames []*link.Frame) (int, error) { return u.s.writeBatch(frames, udpReceiver) }

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
