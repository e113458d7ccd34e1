//go:build hopwiretest

package route

import (
	"bytes"
	"os"
	"strings"

	"hopwire/link/identity"
)

// HOPWIRETEST_WITHHOLD=NEIGHBOUR:ADDRESS,ADDRESS: the neighbour is sent no
// announcement of or naming one of the addresses. This build exists for
// scripts/test/secrecy.sh alone, which asks what a relay learns from circuits when
// announcements have told it nothing.
var withholdFrom, withholdNames = parseWithhold(os.Getenv("HOPWIRETEST_WITHHOLD"))

func parseWithhold(s string) (from identity.ShortID, names [][]byte) {
	neighbour, list, ok := strings.Cut(s, ":")
	if !ok {
		return from, nil
	}
	key := func(text string) identity.Key {
		k, err := identity.ParseKey(text)
		if err != nil {
			panic("HOPWIRETEST_WITHHOLD: " + err.Error())
		}
		return k
	}
	for _, text := range strings.Split(list, ",") {
		k := key(text)
		id := k.Short()
		names = append(names, k[:], id[:])
	}
	return key(neighbour).Short(), names
}

// withheld says whether raw, an announcement, is kept from a neighbour.
func (m *Map) withheld(to identity.ShortID, raw []byte) bool {
	for _, name := range withholdNames {
		if to == withholdFrom && bytes.Contains(raw, name) {
			return true
		}
	}
	return false
}
