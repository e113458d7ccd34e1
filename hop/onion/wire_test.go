package onion

import (
	"testing"

	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	sizes := wiretest.Layouts(t, "wire.md", map[string]int{
		"offE": offE, "offMAC": offMAC, "offInfo": offInfo, "offRest": offRest,
		"offNext": offNext, "offFlags": offFlags, "offLifetime": offLifetime, "offPrice": offPrice, "offReserved": offReserved,
		"offCellCounter": offCellCounter, "offCellSealed": offCellSealed,
		"offCellType": offCellType, "offCellLength": offCellLength, "offCellData": offCellData,
	})
	if got := sizes["Set-up"]; len(got) != 2 || got[0] != SetupSize || got[1] != infoSize {
		t.Errorf("a set-up and its info have %v bytes, want %d and %d", got, SetupSize, infoSize)
	}
	wiretest.Constants(t, "wire.md", map[string]any{
		"MaxHops": MaxHops, "SetupSize": SetupSize, "filterBucket": filterBucket, "filterParts": filterParts, "filterFor": filterFor, "filterGens": filterGens,
		"onionHour": onionHour, "onionLate": onionLate, "onionEarly": onionEarly,
		"IVAddressed": IVAddressed, "IVControl": IVControl, "IVTick": IVTick,
		"CellPing": CellPing, "CellPong": CellPong, "CellBroken": CellBroken, "CellClose": CellClose, "CellExtend": CellExtend, "CellSlow": CellSlow,
		"seqWindow": seqWindow, "seqAhead": seqAhead, "answersSize": answersSize,
	})
}
