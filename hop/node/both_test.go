package node

import (
	"testing"
	"time"

	"hopwire/link/linktest"
)

// TestBothCall: two nodes call each other at nearly the same time, each while the other's
// session is being worked out. What they send first all arrives.
func TestBothCall(t *testing.T) {
	for seed := range uint64(2) {
		for offset := range time.Duration(61) {
			w := newDiamond(t, 300+seed*100+uint64(offset))
			w.Costs = linktest.Costs{DH: 2 * time.Millisecond, KEM: time.Millisecond}
			w.start()
			a, b := w.ends()
			answers := 0
			call := func(from, to *member) {
				for range 3 {
					from.send(to, 1)
				}
				from.host.Turn(func(now time.Time) {
					from.Ping(now, to.Key(), func(_ time.Time, _ time.Duration, ok bool) {
						if ok {
							answers++
						}
					})
				})
			}
			call(a, b)
			w.After(offset*time.Millisecond, func() { call(b, a) })
			w.Run(time.Second)
			if answers != 2 || len(b.got) != 3 || len(a.got) != 3 {
				t.Errorf("seed %d, %d ms: %d answers, %d and %d packets arrived; want 2, 3, 3", seed, offset, answers, len(b.got), len(a.got))
			}
		}
	}
}
