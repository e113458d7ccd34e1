package link

import (
	"fmt"
	"net/netip"
)

// An Addr is the address of a neighbour on its port: a MAC address or a UDP
// address and port. It is comparable and may be a map key. The zero Addr is none.
type Addr struct {
	ap  netip.AddrPort
	mac [6]byte
	eth bool
}

// MACAddr returns the address of an Ethernet-like neighbour.
func MACAddr(mac [6]byte) Addr { return Addr{mac: mac, eth: true} }

// UDPAddr returns the address of a neighbour behind a UDP path. IPv4-mapped
// addresses are unmapped, so that one neighbour has one address.
func UDPAddr(ap netip.AddrPort) Addr {
	return Addr{ap: netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())}
}

// MAC returns the MAC address; ok is false for a UDP address.
func (a Addr) MAC() (mac [6]byte, ok bool) { return a.mac, a.eth }

// UDP returns the UDP address; it is invalid for a MAC address.
func (a Addr) UDP() netip.AddrPort { return a.ap }

// String is the usual text form.
func (a Addr) String() string {
	if !a.eth {
		return a.ap.String()
	}
	m := a.mac
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}
