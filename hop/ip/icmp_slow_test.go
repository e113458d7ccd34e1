package ip

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"hopwire/link/identity"
)

// ipPacket makes an IPv6 packet.
func ipPacket(src, dst netip.Addr, next byte, data []byte) []byte {
	p := make([]byte, ipHeader, ipHeader+len(data))
	p[0], p[offNextHeader], p[offHopLimit] = 6<<4, next, 64
	binary.BigEndian.PutUint16(p[4:], uint16(len(data)))
	copy(p[offSource:], src.AsSlice())
	copy(p[offDest:], dst.AsSlice())
	return append(p, data...)
}

// slowChecksum is RFC 4443, section 2.3, word for word: the pseudo header of RFC
// 8200, section 8.1, is built, and the checksum field counts as it stands.
func slowChecksum(p []byte) uint16 {
	var b []byte
	b = append(b, p[offSource:ipHeader]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(p)-ipHeader))
	b = append(b, 0, 0, 0, p[offNextHeader])
	b = append(b, p[ipHeader:]...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	sum := 0
	for i := 0; i < len(b); i += 2 {
		sum += int(b[i])<<8 | int(b[i+1])
		if sum > 0xffff {
			sum -= 0xffff
		}
	}
	return 0xffff - uint16(sum)
}

// TestICMPVector: all bytes, the quoted packet's too, come from a program that shares
// nothing with this one.
func TestICMPVector(t *testing.T) {
	packet := udpPacket(tunSelf, tunPeer, 1, 2, nil)
	var b [ErrorSize]byte
	got := b[:Unreachable(b[:], packet, tunPeer, CodeNoRoute)]
	want, _ := hex.DecodeString("6000000000383a40" + "fd686f70000200000000000000000002" + "fd686f70000100000000000000000001" + "0100" + "b3a5" + "00000000" +
		"6000000000081140fd686f70000100000000000000000001fd686f700002000000000000000000020001000200082623")
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%x, want\n%x", got, want)
	}
}

func TestICMPQuotation(t *testing.T) {
	for _, size := range []int{0, 1, 7, 1192, 1193, MTU - ipHeader, 3000} {
		packet := ipPacket(tunSelf, tunPeer, protoUDP, make([]byte, size))
		for i := range packet[ipHeader:] {
			packet[ipHeader+i] = byte(i * 37)
		}
		var b [ErrorSize]byte
		n := PacketTooBig(b[:], packet, tunPeer)
		if want := min(ErrorSize, ipHeader+icmpHeader+len(packet)); n != want {
			t.Fatalf("%d: %d bytes, want %d", size, n, want)
		}
		m := b[:n]
		if slowChecksum(m) != 0 {
			t.Errorf("%d: wrong checksum", size)
		}
		if m[ipHeader] != 2 || m[ipHeader+1] != 0 || binary.BigEndian.Uint32(m[ipHeader+4:]) != MTU {
			t.Errorf("%d: got % x, want too big and %d", size, m[ipHeader:ipHeader+8], MTU)
		}
		if !bytes.Equal(m[ipHeader+icmpHeader:], packet[:n-ipHeader-icmpHeader]) || !bytes.Equal(m[offSource:offDest], tunPeer.AsSlice()) || !bytes.Equal(m[offDest:ipHeader], tunSelf.AsSlice()) {
			t.Errorf("%d: wrong addresses or quotation", size)
		}
	}
}

// extend puts an extension header of 8 bytes in front of data.
func extend(next byte, fragmentOffset uint16, data []byte) []byte {
	b := []byte{next, 0, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(b[2:], fragmentOffset<<3|1)
	return append(b, data...)
}

func TestICMPRules(t *testing.T) {
	multicast, nobody := netip.MustParseAddr("ff02::1"), netip.IPv6Unspecified()
	echo, failure, redirect := []byte{128, 0, 0, 0, 0, 1, 0, 1}, make([]byte, 8), []byte{137, 0, 0, 0, 0, 0, 0, 0}
	failure[0] = 3
	var deep []byte
	for range maxExtensions + 1 {
		deep = extend(protoDestination, 0, deep)
	}
	auth := append([]byte{icmpv6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, failure...)
	for name, c := range map[string]struct {
		packet []byte
		want   bool
	}{
		"udp":                        {ipPacket(tunSelf, tunPeer, 17, make([]byte, 8)), true},
		"unknown protocol":           {ipPacket(tunSelf, tunPeer, 99, nil), true},
		"echo request":               {ipPacket(tunSelf, tunPeer, icmpv6, echo), true},
		"error":                      {ipPacket(tunSelf, tunPeer, icmpv6, failure), false},
		"redirect":                   {ipPacket(tunSelf, tunPeer, icmpv6, redirect), false},
		"ICMPv6 without a type":      {ipPacket(tunSelf, tunPeer, icmpv6, nil), false},
		"error behind options":       {ipPacket(tunSelf, tunPeer, protoHopByHop, extend(icmpv6, 0, failure)), false},
		"error behind two headers":   {ipPacket(tunSelf, tunPeer, protoDestination, extend(protoFragment, 0, extend(icmpv6, 0, failure))), false},
		"error behind AH":            {ipPacket(tunSelf, tunPeer, protoAuth, auth), false},
		"echo behind options":        {ipPacket(tunSelf, tunPeer, protoHopByHop, extend(icmpv6, 0, echo)), true},
		"later fragment of UDP":      {ipPacket(tunSelf, tunPeer, protoFragment, extend(17, 9, echo)), true},
		"later fragment of ICMPv6":   {ipPacket(tunSelf, tunPeer, protoFragment, extend(icmpv6, 9, echo)), false},
		"options cut off":            {ipPacket(tunSelf, tunPeer, protoHopByHop, []byte{icmpv6, 0, 0}), false},
		"options longer than packet": {ipPacket(tunSelf, tunPeer, protoHopByHop, []byte{icmpv6, 255, 0, 0, 0, 0, 0, 0}), false},
		"endless options":            {ipPacket(tunSelf, tunPeer, protoDestination, deep), false},
		"to multicast":               {ipPacket(tunSelf, multicast, 17, nil), false},
		"from multicast":             {ipPacket(multicast, tunPeer, 17, nil), false},
		"from nobody":                {ipPacket(nobody, tunPeer, 17, nil), false},
		"IPv4":                       {append([]byte{4 << 4}, make([]byte, 59)...), false},
		"no header":                  {make([]byte, ipHeader-1), false},
	} {
		t.Run(name, func(t *testing.T) {
			var b [ErrorSize]byte
			if n := Unreachable(b[:], c.packet, tunPeer, CodeNoAnswer); n > 0 != c.want {
				t.Errorf("got %d bytes, want an answer: %v", n, c.want)
			}
		})
	}
}

func TestICMPLimit(t *testing.T) {
	var l ErrorLimit
	now, n := time.Unix(1e9, 0), 0
	for range 100 {
		if l.Take(now) {
			n++
		}
	}
	if n != 20 || l.Take(now.Add(40*time.Millisecond)) || !l.Take(now.Add(100*time.Millisecond)) {
		t.Errorf("%d at once, want 20, then one in 50 ms", n)
	}
}

func TestFlowHashCases(t *testing.T) {
	key := [16]byte{1}
	there := udpPacket(tunSelf, tunPeer, 1000, 53, []byte("question"))
	hash := FlowHash(there, key)
	echo := func(typ byte, id uint16, a, b netip.Addr) []byte {
		return ipPacket(a, b, icmpv6, []byte{typ, 0, 0, 0, byte(id >> 8), byte(id), 0, 1})
	}
	ping := FlowHash(echo(128, 7, tunSelf, tunPeer), key)
	whole := FlowHash(ipPacket(tunSelf, tunPeer, protoFragment, extend(17, 0, there[ipHeader:])), key)
	for _, c := range []struct {
		name      string
		got, want uint64
		same      bool
	}{
		{"back", FlowHash(udpPacket(tunPeer, tunSelf, 53, 1000, []byte("answer")), key), hash, true},
		{"behind options", FlowHash(ipPacket(tunSelf, tunPeer, protoHopByHop, extend(17, 0, there[ipHeader:])), key), hash, true},
		{"another port", FlowHash(udpPacket(tunSelf, tunPeer, 1001, 53, nil), key), hash, false},
		{"ports exchanged, hosts not", FlowHash(udpPacket(tunSelf, tunPeer, 53, 1000, nil), key), hash, false},
		{"another protocol", FlowHash(ipPacket(tunSelf, tunPeer, 6, there[ipHeader:]), key), hash, false},
		{"another key", FlowHash(there, [16]byte{2}), hash, false},
		{"ping back", FlowHash(echo(129, 7, tunPeer, tunSelf), key), ping, true},
		{"another ping", FlowHash(echo(128, 8, tunSelf, tunPeer), key), ping, false},
		{"later fragment", FlowHash(ipPacket(tunSelf, tunPeer, protoFragment, extend(17, 9, []byte("rest"))), key), whole, true},
		{"between one host's ports", FlowHash(udpPacket(tunSelf, tunSelf, 1, 2, nil), key), FlowHash(udpPacket(tunSelf, tunSelf, 2, 1, nil), key), true},
	} {
		if (c.got == c.want) != c.same {
			t.Errorf("%s: %x and %x, want the same: %v", c.name, c.got, c.want, c.same)
		}
	}
}

// TestPacketHostile: no bytes make the parsers panic or write too much.
func TestPacketHostile(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	nexts := []byte{protoHopByHop, protoRouting, protoFragment, protoAuth, protoDestination, protoTCP, protoUDP, icmpv6}
	var b [ErrorSize]byte
	for range 200_000 {
		p := make([]byte, r.IntN(120))
		for i := range p {
			if p[i] = byte(r.Uint32()); i%4 == 2 {
				p[i] = nexts[r.IntN(len(nexts))]
			}
		}
		if len(p) > 0 {
			p[0] = 6 << 4
		}
		FlowHash(p, [16]byte{})
		SourceAllowed(p, identity.Key{}.IPv6())
		if n := Unreachable(b[:], p, tunSelf, 0); n > 0 && (n != ipHeader+icmpHeader+len(p) || slowChecksum(b[:n]) != 0) {
			t.Fatalf("% x: answer of %d bytes", p, n)
		}
	}
}

func TestSourceAllowedDestroyed(t *testing.T) {
	key := identity.Key{1, 2, 3}
	good := ipPacket(key.IPv6(), tunSelf, 17, make([]byte, 20))
	if !SourceAllowed(good, key.IPv6()) {
		t.Error("the right source is refused")
	}
	if SourceAllowed(good, identity.Key{3, 2, 1}.IPv6()) {
		t.Error("another key's source is allowed")
	}
	for n := range len(good) {
		if SourceAllowed(good[:n], key.IPv6()) {
			t.Errorf("allowed when cut to %d bytes", n)
		}
	}
	if SourceAllowed(append(bytes.Clone(good), 0), key.IPv6()) {
		t.Error("allowed with a byte too many")
	}
	for bit := range ipHeader * 8 {
		p := bytes.Clone(good)
		p[bit/8] ^= 1 << (bit % 8)
		checked := bit/8 >= offSource && bit/8 < offDest || bit/8 == 0 && bit%8 >= 4 || bit/8 == 4 || bit/8 == 5
		if SourceAllowed(p, key.IPv6()) == checked {
			t.Errorf("bit %d changed: allowed %v, want %v", bit, !checked, checked)
		}
	}
}

func TestPacketAllocations(t *testing.T) {
	packet := udpPacket(tunSelf, tunPeer, 1, 2, nil)
	var b [ErrorSize]byte
	key := identity.Key{1}
	for name, f := range map[string]func(){
		"flow":        func() { FlowHash(packet, [16]byte{}) },
		"unreachable": func() { Unreachable(b[:], packet, tunPeer, 0) },
		"source":      func() { SourceAllowed(packet, key.IPv6()) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}
