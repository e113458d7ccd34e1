package ip

import (
	"encoding/binary"
	"net/netip"
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
	ErrorSize     = 1280 // an error must fit the least MTU

	typeUnreachable = 1
	typeTooBig      = 2
	typeInformation = 128 // and above: not errors
	typeEcho        = 128
	typeEchoReply   = 129
	typeRedirect    = 137
	CodeNoRoute     = 0
	CodeNoAnswer    = 3 // address unreachable

	protoHopByHop    = 0 // extension headers (RFC 8200, section 4)
	protoTCP         = 6
	protoUDP         = 17
	protoRouting     = 43
	protoFragment    = 44
	protoAuth        = 51
	protoDestination = 60
	maxExtensions    = 8 // that are walked over
)

// Unreachable writes an ICMPv6 destination-unreachable error about packet from
// self into dst (ErrorSize bytes) and returns its length; 0: RFC 4443 forbids one.
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
	body := packet[:min(len(packet), ErrorSize-ipHeader-icmpHeader)]
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

// mayAnswer keeps the rules of RFC 4443, section 2.4 e: no error about an ICMPv6
// error or redirect, to or from multicast, or from nobody. A packet that may be one of
// these, for all that can be seen of it, counts as one.
func mayAnswer(p []byte) bool {
	if len(p) < ipHeader || p[0]>>4 != 6 || p[offDest] == 0xff || p[offSource] == 0xff {
		return false
	}
	if netip.AddrFrom16([16]byte(p[offSource:offDest])).IsUnspecified() {
		return false
	}
	proto, off, _, ok := upperLayer(p)
	if proto != icmpv6 {
		return ok || proto == protoTCP || proto == protoUDP
	}
	return ok && len(p) > off && p[off] >= typeInformation && p[off] != typeRedirect
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
