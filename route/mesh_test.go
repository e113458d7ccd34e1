package route_test

import (
	"testing"
	"time"

	"hopwire/route/meshtest"
)

func TestLineOfThreePings(t *testing.T) {
	m := meshtest.Line(meshtest.Options{Seed: 1}, 3)
	m.Run(2 * time.Second)
	if rtt, ok := m.MustPing(0, 2, 3*time.Second); !ok {
		for _, n := range m.Nodes {
			t.Logf("%d: known %+v", n.Index, n.Map.Known(m.Now))
			t.Logf("links %+v map %+v circuits %+v session %+v", n.Links.N, n.Map.N, n.Circuits.N, n.N)
		}
		t.Fatal("no answer")
	} else if t.Log(rtt); rtt > 100*time.Millisecond {
		t.Errorf("first RTT %v", rtt)
	}
	if rtt, ok := m.MustPing(0, 2, time.Second); !ok || rtt > 2*time.Millisecond {
		t.Errorf("second ping %v %v", rtt, ok)
	}
}
