package nic

import (
	"encoding/binary"
	"math"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hopwire/link"
)

// Numbers of generic netlink and nl80211 (linux/genetlink.h, linux/nl80211.h).
const (
	genlControl    = 16 // the family that names the others
	genlGetFamily  = 3
	genlFamilyID   = 1
	genlFamilyName = 2
	genlHeader     = 4 // command u8, version u8, reserved u16

	getInterface    = 5
	getStation      = 17
	newStation      = 19
	attrIndex       = 3
	attrMAC         = 6
	attrStation     = 21
	stationBitrate  = 8
	stationExpected = 27
	rateBitrate     = 1 // u16 of 100 kbit/s
	rateMCS         = 2
	rateBitrate32   = 5
	rateVHT         = 6
	rateHE          = 13
	rateEHT         = 19
	attrTypeMask    = 0x3fff
	attrHeader      = 4
	bitrateUnit     = 100 // kbit/s
)

// Stations asks the drivers of radios for the rates of stations, by nl80211. The zero
// Stations is ready; it is not safe for concurrent use.
type Stations struct{ family uint16 } // of nl80211, which modules get anew; 0: not asked

// Rates fills in the rates of stations of an interface, those alone whose addresses
// are keys. Where the radio has but one station, everything goes by it: a client
// reaches what is behind its access point so.
func (s *Stations) Rates(index int, rates map[link.Addr]link.StationRate) error {
	if err := s.find(); err != nil {
		return err
	}
	request := nl.NewNetlinkRequest(int(s.family), unix.NLM_F_DUMP)
	request.AddRawData([]byte{getStation, 0, 0, 0})
	request.AddRawData(attribute(attrIndex, binary.NativeEndian.AppendUint32(nil, uint32(index))))
	n, last := 0, link.StationRate{}
	err := request.ExecuteIter(unix.NETLINK_GENERIC, s.family, func(m []byte) bool {
		if a, r, ok := readAnswer(m); ok {
			n, last = n+1, r
			if _, wanted := rates[a]; wanted {
				rates[a] = r
			}
		}
		return true
	})
	if err != nil {
		s.family = 0
		return err
	}
	if n == 1 {
		for a := range rates {
			rates[a] = last
		}
	}
	return nil
}

// find asks for the number of nl80211.
func (s *Stations) find() error {
	if s.family != 0 {
		return nil
	}
	request := nl.NewNetlinkRequest(genlControl, 0)
	request.AddRawData([]byte{genlGetFamily, 1, 0, 0})
	request.AddRawData(attribute(genlFamilyName, []byte("nl80211\x00")))
	messages, err := request.Execute(unix.NETLINK_GENERIC, genlControl)
	if err != nil {
		return err
	}
	for _, m := range messages {
		s.family = uint16(figure(find(body(m), genlFamilyID)))
	}
	if s.family == 0 {
		return unix.ENOENT
	}
	return nil
}

// attribute is one netlink attribute: length u16, type u16, value, padding to four.
func attribute(typ uint16, v []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(attrHeader+len(v)))
	b = append(binary.NativeEndian.AppendUint16(b, typ), v...)
	return append(b, make([]byte, -len(b)&3)...)
}

// body is what stands behind the header of a generic netlink message.
func body(m []byte) []byte { return m[min(len(m), genlHeader):] }

// find returns the value of the first attribute of a type, in b's own memory; nil:
// there is none before the end or a garbled one.
func find(b []byte, typ uint16) []byte {
	for len(b) >= attrHeader {
		n := int(binary.NativeEndian.Uint16(b))
		if n < attrHeader || n > len(b) {
			return nil
		}
		if binary.NativeEndian.Uint16(b[2:])&attrTypeMask == typ {
			return b[attrHeader:n]
		}
		b = b[min(len(b), (n+3)&^3):]
	}
	return nil
}

// figure reads a u16 or u32; 0: it is neither.
func figure(v []byte) uint32 {
	switch len(v) {
	case 2:
		return uint32(binary.NativeEndian.Uint16(v))
	case 4:
		return binary.NativeEndian.Uint32(v)
	}
	return 0
}

// readAnswer reads one answer of a station dump; false: it is none.
func readAnswer(m []byte) (a link.Addr, r link.StationRate, ok bool) {
	mac := find(body(m), attrMAC)
	if len(m) < genlHeader || m[0] != newStation || len(mac) != 6 {
		return a, r, false
	}
	info := find(body(m), attrStation)
	r.Kbits, r.Aggregates = readBitrate(find(info, stationBitrate))
	r.Expected = figure(find(info, stationExpected))
	return link.MACAddr([6]byte(mac)), r, true
}

// readBitrate reads a rate; one of 802.11n and later has an index (MCS) with it.
func readBitrate(b []byte) (kbits uint32, aggregates bool) {
	n := max(figure(find(b, rateBitrate)), figure(find(b, rateBitrate32)))
	for _, typ := range [...]uint16{rateMCS, rateVHT, rateHE, rateEHT} {
		aggregates = aggregates || find(b, typ) != nil
	}
	return min(n, math.MaxUint32/bitrateUnit) * bitrateUnit, aggregates
}
