package ip

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
)

// fuzzed is how a fuzzer's bytes become packets: each begins with its length, and every
// packet but those that ask for it (an odd first byte) gets the length and the checksum
// that a whole one has, so that merging is reached.
func fuzzed(b []byte) (packets [][]byte) {
	for len(b) >= 2 && len(packets) < 300 {
		n := int(binary.BigEndian.Uint16(b)) % (MTU + 2)
		b = b[2:]
		p := append([]byte(nil), b[:min(n, len(b))]...)
		b = b[len(p):]
		if len(p) > ipHeader+minTCP && p[0]&1 == 0 {
			binary.BigEndian.PutUint16(p[offPayloadLength:], uint16(len(p)-ipHeader))
			field := p[ipHeader+offSumUDP:]
			if p[offNextHeader] == protoTCP {
				field = p[ipHeader+offSumTCP:]
			} else {
				binary.BigEndian.PutUint16(p[ipHeader+offLengthUDP:], uint16(len(p)-ipHeader))
			}
			binary.BigEndian.PutUint16(field, pseudo(p, p[offNextHeader], len(p)-ipHeader))
			finishSum(p[ipHeader:], field, 0)
		}
		packets = append(packets, p)
	}
	return packets
}

// plainTCP is a packet without what merging may change: the window, and the checksum
// over it.
func plainTCP(p []byte) []byte {
	if len(p) >= ipHeader+minTCP && p[offNextHeader] == protoTCP {
		p = bytes.Clone(p)
		clear(p[ipHeader+14 : ipHeader+18])
	}
	return p
}

// FuzzCoalesce: whatever packets are put, each comes out of the pieces once, as it was
// but for the window of a TCP segment, and none overtakes one of its flow. No piece is
// longer than the kernel takes.
func FuzzCoalesce(f *testing.F) {
	add := func(packets ...[]byte) {
		var b []byte
		for _, p := range packets {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(p))), p...)
		}
		f.Add(b)
	}
	data := random(1, 100)
	add(tcpPacket(1, 5, flagACK, data), tcpPacket(1, 105, flagACK|flagPSH, data), tcpPacket(1, 205, flagACK, data))
	urgent := tcpPacket(1, 105, flagACK, data)
	urgent[ipHeader+offUrgentTCP+1] = 9
	add(tcpPacket(1, 5, flagACK, data), urgent) // found by this target: it was lost
	add(udpPacket(tunPeer, tunSelf, 1, 2, data), udpPacket(tunPeer, tunSelf, 1, 2, data), udpPacket(tunPeer, tunSelf, 1, 2, data[:7]))
	add(tcpPacket(1, 1<<32-50, flagACK, data), tcpPacket(1, 50, flagACK, data), []byte{0x60}, nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		flow := func(p []byte) string {
			if len(p) < ipHeader+4 {
				return "short"
			}
			return string(p[offNextHeader]) + string(p[offSource:ipHeader+4])
		}
		want, got := map[string][][]byte{}, map[string][][]byte{}
		c := coalescer{udp: true}
		c.write = func(b []byte) {
			if len(b) > vnetSize+ipHeader+piecePayload {
				t.Fatalf("a piece of %d bytes", len(b))
			}
			for _, p := range again(t, b) {
				got[flow(p)] = append(got[flow(p)], plainTCP(p))
			}
		}
		for _, p := range fuzzed(b) {
			if len(p) <= MTU {
				want[flow(p)] = append(want[flow(p)], plainTCP(p))
			}
			c.Put(p)
		}
		c.Flush()
		for id, packets := range want {
			if len(packets) != len(got[id]) {
				t.Fatalf("%d packets of a flow came out, want %d", len(got[id]), len(packets))
			}
			for i, p := range packets {
				if !bytes.Equal(p, got[id][i]) {
					t.Fatalf("packet %d is\n% x, want\n% x", i, got[id][i], p)
				}
			}
		}
	})
}

// FuzzPacket: headers of every kind are read without harm; both directions of a packet
// are one flow, and an error about it fits, holds its checksum and has no error about it.
func FuzzPacket(f *testing.F) {
	f.Add(tcpPacket(1, 2, flagACK, []byte("data")))
	f.Add(udpPacket(tunPeer, tunSelf, 1, 2, []byte("data")))
	f.Add(ipPacket(tunPeer, tunSelf, protoHopByHop, extend(protoFragment, 0, extend(protoUDP, 8, make([]byte, 8)))))
	f.Fuzz(func(t *testing.T, p []byte) {
		Destination(p)
		SourceAllowed(p, tunSelf)
		if len(p) >= ipHeader {
			if _, off, _, ok := upperLayer(p); ok && off < ipHeader {
				t.Errorf("an upper layer at %d", off)
			}
		}
		FlowHash(p, [16]byte{1})
		var b, c [ErrorSize]byte
		for _, n := range []int{Unreachable(b[:], p, tunSelf, CodeNoRoute), PacketTooBig(b[:], p, tunSelf)} {
			if n == 0 {
				continue
			}
			e := b[:n]
			if n > ErrorSize || !wholeLength(e) || !sumHolds(e) || Unreachable(c[:], e, tunPeer, CodeNoRoute) != 0 {
				t.Errorf("a bad error % x about % x", e, p)
			}
			if to, ok := Destination(e); !ok || to != netip.AddrFrom16([16]byte(p[offSource:offDest])) {
				t.Errorf("an error to %v", to)
			}
		}
	})
}
