package ip

import (
	"bytes"
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
		s.Well = isBehind(s.Index, addr)
	}
	return s, err
}

// isBehind asks for the way to some other mesh address by the interface: it must be
// there, and go out from ours.
func isBehind(index int, addr netip.Addr) bool {
	other := addr.As16()
	other[15] ^= 1
	r := nl.NewNetlinkRequest(unix.RTM_GETROUTE, 0)
	r.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: unix.AF_INET6, Dst_len: 128}})
	r.AddData(nl.NewRtAttr(unix.RTA_DST, other[:]))
	r.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
	answers, _ := r.Execute(unix.NETLINK_ROUTE, 0)
	return len(answers) > 0 && bytes.Contains(answers[0], addr.AsSlice())
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
