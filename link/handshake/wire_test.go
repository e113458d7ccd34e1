package handshake

import (
	"testing"

	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Layouts(t, "wire.md", map[string]int{
		"offFilter": offFilter, "offWhole": offWhole, "offEphemeral": offEphemeral, "offSecret": offSecret, "offVersion": offVersion, "offPortNonce": offPortNonce,
		"offFilterKey": offFilterKey, "offEncaps": offEncaps, "offPadding1": offPadding1, "offCipher": offCipher, "offPadding2": offPadding2,
	})
	wiretest.Constants(t, "wire.md", map[string]any{"KindLink": KindLink, "KindSession": KindSession, "Version": Version})
}
