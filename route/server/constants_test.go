package server

import (
	"testing"

	"hopwire/link/wiretest"
)

// TestConstants compares the table of routes.md with the code.
func TestConstants(t *testing.T) {
	wiretest.Constants(t, "routes.md", map[string]any{
		"MostCost": MostCost, "unknownKbits": unknownKbits, "samples": samples,
		"patchSize": patchSize, "mostBounds": mostBounds, "MostWays": MostWays,
		"shared": shared, "drawn": drawn, "wellLinked": wellLinked,
	})
}
