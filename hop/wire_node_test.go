package hop

import (
	"testing"

	"hopwire/hop/ip"
	"hopwire/link/wiretest"
)

// TestWireNode compares the tables of node/wire.md with the code.
func TestWireNode(t *testing.T) {
	wiretest.Layouts(t, "node/wire.md", map[string]int{
		"offRecordKind": offRecordKind, "offRecordLength": offRecordLength, "offRecordData": offRecordData,
	})
	wiretest.Constants(t, "node/wire.md", map[string]any{
		"recordPadding": recordPadding, "recordIP": recordIP, "recordCall": recordCall, "recordAlive": recordAlive, "recordAsk": recordAsk,
		"recordEcho": recordEcho,

		"MTU": ip.MTU, "answerWithin": answerWithin, "tokenSize": tokenSize, "joinSize": joinSize, "tokensAhead": tokensAhead,

		"lossHold": lossHold, "circuitLife": circuitLife, "idleAfter": idleAfter, "warmFor": warmFor, "warmGap": warmGap, "moveAfter": moveAfter,
		"warmRetry": warmRetry, "checkPath": checkPath, "askGap": askGap, "lingerFor": lingerFor, "retryFirst": retryFirst,
		"retryMost": retryMost, "retryFull": retryFull, "spoiledMost": spoiledMost, "waitFor": waitFor, "maxQueue": maxQueue,
		"maxQueueLost": maxQueueLost, "maxTerminals": maxTerminals, "maxWaits": maxWaits, "sessionRate": sessionRate,
		"sessionBurst": sessionBurst, "flowFor": flowFor, "maxTaught": maxTaught,
	})
}
