package node

import (
	"testing"

	"hopwire/hop/ip"
	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Layouts(t, "wire.md", map[string]int{
		"offRecordKind": offRecordKind, "offRecordLength": offRecordLength, "offRecordData": offRecordData,
	})
	wiretest.Constants(t, "wire.md", map[string]any{
		"recordPadding": recordPadding, "recordIP": recordIP, "recordCall": recordCall, "recordAlive": recordAlive, "recordAsk": recordAsk,
		"recordEcho": recordEcho,

		"MTU": ip.MTU, "answerWithin": answerWithin, "tokenSize": tokenSize, "joinSize": joinSize, "tokensAhead": tokensAhead,

		"lossHold": lossHold, "probeGap": probeGap, "probeSoon": probeSoon, "probeNext": probeNext, "probeMost": probeMost,
		"probeFew": probeFew, "circuitLife": circuitLife, "idleAfter": idleAfter, "warmFor": warmFor, "warmGap": warmGap, "moveAfter": moveAfter,
		"warmRetry": warmRetry, "checkPath": checkPath, "askGap": askGap, "lingerFor": lingerFor, "retryFirst": retryFirst,
		"retryMost": retryMost, "retryFull": retryFull, "spoiledMost": spoiledMost, "spoiledSpan": spoiledSpan, "workRetry": workRetry, "waitFor": waitFor, "maxQueue": maxQueue, "openTries": openTries, "queueMemory": queueMemory,
		"queueShare": queueShare, "queueEach": queueEach,
		"maxQueueLost": maxQueueLost, "maxTerminals": maxTerminals, "maxWaits": maxWaits, "sessionRate": sessionRate, "doorPart": doorPart, "askFor": askFor, "answerFor": answerFor,
		"doorJobs": doorJobs, "portJobs": portJobs, "maxJobs": maxJobs, "maxFirst": maxFirst, "guestRest": guestRest,
		"sessionBurst": sessionBurst, "flowFor": flowFor, "maxTaught": maxTaught,
		"maxProbes": maxProbes, "maxErrands": maxErrands, "shortRequest": shortRequest, "maxErrandEnds": maxErrandEnds, "errandFor": errandFor, "errandSilence": errandSilence, "measurePings": measurePings, "measureGap": measureGap, "measureFor": measureFor, "measureApart": measureApart, "heldMost": heldMost, "heldBytes": heldBytes, "holdMost": holdMost,
	})
}
