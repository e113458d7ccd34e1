package link

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// constants are the names in wire.md's tables.
var constants = map[string]int{
	"offMask": offMask, "offHeader": offHeader, "offTag": offTag, "offBody": offBody, "offLabel": offLabel, "offSeq": offSeq, "offIV": offIV,
	"offFilter": offFilter, "offEphemeral": offEphemeral, "offSecret": offSecret, "offVersion": offVersion, "offPortNonce": offPortNonce,
	"offFilterKey": offFilterKey, "offEncaps": offEncaps, "offPadding1": offPadding1, "offRecordKind": offRecordKind, "offRecordLength": offRecordLength,
	"offRecordData": offRecordData, "offHelloTime": offHelloTime, "offHelloEcho": offHelloEcho, "offHelloHeld": offHelloHeld, "offHelloSent": offHelloSent,
	"offHelloLoss": offHelloLoss, "offHelloFlags": offHelloFlags, "offBeaconKey": offBeaconKey, "offBeaconMAC": offBeaconMAC, "offBeaconPort": offBeaconPort,
	"offBeaconFilter": offBeaconFilter, "offBeaconCounter": offBeaconCounter, "offBeaconVersion": offBeaconVersion, "offBeaconFlags": offBeaconFlags, "offBeaconPadding": offBeaconPadding,
}

var row = regexp.MustCompile("^\\| [^|]+ \\| (\\d+) \\| (\\d+|n|[^|]+) \\| `(\\w+)` \\|")

// TestWire compares the tables of wire.md with the constants and with their own
// running sums.
func TestWire(t *testing.T) {
	text, err := os.ReadFile("wire.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, sum := 0, 0
	for _, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "|") {
			sum = 0
			continue
		}
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		rows++
		offset, _ := strconv.Atoi(m[1])
		value, known := constants[m[3]]
		if !known || value != offset || offset != sum {
			t.Errorf("%s: offset %d in wire.md, %d in the code, %d by the sizes before it", m[3], offset, value, sum)
		}
		size, _ := strconv.Atoi(m[2])
		sum = offset + size
		delete(constants, m[3])
	}
	for name := range constants {
		t.Errorf("%s is not in wire.md", name)
	}
	if rows < 25 {
		t.Errorf("%d rows found", rows)
	}
}
