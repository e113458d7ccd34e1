package ip

import (
	"errors"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// A TUNState is what the kernel says of the device of a name.
type TUNState struct {
	Name  string
	Index int  // 0: there is none
	Up    bool // by whoever administers it
	Well  bool // it has the mesh address, and the mesh is behind it
}

// LookTUN looks at the device of a name.
func LookTUN(name string, addr netip.Addr) (s TUNState, err error) {
	s.Name = name
	s.Index, err = ifreq(name, unix.SIOCGIFINDEX)
	if errors.Is(err, unix.ENODEV) {
		return s, nil
	}
	flags := 0
	if err == nil {
		flags, err = ifreq(name, unix.SIOCGIFFLAGS)
	}
	if s.Up = flags&unix.IFF_UP != 0; s.Up {
		s.Well, err = isBehind(name, addr)
	}
	return s, err
}

// isBehind asks for the way to some other mesh address by the device: it must be there,
// and go out from ours. A socket is asked, since an answer of netlink is 128 KiB of
// garbage.
func isBehind(name string, addr netip.Addr) (bool, error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	to := unix.SockaddrInet6{Port: 9, Addr: addr.As16()}
	to.Addr[15] ^= 1
	if unix.BindToDevice(fd, name) != nil || unix.Connect(fd, &to) != nil {
		return false, nil
	}
	from, _ := unix.Getsockname(fd)
	sa, ok := from.(*unix.SockaddrInet6)
	return ok && sa.Addr == addr.As16(), nil
}

// Mend gives the device its MTU (below 1280 it loses its address), its address and
// with that the route again. Whoever took it down has had a reason: it stays down. Its
// errors are *TUNError.
func (s TUNState) Mend(addr netip.Addr) error {
	setLink(s.Index, 0, nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(MTU)))
	setAddr(unix.RTM_DELADDR, s.Index, addr) // for the route comes with a new one alone
	if err := setAddr(unix.RTM_NEWADDR, s.Index, addr); err != nil {
		return configureError(s.Name, err)
	}
	return nil
}
