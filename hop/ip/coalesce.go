package ip

import (
	"bytes"
	"encoding/binary"
)

const (
	pieces       = 4  // flows that are put together at once
	pieceMost    = 64 // segments in one piece, which every kernel takes
	piecePayload = 1<<16 - 1
)

// A coalescer puts packets of a flow that follow each other together again, as the
// kernel's own GRO does, before they are handed to it. A packet never overtakes one
// of its flow. It copies what it is given and is not safe for concurrent use.
type coalescer struct {
	write  func(b []byte) // vnet header ‖ packet; valid during the call
	udp    bool           // the kernel takes UDP too (Linux 6.2)
	pieces [pieces]piece
	next   int // piece to be emptied when none is free
	plain  [vnetSize + MTU]byte
}

// A piece is one in the making.
type piece struct {
	buf   []byte // vnet header ‖ packet; empty: free
	kind  byte
	head  int // bytes before the payload
	size  int // payload of a segment
	count int
	seq   uint32 // of the next segment (TCP)
	done  bool   // a short segment, or a PSH, was the last
}

// Put takes one packet of at most MTU bytes.
func (c *coalescer) Put(p []byte) {
	kind, head := c.mergeable(p)
	s := c.find(p)
	if s != nil && (kind == vnetNone || !s.extend(kind, head, p)) {
		c.flush(s)
	} else if s != nil {
		return
	}
	if kind == vnetNone && len(p) <= MTU {
		clear(c.plain[:vnetSize])
		c.write(c.plain[:vnetSize+copy(c.plain[vnetSize:], p)])
	} else if kind != vnetNone {
		c.begin(kind, head, p)
	}
}

// Flush hands over all that was put.
func (c *coalescer) Flush() {
	for i := range c.pieces {
		if len(c.pieces[i].buf) > 0 {
			c.flush(&c.pieces[i])
		}
	}
}

// mergeable says as what a packet may be merged and how long its headers are.
func (c *coalescer) mergeable(p []byte) (kind byte, head int) {
	if len(p) < ipHeader+sizeUDP || len(p) > MTU || int(binary.BigEndian.Uint16(p[offPayloadLength:]))+ipHeader != len(p) {
		return vnetNone, 0
	}
	t := p[ipHeader:]
	switch p[offNextHeader] {
	case protoTCP:
		if len(t) < minTCP {
			return vnetNone, 0
		}
		kind, head = vnetTCP6, ipHeader+int(t[offHeadTCP]>>4)*4
		if t[offFlagsTCP]&^flagPSH != flagACK || head < ipHeader+minTCP {
			return vnetNone, 0
		}
	case protoUDP:
		kind, head = vnetUDP, ipHeader+sizeUDP
		if !c.udp || int(binary.BigEndian.Uint16(t[offLengthUDP:])) != len(t) || t[offSumUDP]|t[offSumUDP+1] == 0 {
			return vnetNone, 0
		}
	}
	if kind == vnetNone || head >= len(p) || !sumHolds(p) {
		return vnetNone, 0
	}
	return kind, head
}

// sumHolds checks the checksum: what is merged counts as checked, and a packet that
// was damaged before it came to us must not.
func sumHolds(p []byte) bool {
	s := uint64(pseudo(p, p[offNextHeader], len(p)-ipHeader))
	return fold(sum(p[ipHeader:], s)) == 0xffff
}

// find returns the piece of the packet's flow: addresses, protocol and ports.
func (c *coalescer) find(p []byte) *piece {
	if len(p) < ipHeader+4 {
		return nil
	}
	for i := range c.pieces {
		if s := &c.pieces[i]; len(s.buf) > 0 {
			o := s.buf[vnetSize:]
			if o[offNextHeader] == p[offNextHeader] && bytes.Equal(o[offSource:ipHeader+4], p[offSource:ipHeader+4]) {
				return s
			}
		}
	}
	return nil
}

// begin opens a piece with a packet.
func (c *coalescer) begin(kind byte, head int, p []byte) {
	s := &c.pieces[c.next]
	for i := range c.pieces {
		if len(c.pieces[i].buf) == 0 {
			s = &c.pieces[i]
			break
		}
	}
	if len(s.buf) > 0 {
		c.next = (c.next + 1) % pieces
		c.flush(s)
	}
	if s.buf == nil {
		s.buf = make([]byte, 0, vnetSize+ipHeader+piecePayload)
	}
	s.buf = append(s.buf[:vnetSize], p...)
	s.kind, s.head, s.size, s.count = kind, head, len(p)-head, 1
	s.seq, s.done = binary.BigEndian.Uint32(p[ipHeader+offSeqTCP:])+uint32(s.size), kind == vnetTCP6 && p[ipHeader+offFlagsTCP]&flagPSH != 0
}

// extend adds a packet that continues the piece.
func (s *piece) extend(kind byte, head int, p []byte) bool {
	o := s.buf[vnetSize:]
	rest := p[head:]
	if s.done || kind != s.kind || head != s.head || len(rest) > s.size || s.count >= pieceMost || len(o)-ipHeader+len(rest) > piecePayload {
		return false
	}
	if !bytes.Equal(o[:offPayloadLength], p[:offPayloadLength]) || o[offHopLimit] != p[offHopLimit] {
		return false
	}
	if kind == vnetTCP6 {
		a, b := o[ipHeader:head], p[ipHeader:head]
		if binary.BigEndian.Uint32(b[offSeqTCP:]) != s.seq || !bytes.Equal(a[8:offFlagsTCP], b[8:offFlagsTCP]) || !bytes.Equal(a[offUrgentTCP:], b[offUrgentTCP:]) {
			return false // of the header: all from the acknowledgement (8) on but flags, window and checksum
		}
		s.seq += uint32(len(rest))
		s.done = b[offFlagsTCP]&flagPSH != 0
		a[offFlagsTCP] |= b[offFlagsTCP]
		copy(a[14:16], b[14:16]) // the newest window
	}
	s.done = s.done || len(rest) < s.size
	s.buf = append(s.buf, rest...)
	s.count++
	return true
}

// flush hands a piece to the kernel; its room is free again then.
func (c *coalescer) flush(s *piece) {
	v, p := s.buf[:vnetSize], s.buf[vnetSize:]
	clear(v)
	if s.count > 1 {
		binary.BigEndian.PutUint16(p[offPayloadLength:], uint16(len(p)-ipHeader))
		field := offSumTCP
		if s.kind == vnetUDP {
			field = offSumUDP
			binary.BigEndian.PutUint16(p[ipHeader+offLengthUDP:], uint16(len(p)-ipHeader))
		}
		binary.BigEndian.PutUint16(p[ipHeader+field:], pseudo(p, p[offNextHeader], len(p)-ipHeader))
		v[offVnetFlags], v[offVnetType] = vnetNeedsSum, s.kind
		for _, e := range [...]struct{ at, value int }{{offVnetHead, s.head}, {offVnetSize, s.size}, {offVnetStart, ipHeader}, {offVnetSum, field}} {
			binary.NativeEndian.PutUint16(v[e.at:], uint16(e.value))
		}
	}
	c.write(s.buf)
	s.buf = s.buf[:0]
}
