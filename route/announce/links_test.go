package announce

import (
	"testing"
	"time"

	"hopwire/link/identity"
)

// TestSort: of two links to a neighbour, by cable and by radio, the better one is stated;
// and of more neighbours than there is room for, the nearest.
func TestSort(t *testing.T) {
	var links []Statement
	for i := range byte(24) {
		for _, rtt := range []time.Duration{time.Second, time.Millisecond} {
			links = append(links, Statement{ID: identity.ShortID{i * 101}, RTT: rtt})
		}
	}
	for _, s := range Sort(links) {
		if s.RTT != time.Millisecond {
			t.Errorf("link to %v is stated with %v", s.ID, s.RTT)
		}
	}
	links = links[:0]
	for i := range 2 * MaxLinks {
		for _, rtt := range []time.Duration{time.Second, time.Millisecond} {
			links = append(links, Statement{ID: identity.ShortID{byte(i * 101), byte(i)}, RTT: rtt + time.Duration(i)})
		}
	}
	links = Sort(links)
	if len(links) != MaxLinks {
		t.Errorf("%d neighbours are stated, want %d", len(links), MaxLinks)
	}
	for _, s := range links {
		if s.RTT >= time.Millisecond+MaxLinks {
			t.Errorf("%x is stated with %v", s.ID, s.RTT)
		}
	}
}
