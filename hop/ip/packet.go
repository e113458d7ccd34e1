package ip

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"github.com/dchest/siphash"
)

// Join is a packet in one piece, of our own.
func Join(head, rest []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(rest)), head...), rest...)
}

// Destination returns the destination of an IPv6 packet.
func Destination(p []byte) (netip.Addr, bool) {
	if len(p) < 40 || p[0]>>4 != 6 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16([16]byte(p[24:40])), true
}

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
