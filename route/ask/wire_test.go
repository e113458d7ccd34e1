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

		"maxQuestions": maxQuestions, "maxBusy": maxBusy, "maxServers": maxServers, "maxTries": maxTries,
		"unusedFor": unusedFor, "retryAfter": retryAfter, "retryMost": retryMost, "restFor": restFor, "liarFirst": liarFirst, "liarMost": liarMost,
		"refusedKeys": refusedKeys, "keysMost": keysMost, "fullFor": fullFor, "lookGap": lookGap, "roomRetry": roomRetry,
		"resolveFor": resolveFor, "coreMost": coreMost, "coreServers": coreServers, "coreFirst": coreFirst, "coreLast": coreLast, "offerGap": offerGap, "offerLook": offerLook, "offerFirst": offerFirst, "offerEach": offerEach, "offerLeast": offerLeast,
		"offerTo": offerTo, "givePage": givePage, "copyMost": copyMost, "copyGap": time.Duration(copyGap), "copyRetry": copyRetry,
	})
}
