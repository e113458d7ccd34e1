package nic

import (
	"encoding/binary"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// A Prefix is an address of an interface, IPv4 mapped into IPv6, with the length of
// its prefix. (netip.Prefix brings 8 kB of program along.)
type Prefix struct {
	Addr  [16]byte // the interface's own
	Bits  int
	Index int // of the interface
}

// Has says whether an address is on the prefix.
func (p *Prefix) Has(a *[16]byte) bool {
	for i := range p.Bits {
		if (a[i/8]^p.Addr[i/8])<<(i%8)&0x80 != 0 {
			return false
		}
	}
	return true
}

// Prefixes lists the addresses of all interfaces of this network namespace; none
// where the kernel does not say.
func Prefixes() (all []Prefix) {
	request := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	messages, _ := request.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWADDR)
	for _, m := range messages {
		if p, ok := readPrefix(m); ok {
			all = append(all, p)
		}
	}
	return all
}

// readPrefix reads an ifaddrmsg: family u8, bits u8, flags u8, scope u8, index u32. Where
// IFA_ADDRESS is the other end's, IFA_LOCAL comes too, and is ours.
func readPrefix(m []byte) (p Prefix, ok bool) {
	const size = unix.SizeofIfAddrmsg
	if len(m) < size {
		return p, false
	}
	value := find(m[size:], unix.IFA_LOCAL)
	if value == nil {
		value = find(m[size:], unix.IFA_ADDRESS)
	}
	p.Bits, p.Index = int(m[1]), int(binary.NativeEndian.Uint32(m[4:]))
	if len(value) == 4 {
		p.Addr[10], p.Addr[11] = 0xff, 0xff
		p.Bits += 96
	}
	ok = (len(value) == 4 || len(value) == 16) && p.Bits <= 128
	copy(p.Addr[max(0, 16-len(value)):], value)
	return p, ok
}
