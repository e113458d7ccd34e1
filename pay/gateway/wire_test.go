package gateway

import (
	"testing"

	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Layouts(t, "wire.md", map[string]int{
		"offEntryNumber": offEntryNumber, "offEntryLength": offEntryLength, "offEntryCheck": offEntryCheck, "offEntrySealed": offEntrySealed})
	wiretest.Constants(t, "wire.md", map[string]any{
		"maxBatch": maxBatch, "batchWait": batchWait, "maxCallers": maxCallers, "maxDeposits": maxDeposits, "timeAhead": timeAhead, "maxPause": maxPause,
		"maxSkew": maxSkew, "maxTerms": maxTerms, "shownEpochs": shownEpochs,
		"bookBalance": bookBalance, "bookInbox": bookInbox, "bookHeld": bookHeld, "bookFees": bookFees, "bookChain": bookChain, "bookOut": bookOut,
		"Requested": Requested, "Signed": Signed, "Injected": Injected, "Confirmed": Confirmed})
}
