package hop

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/dchest/siphash"

	"hopwire/link"
)

// ICMPv6 errors (RFC 4443) and what is needed of IPv6 headers (RFC 8200).
const (
	ipHeader      = 40
	offNextHeader = 6
	offHopLimit   = 7
	offSource     = 8
	offDest       = 24
	icmpv6        = 58
	icmpHeader    = 8
	icmpSize      = 1280 // an error must fit the least MTU

	typeUnreachable = 1
	typeTooBig      = 2
	codeNoRoute     = 0
	codeAddress     = 3
)

// icmpLimit bounds the errors that a node sends (RFC 4443, section 2.4 f).
type icmpLimit struct{ r rate }

func (l *icmpLimit) take(now time.Time) bool { return l.r.take(now, 20, 20) }

// Unreachable writes an ICMPv6 destination-unreachable error about packet from
// self into dst (icmpSize bytes) and returns its length; 0: RFC 4443 forbids one.
func Unreachable(dst, packet []byte, self netip.Addr, code byte) int {
	return icmpError(dst, packet, self, typeUnreachable, code, 0)
}

// PacketTooBig writes an ICMPv6 packet-too-big error with our MTU.
func PacketTooBig(dst, packet []byte, self netip.Addr) int {
	return icmpError(dst, packet, self, typeTooBig, 0, MTU)
}

func icmpError(dst, packet []byte, self netip.Addr, typ, code byte, value uint32) int {
	if !mayAnswer(packet) {
		return 0
	}
	body := packet[:min(len(packet), icmpSize-ipHeader-icmpHeader)]
	n := icmpHeader + len(body)
	b := dst[:ipHeader+n]
	clear(b[:ipHeader+icmpHeader])
	b[0] = 6 << 4
	binary.BigEndian.PutUint16(b[4:], uint16(n))
	b[offNextHeader], b[offHopLimit] = icmpv6, 64
	src := self.As16()
	copy(b[offSource:], src[:])
	copy(b[offDest:], packet[offSource:offDest])
	b[ipHeader], b[ipHeader+1] = typ, code
	binary.BigEndian.PutUint32(b[ipHeader+4:], value)
	copy(b[ipHeader+icmpHeader:], body)
	binary.BigEndian.PutUint16(b[ipHeader+2:], icmpChecksum(b))
	return len(b)
}

// mayAnswer: no error about an ICMPv6 error, to or from multicast, or from nobody.
func mayAnswer(p []byte) bool {
	if len(p) < ipHeader || p[0]>>4 != 6 || p[offDest] == 0xff || p[offSource] == 0xff {
		return false
	}
	if netip.AddrFrom16([16]byte(p[offSource:offDest])).IsUnspecified() {
		return false
	}
	return p[offNextHeader] != icmpv6 || len(p) > ipHeader && p[ipHeader] >= 128
}

// icmpChecksum sums the pseudo header and the message, whose checksum is zero.
func icmpChecksum(b []byte) uint16 {
	sum := uint32(len(b)-ipHeader) + icmpv6
	for i := offSource; i < len(b); i += 2 {
		if i+1 < len(b) {
			sum += uint32(binary.BigEndian.Uint16(b[i:]))
		} else {
			sum += uint32(b[i]) << 8
		}
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// FlowHash names the flow of an IPv6 packet, the same in both directions:
// addresses, protocol and, where they stand in front, ports.
func FlowHash(p []byte, key [16]byte) uint64 {
	if len(p) < ipHeader {
		return 0
	}
	var b [ipHeader]byte
	a, c := p[offSource:offDest], p[offDest:ipHeader]
	var pa, pc uint16
	proto := p[offNextHeader]
	if (proto == 6 || proto == 17) && len(p) >= ipHeader+4 {
		pa, pc = binary.BigEndian.Uint16(p[ipHeader:]), binary.BigEndian.Uint16(p[ipHeader+2:])
	}
	if string(a) > string(c) || string(a) == string(c) && pa > pc {
		a, c, pa, pc = c, a, pc, pa
	}
	copy(b[:], a)
	copy(b[16:], c)
	binary.LittleEndian.PutUint16(b[32:], pa)
	binary.LittleEndian.PutUint16(b[34:], pc)
	b[36] = proto
	return siphash.Hash(binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:]), b[:])
}

// SourceAllowed says whether an IPv6 packet comes from the mesh address of key and
// is as long as its header says.
func SourceAllowed(p []byte, key link.Key) bool {
	if len(p) < ipHeader || p[0]>>4 != 6 || int(binary.BigEndian.Uint16(p[4:]))+ipHeader != len(p) {
		return false
	}
	ip := key.IPv6().As16()
	return string(p[offSource:offDest]) == string(ip[:])
}
