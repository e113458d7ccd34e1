package hop

import (
	"testing"

	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	if sizes := wiretest.Layouts(t, "wire.md", map[string]int{"offSetupLabel": offSetupLabel, "offExtension": offExtension, "offSetup": offSetup}); sizes["Messages"][0] != len(setupMessage{}) {
		t.Errorf("a set-up message has %d bytes, want %d", sizes["Messages"][0], len(setupMessage{}))
	}
	wiretest.Constants(t, "wire.md", map[string]any{
		"kindSetup": kindSetup, "kindGone": kindGone, "kindFailed": kindFailed,

		"ReasonLinkDown": ReasonLinkDown, "ReasonFull": ReasonFull, "ReasonBusy": ReasonBusy, "ReasonRefused": ReasonRefused,
		"ReasonNoNext": ReasonNoNext, "ReasonExpired": ReasonExpired, "ReasonTimeout": ReasonTimeout, "ReasonLoss": ReasonLoss,
		"ReasonSpoiled": ReasonSpoiled, "saidByNext": saidByNext,

		"lossGap": lossGap, "lossFrames": lossFrames, "lossPerHop": lossPerHop, "lossLeast": lossLeast, "lossShare": lossShare,
		"lossMost": lossMost, "lossSpan": lossSpan, "lossSlack": lossSlack, "lossPace": lossPace,

		"circuitIdle": circuitIdle, "extensionsMost": extensionsMost, "maxCircuits": maxCircuits, "setupCopies": setupCopies, "parkLabel": parkLabel, "parkLink": parkLink,
		"parkAll": parkAll, "parkFor": parkFor, "evictIdle": evictIdle, "tombstoneFor": tombstoneFor, "brokenGap": brokenGap, "goneGap": goneGap,
		"goneMost": goneMost, "goneAhead": goneAhead, "goneRetry": goneRetry, "endsATurn": endsATurn, "answerRate": answerRate, "slowAfter": slowAfter, "slowGap": slowGap,
		"setupRate": setupRate, "setupBurst": setupBurst, "setupQueue": setupQueue, "portQueue": portQueue, "setupJobs": setupJobs, "setupSpare": setupSpare,
		"setupRetry": setupRetry, "portRate": portRate, "portBurst": portBurst, "passShare": passShare, "passNoted": passNoted, "passFor": passFor, "restGap": restGap, "repeatFirst": repeatFirst, "repeatTries": repeatTries, "Patience": Patience,
	})
}
