package ip

import (
	"encoding/binary"
	"math/bits"
)

// Segmentation offload of the TUN (linux/virtio_net.h): the kernel hands over TCP
// and UDP in pieces of up to 64 KiB with one header, which are cut here into
// packets, and takes such pieces, which are put together here. That saves a system
// call and a walk through the network stack for most packets.

// Layout of the header in front of each packet, in the machine's byte order.
const (
	offVnetFlags = 0
	offVnetType  = offVnetFlags + 1
	offVnetHead  = offVnetType + 1
	offVnetSize  = offVnetHead + 2 // payload of a segment
	offVnetStart = offVnetSize + 2 // where the checksum begins,
	offVnetSum   = offVnetStart + 2
	vnetSize     = offVnetSum + 2

	vnetNeedsSum = 1
	vnetNone     = 0
	vnetTCP6     = 4
	vnetUDP      = 5
	vnetECN      = 0x80 // beside the type: only the first segment may have CWR
)

// Protocols, and offsets in their headers.
const (
	offPayloadLength = 4 // IPv6
	offSeqTCP        = 4
	offHeadTCP       = 12
	offFlagsTCP      = 13
	offSumTCP        = 16
	offUrgentTCP     = 18
	minTCP           = 20
	offLengthUDP     = 4
	offSumUDP        = 6
	sizeUDP          = 8

	flagFIN, flagPSH, flagACK, flagCWR = 0x01, 0x08, 0x10, 0x80
)

// maxHead is the longest head that a segment can have: IPv6 with some extension
// headers, and TCP with all its options.
const maxHead = 256

// split cuts what the kernel handed over into packets, each a head and the rest of
// it, valid during take. False: it is malformed.
func split(vnet, packet []byte, head *[maxHead]byte, take func(head, rest []byte)) bool {
	kind := vnet[offVnetType] &^ vnetECN
	start := int(binary.NativeEndian.Uint16(vnet[offVnetStart:]))
	if vnet[offVnetFlags]&vnetNeedsSum == 0 {
		take(packet, nil)
		return kind == vnetNone
	}
	field := start + int(binary.NativeEndian.Uint16(vnet[offVnetSum:]))
	if kind == vnetNone {
		if field+2 > len(packet) || start < ipHeader {
			return false
		}
		finishSum(packet[start:], packet[field:], 0)
		take(packet, nil)
		return true
	}
	size, length := int(binary.NativeEndian.Uint16(vnet[offVnetSize:])), start+sizeUDP
	switch {
	case start < ipHeader || len(packet) < start+sizeUDP || size == 0:
		return false
	case kind == vnetTCP6:
		if length = start + minTCP; len(packet) >= length {
			length = start + int(packet[start+offHeadTCP]>>4)*4
		}
	case kind != vnetUDP:
		return false
	}
	if length > len(packet) || length > maxHead || kind == vnetTCP6 && length < start+minTCP {
		return false
	}
	for at := length; at < len(packet); at += size {
		rest := packet[at:min(at+size, len(packet))]
		h := head[:copy(head[:], packet[:length])]
		binary.BigEndian.PutUint16(h[offPayloadLength:], uint16(length+len(rest)-ipHeader))
		if kind == vnetTCP6 {
			cutTCP(h[start:], uint32(at-length), at+size >= len(packet))
		} else {
			binary.BigEndian.PutUint16(h[start+offLengthUDP:], uint16(sizeUDP+len(rest)))
		}
		seal(h, start, kind, rest)
		take(h, rest)
	}
	return true
}

// cutTCP makes the header that of the segment at an offset.
func cutTCP(tcp []byte, offset uint32, last bool) {
	binary.BigEndian.PutUint32(tcp[offSeqTCP:], binary.BigEndian.Uint32(tcp[offSeqTCP:])+offset)
	if !last {
		tcp[offFlagsTCP] &^= flagFIN | flagPSH
	}
	if offset > 0 {
		tcp[offFlagsTCP] &^= flagCWR
	}
}

// seal writes the checksum of a packet that is a head and the rest of it.
func seal(head []byte, start int, kind byte, rest []byte) {
	proto, at := byte(protoTCP), start+offSumTCP
	if kind == vnetUDP {
		proto, at = protoUDP, start+offSumUDP
	}
	field := head[at:]
	binary.BigEndian.PutUint16(field, pseudo(head, proto, len(head)-start+len(rest)))
	finishSum(head[start:], field, sum(rest, 0))
}

// finishSum replaces a checksum that covers the pseudo-header by the whole one.
func finishSum(covered, field []byte, more uint64) {
	s := ^fold(sum(covered, more))
	if s == 0 {
		s = 0xffff // the same number; to UDP, 0 would mean that there is none
	}
	binary.BigEndian.PutUint16(field, s)
}

// pseudo is the sum over the IPv6 pseudo-header (RFC 8200, section 8.1).
func pseudo(ip []byte, proto byte, length int) uint16 {
	return fold(sum(ip[offSource:ipHeader], uint64(proto)+uint64(length)))
}

// sum adds b, in big-endian words of 16 bits with carries kept, to s (RFC 1071). An
// odd b must be the last part.
func sum(b []byte, s uint64) uint64 {
	var carry uint64
	for len(b) >= 32 {
		s, carry = bits.Add64(s, binary.BigEndian.Uint64(b), carry)
		s, carry = bits.Add64(s, binary.BigEndian.Uint64(b[8:]), carry)
		s, carry = bits.Add64(s, binary.BigEndian.Uint64(b[16:]), carry)
		s, carry = bits.Add64(s, binary.BigEndian.Uint64(b[24:]), carry)
		b = b[32:]
	}
	s, carry = bits.Add64(s, 0, carry)
	s += carry
	s = s>>32 + s&(1<<32-1)
	for ; len(b) >= 2; b = b[2:] {
		s += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

func fold(s uint64) uint16 {
	for s>>16 != 0 {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
