package hop

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/dchest/siphash"

	"hopwire/link/step"
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
	typeInformation = 128 // and above: not errors
	typeEcho        = 128
	typeEchoReply   = 129
	typeRedirect    = 137
	codeNoRoute     = 0
	codeAddress     = 3

	protoHopByHop    = 0 // extension headers (RFC 8200, section 4)
	protoTCP         = 6
	protoUDP         = 17
	protoRouting     = 43
	protoFragment    = 44
	protoAuth        = 51
	protoDestination = 60
	maxExtensions    = 8 // that are walked over
)

// upperLayer finds the upper-layer header of an IPv6 packet behind its extension
// headers: its protocol and where it begins; fragment: the packet is not whole.
// ok is false when the chain is cut off or too long, or it is a later fragment,
// which has no such header; proto is then as far as that is known.
func upperLayer(p []byte) (proto byte, off int, fragment, ok bool) {
	proto, off = p[offNextHeader], ipHeader
	for range maxExtensions {
		size := 8
		switch proto {
		case protoHopByHop, protoRouting, protoFragment, protoAuth, protoDestination:
		default:
			return proto, off, fragment, true
		}
		if len(p) < off+size {
			return proto, off, fragment, false
		}
		later := false
		switch proto {
		case protoFragment:
			fragment, later = true, binary.BigEndian.Uint16(p[off+2:])>>3 != 0
		case protoAuth: // RFC 4302: 4-byte units, minus 2
			size = (int(p[off+1]) + 2) * 4
		default: // 8-byte units, minus 1
			size = (int(p[off+1]) + 1) * 8
		}
		proto, off = p[off], off+size
		if later {
			return proto, off, fragment, false
		}
	}
	return proto, off, fragment, false
}

// icmpLimit bounds the errors that a node sends (RFC 4443, section 2.4 f).
type icmpLimit struct{ b step.Bucket }

func (l *icmpLimit) take(now time.Time) bool { return l.b.Take(now, 20, 20) }

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

// mayAnswer keeps the rules of RFC 4443, section 2.4 e: no error about an ICMPv6
// error or redirect, to or from multicast, or from nobody. What cannot be seen to
// be something else counts as an error.
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

// FlowHash names the flow of an IPv6 packet, the same in both directions:
// addresses, protocol and, unless it is a fragment, the ports or the echo id.
func FlowHash(p []byte, key [16]byte) uint64 {
	if len(p) < ipHeader {
		return 0
	}
	var b [ipHeader]byte
	a, c := p[offSource:offDest], p[offDest:ipHeader]
	proto, pa, pc := flowPorts(p)
	if x := bytes.Compare(a, c); x > 0 || x == 0 && pa > pc {
		a, c, pa, pc = c, a, pc, pa
	}
	copy(b[:], a)
	copy(b[16:], c)
	binary.LittleEndian.PutUint16(b[32:], pa)
	binary.LittleEndian.PutUint16(b[34:], pc)
	b[36] = proto
	return siphash.Hash(binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:]), b[:])
}

// flowPorts returns the protocol and what tells the flows of two hosts apart. All
// fragments of a packet must be of one flow, and only the first has ports.
func flowPorts(p []byte) (proto byte, source, dest uint16) {
	proto, off, fragment, ok := upperLayer(p)
	if !ok || fragment {
		return proto, 0, 0
	}
	switch {
	case (proto == protoTCP || proto == protoUDP) && len(p) >= off+4:
		return proto, binary.BigEndian.Uint16(p[off:]), binary.BigEndian.Uint16(p[off+2:])
	case proto == icmpv6 && len(p) >= off+6 && (p[off] == typeEcho || p[off] == typeEchoReply):
		id := binary.BigEndian.Uint16(p[off+4:])
		return proto, id, id
	}
	return proto, 0, 0
}

// SourceAllowed says whether an IPv6 packet comes from a mesh address and is as long
// as its header says.
func SourceAllowed(p []byte, addr netip.Addr) bool {
	if len(p) < ipHeader || p[0]>>4 != 6 || int(binary.BigEndian.Uint16(p[4:]))+ipHeader != len(p) {
		return false
	}
	ip := addr.As16()
	return string(p[offSource:offDest]) == string(ip[:])
}
