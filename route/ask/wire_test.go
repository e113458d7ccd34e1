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
	})
}
