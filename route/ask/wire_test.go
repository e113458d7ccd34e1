package ask

import (
	"testing"
	"time"

	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Constants(t, "wire.md", map[string]any{
		"Least": Least, "draws": draws, "Quantum": time.Duration(Quantum), "Noise": time.Duration(Noise),
		"LeastHold": time.Duration(LeastHold), "MostHold": time.Duration(MostHold), "Rate": Rate, "Burst": Burst,

		"maxQuestions": maxQuestions, "maxBusy": maxBusy, "maxServers": maxServers, "maxTries": maxTries, "silence": silence, "longest": longest,
		"unused": unused, "retryAfter": retryAfter, "retryMost": retryMost, "restFor": restFor, "liarFirst": liarFirst, "liarMost": liarMost,
		"refusedKeys": refusedKeys, "keysMost": keysMost, "fullFor": fullFor, "lookGap": lookGap, "roomRetry": roomRetry,
		"maxLookups": maxLookups, "maxNames": maxNames, "lookupFor": lookupFor, "unknownFor": unknownFor, "offerGap": offerGap,
		"offerTo": offerTo, "givePage": givePage, "copyMost": copyMost, "copyGap": time.Duration(copyGap), "copyRetry": copyRetry,
	})
}
