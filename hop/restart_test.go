package hop

import (
	"fmt"
	"testing"
	"time"

	"hopwire/link"
)

// TestRelayRestartsAtOnce: a relay loses all it knows and is back before any
// neighbour has missed it, while frames go both ways. The source is told, no hop
// keeps the circuit, the far end neither, and a new circuit works at once.
func TestRelayRestartsAtOnce(t *testing.T) {
	for _, away := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond, 900 * time.Millisecond} {
		for _, bad := range []int{1, 2, 3} {
			t.Run(fmt.Sprintf("node %d, for %v", bad, away), func(t *testing.T) {
				n := line(t, uint64(100+bad), 5)
				src, dst := n.nodes[0], n.nodes[4]
				c := src.open(1, 2, 3, 4)
				terminal := dst.terminals[0]
				talk := func(d time.Duration) {
					for end := n.Now.Add(d); n.Now.Before(end); n.Run(5 * time.Millisecond) {
						src.send(c, link.FrameLong, "there")
						dst.reply(terminal, link.FrameShort, "back")
					}
				}
				talk(200 * time.Millisecond)
				n.nodes[bad].host.Kill()
				talk(away)
				restarted := n.Now
				n.nodes[bad].boot()
				talk(3 * time.Second)
				if len(src.broken) != 1 || src.broken[0].hop != bad-2 || src.broken[0].at.Sub(restarted) > 1500*time.Millisecond {
					t.Fatalf("restarted at %v, broken %+v; want once, by hop %d, within 1.5 s", restarted, src.broken, bad-2)
				}
				if dst.closed != 1 {
					t.Errorf("the far end was told %d times, want 1", dst.closed)
				}
				n.wantEmpty(time.Second)
				c = src.open(1, 2, 3, 4)
				bothWays(t, n, c, src, dst)
				src.close(c)
				n.wantEmpty(time.Second)
			})
		}
	}
}
