package nic

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"hopwire/link"
)

// recorded returns the answers of a driver; none on machines of the other byte order.
func recorded(t testing.TB) (all [][]byte) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return nil
	}
	text, err := os.ReadFile("testdata/stations.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if h, ok := strings.CutPrefix(line, "station: "); ok {
			m, err := hex.DecodeString(h)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, m)
		}
	}
	return all
}

// answer is one made by hand: bit rate in 100 kbit/s, expected kbit/s, and what goes
// with the rate.
func answer(mac []byte, bitrate32, expected uint32, more ...[]byte) []byte {
	word := func(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }
	rate := append(attribute(rateBitrate32, word(bitrate32)), bytes.Join(more, nil)...)
	info := attribute(stationBitrate|1<<15, rate) // marked as nested
	if expected > 0 {
		info = append(info, attribute(stationExpected, word(expected))...)
	}
	m := []byte{newStation, 1, 0, 0}
	m = append(m, attribute(attrIndex, word(3))...)
	m = append(m, attribute(attrMAC, mac)...)
	return append(m, attribute(attrStation|1<<15, info)...)
}

// TestStationAnswers: what a driver said, and what others may say.
func TestStationAnswers(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 1, 0}
	a, b := link.MACAddr([6]byte(mac)), link.MACAddr([6]byte{2, 0, 0, 0, 2, 0})
	type want struct {
		m []byte
		a link.Addr
		r link.StationRate
	}
	cases := []want{
		{answer(mac, 60, 0), a, link.StationRate{Kbits: 6000}},
		{answer(mac, 11, 700, attribute(rateMCS, []byte{3})), a, link.StationRate{Kbits: 1100, Expected: 700, Aggregates: true}},
		{answer(mac, 8667, 0, attribute(rateBitrate, []byte{1, 1}), attribute(rateVHT, []byte{9})), a, link.StationRate{Kbits: 866_700, Aggregates: true}},
		{answer(mac, 1<<32-1, 0, attribute(rateEHT, []byte{9})), a, link.StationRate{Kbits: (1<<32 - 1) / 100 * 100, Aggregates: true}},
	}
	if r := recorded(t); len(r) == 2 {
		cases = append(cases, want{r[0], a, link.StationRate{Kbits: 54_000, Expected: 19_593}}, want{r[1], b, link.StationRate{Kbits: 13_000, Expected: 9_937, Aggregates: true}})
	}
	for i, c := range cases {
		if a, r, ok := readAnswer(c.m); !ok || a != c.a || r != c.r {
			t.Errorf("case %d: %v %v %v, want %v %v", i, a, r, ok, c.a, c.r)
		}
	}
	bad := [][]byte{nil, {newStation}, {newStation, 1, 0, 0}, append([]byte{getStation}, answer(mac, 60, 0)[1:]...), answer(mac[:5], 60, 0)}
	for i, m := range bad {
		if a, r, ok := readAnswer(m); ok {
			t.Errorf("bad case %d: %v %v", i, a, r)
		}
	}
}

// TestStationsTruncated: every truncation of an answer is read as far as it goes.
func TestStationsTruncated(t *testing.T) {
	m := answer([]byte{2, 0, 0, 0, 1, 0}, 60, 50, attribute(rateMCS, []byte{1}))
	for n := range m {
		if _, r, _ := readAnswer(m[:n:n]); r != (link.StationRate{}) {
			t.Errorf("%d of %d bytes say %+v", n, len(m), r)
		}
	}
}

// FuzzStations: no answer makes a panic, and one that is not of a station has no rate.
func FuzzStations(f *testing.F) {
	for _, m := range recorded(f) {
		f.Add(m)
	}
	f.Add(answer([]byte{1, 2, 3, 4, 5, 6}, 8667, 5000, attribute(rateHE, []byte{11})))
	f.Fuzz(func(t *testing.T, m []byte) {
		_, r, ok := readAnswer(m)
		if !ok && r != (link.StationRate{}) {
			t.Errorf("%+v without a station", r)
		}
		find(m, attrMAC)
	})
}

// TestStationsNoRadio: an interface that is no radio has no rates, and nothing is
// filled in.
func TestStationsNoRadio(t *testing.T) {
	var s Stations
	rates := map[link.Addr]link.StationRate{link.MACAddr([6]byte{1}): {}}
	if err := s.Rates(1, rates); err == nil || rates[link.MACAddr([6]byte{1})] != (link.StationRate{}) {
		t.Errorf("the loopback has rates %v, error %v", rates, err)
	}
}
