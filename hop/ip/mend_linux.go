package ip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hopwire/link/identity"
)

// A TUNState is what the kernel says of the device of a name.
type TUNState struct {
	Name  string
	Index int  // 0: there is none
	Up    bool // by whoever administers it
	Addr  bool // it has the mesh address
	Route bool // the mesh is behind it
}

// LookTUN looks at the device of a name. Routes are looked for where it is up alone.
func LookTUN(name string, addr netip.Addr) (s TUNState, err error) {
	s.Name = name
	s.Index, err = ifreq(name, unix.SIOCGIFINDEX)
	if errors.Is(err, unix.ENODEV) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	flags, err := ifreq(name, unix.SIOCGIFFLAGS)
	if err != nil {
		return s, err
	}
	s.Up = flags&unix.IFF_UP != 0
	if s.Addr, err = hasAddr(s.Index, addr); err != nil || !s.Up {
		return s, err
	}
	s.Route, err = hasRoute(s.Index, addr)
	return s, err
}

// hasAddr says whether an interface has an IPv6 address.
func hasAddr(index int, addr netip.Addr) (bool, error) {
	r := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	r.AddData(nl.NewIfAddrmsg(unix.AF_INET6))
	found := false
	err := r.ExecuteIter(unix.NETLINK_ROUTE, unix.RTM_NEWADDR, func(m []byte) bool {
		found = found || isAddr(m, index, addr)
		return true
	})
	if found {
		err = nil // others' addresses may change meanwhile
	}
	return found, err
}

// isAddr reads an RTM_NEWADDR as far as it is needed.
func isAddr(m []byte, index int, addr netip.Addr) bool {
	return len(m) > unix.SizeofIfAddrmsg && binary.NativeEndian.Uint32(m[4:]) == uint32(index) && bytes.Contains(m[unix.SizeofIfAddrmsg:], addr.AsSlice())
}

// hasRoute asks for the way to some other mesh address by the interface.
func hasRoute(index int, addr netip.Addr) (bool, error) {
	other := addr.As16()
	other[15] ^= 1
	r := nl.NewNetlinkRequest(unix.RTM_GETROUTE, 0)
	r.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: unix.AF_INET6, Dst_len: 128}})
	r.AddData(nl.NewRtAttr(unix.RTA_DST, other[:]))
	r.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	if errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) {
		return false, nil
	}
	return err == nil, err
}

// Mend gives the device back what it lacks of MTU, address and route; whoever took it
// down has had a reason, and it stays so. Its errors are *TUNError.
func (s TUNState) Mend(addr netip.Addr) (err error) {
	mesh := netip.PrefixFrom(addr, identity.MeshPrefix().Bits())
	switch {
	case !s.Addr:
		setLink(s.Index, 0, nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(MTU))) // below 1280 it loses its address
		err = addAddr(s.Index, mesh)
	case s.Up && !s.Route:
		err = addRoute(s.Index, mesh.Masked())
	}
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return configureError(s.Name, fmt.Errorf("mesh address and route: %w", err))
	}
	return nil
}

// addRoute makes the route that comes with an address else.
func addRoute(index int, p netip.Prefix) error {
	r := nl.NewNetlinkRequest(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	m := nl.NewRtMsg()
	m.Family, m.Dst_len, m.Protocol = unix.AF_INET6, uint8(p.Bits()), unix.RTPROT_KERNEL
	r.AddData(m)
	r.AddData(nl.NewRtAttr(unix.RTA_DST, p.Addr().AsSlice()))
	r.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
	r.AddData(nl.NewRtAttr(unix.RTA_PRIORITY, nl.Uint32Attr(kernelMetric)))
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

const kernelMetric = 256 // IP6_RT_PRIO_ADDRCONF
