package ip

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"hopwire/link/identity"
)

// packet is a UDP packet of n bytes.
func packet(src, dst netip.Addr, n int) []byte {
	p := make([]byte, n)
	p[0], p[offNextHeader] = 0x60, 17
	binary.BigEndian.PutUint16(p[4:], uint16(n-ipHeader))
	s, d := src.As16(), dst.As16()
	copy(p[offSource:], s[:])
	copy(p[offDest:], d[:])
	p[ipHeader], p[ipHeader+3] = 9, 53
	return p
}

var (
	ipA = netip.MustParseAddr("fd68:6f70::1")
	ipB = netip.MustParseAddr("fd68:6f70::2")
)

// sums adds 16-bit words as RFC 1071 says, over the pseudo header too.
func sums(b []byte) bool {
	words := append([]byte(nil), b[offSource:ipHeader]...)
	words = binary.BigEndian.AppendUint32(words, uint32(len(b)-ipHeader))
	words = append(words, 0, 0, 0, icmpv6)
	words = append(words, b[ipHeader:]...)
	if len(words)%2 == 1 {
		words = append(words, 0)
	}
	sum := 0
	for i := 0; i < len(words); i += 2 {
		sum += int(words[i])<<8 | int(words[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return sum == 0xffff
}

func TestICMPErrors(t *testing.T) {
	var b [ErrorSize]byte
	for _, n := range []int{48, 49, 1380, 9000} {
		k := Unreachable(b[:], packet(ipA, ipB, n), ipB, CodeNoRoute)
		if k == 0 || !sums(b[:k]) || b[ipHeader] != typeUnreachable || k > 1280 {
			t.Errorf("%d bytes: %d, type %d", n, k, b[ipHeader])
		}
	}
	if k := PacketTooBig(b[:], packet(ipA, ipB, 1400), ipB); binary.BigEndian.Uint32(b[ipHeader+4:k]) != MTU {
		t.Error("MTU is not told")
	}
}

func TestNoErrorAboutErrors(t *testing.T) {
	var b [ErrorSize]byte
	bad := packet(ipA, ipB, 60)
	bad[offNextHeader], bad[ipHeader] = icmpv6, typeUnreachable
	for name, p := range map[string][]byte{
		"an error":    bad,
		"multicast":   packet(ipA, netip.MustParseAddr("ff02::1"), 60),
		"unspecified": packet(netip.IPv6Unspecified(), ipB, 60),
		"short":       make([]byte, 39),
		"empty":       nil,
	} {
		if Unreachable(b[:], p, ipB, 0) != 0 {
			t.Errorf("%s is answered", name)
		}
	}
}

func TestFlowHash(t *testing.T) {
	key := [16]byte{1}
	p, q := packet(ipA, ipB, 60), packet(ipB, ipA, 60)
	q[ipHeader], q[ipHeader+1], q[ipHeader+2], q[ipHeader+3] = p[ipHeader+2], p[ipHeader+3], p[ipHeader], p[ipHeader+1]
	if FlowHash(p, key) != FlowHash(q, key) {
		t.Error("the two directions of a flow differ")
	}
	q[ipHeader] ^= 1
	if FlowHash(p, key) == FlowHash(q, key) {
		t.Error("another port is the same flow")
	}
}

func TestSourceAllowed(t *testing.T) {
	key := identity.Key{1}
	p := packet(key.IPv6(), ipB, 60)
	if !SourceAllowed(p, key.IPv6()) || SourceAllowed(p, identity.Key{2}.IPv6()) || SourceAllowed(p[:59], key.IPv6()) || SourceAllowed(nil, key.IPv6()) {
		t.Error("source check")
	}
}
