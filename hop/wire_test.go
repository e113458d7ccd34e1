package hop

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var constants = map[string]int{"offE": offE, "offMAC": offMAC, "offInfo": offInfo, "offRest": offRest, "offNext": offNext, "offFlags": offFlags,
	"offLifetime": offLifetime, "offPrice": offPrice, "offReserved": offReserved, "offCellCounter": offCellCounter, "offCellSealed": offCellSealed,
	"offRecordKind": offRecordKind, "offRecordLength": offRecordLength, "offRecordData": offRecordData, "offCallKind": offCallKind, "offCallID": offCallID,
	"offCallTotal": offCallTotal, "offCallIndex": offCallIndex, "offCallData": offCallData}

var row = regexp.MustCompile("^\\| [^|]+ \\| (\\d+) \\| (\\d+|n) \\| `(\\w+)` \\|")

// TestWire compares the tables of wire.md with the constants and with their own
// running sums.
func TestWire(t *testing.T) {
	text, err := os.ReadFile("wire.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "|") {
			sum = 0
		}
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
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
}
