package hop

import (
	"testing"

	"hopwire/link/wiretest"
)

// TestWireOnion compares the tables of onion/wire.md with the code.
func TestWireOnion(t *testing.T) {
	sizes := wiretest.Layouts(t, "onion/wire.md", map[string]int{
		"offE": offE, "offMAC": offMAC, "offInfo": offInfo, "offRest": offRest,
		"offNext": offNext, "offFlags": offFlags, "offLifetime": offLifetime, "offPrice": offPrice, "offReserved": offReserved,
		"offCellCounter": offCellCounter, "offCellSealed": offCellSealed,
		"offCellType": offCellType, "offCellLength": offCellLength, "offCellData": offCellData,
	})
	if got := sizes["Set-up"]; len(got) != 2 || got[0] != SetupSize || got[1] != infoSize {
		t.Errorf("a set-up and its info have %v bytes, want %d and %d", got, SetupSize, infoSize)
	}
	wiretest.Constants(t, "onion/wire.md", map[string]any{
		"MaxHops": MaxHops, "SetupSize": SetupSize, "filterBucket": filterBucket, "filterParts": filterParts, "filterFor": filterFor,
		"onionHour": onionHour, "onionLate": onionLate, "onionEarly": onionEarly,
		"ivAddressed": ivAddressed, "ivControl": ivControl, "ivTick": ivTick,
		"CellPing": CellPing, "CellPong": CellPong, "CellBroken": CellBroken, "CellClose": CellClose, "CellExtend": CellExtend, "CellSlow": CellSlow,
		"seqWindow": seqWindow, "seqAhead": seqAhead, "answersSize": answersSize,
	})
}
