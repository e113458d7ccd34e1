package hop

import (
	"fmt"
	"testing"
	"time"

	"hopwire/link"
)

// A narrow is a hub, node 0, whose port to node 3 is slow, with two sources, nodes 1
// and 2, and what came out at node 3.
type narrow struct {
	*testNet
	bytes  map[string]int             // by the first word of a frame
	delays map[string][]time.Duration // of those that say when they were sent
}

func newNarrow(t *testing.T, seed uint64, mbits float64) *narrow {
	w := &narrow{star(t, seed, 3, 256), map[string]int{}, map[string][]time.Duration{}}
	hub := w.nodes[0]
	for _, e := range hub.host.Ends {
		if e.MAC == hub.sockets[2].mac {
			e.Limit(mbits*1e6/8, 160)
		}
	}
	return w
}

// take sums up what has come to node 3 and empties it.
func (w *narrow) take() {
	for _, s := range w.nodes[3].got {
		var size, seq int
		var word string
		var sent int64
		if n, _ := fmt.Sscan(s, &size, &seq, &word, &sent); n == 4 {
			w.bytes[word] += size + link.FrameLong - link.BodyLong
			w.delays[word] = append(w.delays[word], w.Now.Sub(time.Unix(0, sent)))
		}
	}
	w.nodes[3].got = nil
}

// send has a source send frames that say the word, one every gap, as a backlog does.
func (w *narrow) send(src *testNode, c *Circuit, word string, size int, gap, span time.Duration) {
	w.every(gap, int(span/gap), func(int) { src.send(c, size, fmt.Sprint(word, " ", w.Now.UnixNano())) })
}

func (w *narrow) run(span time.Duration) {
	for end := w.Now.Add(span); w.Now.Before(end); {
		w.Run(50 * time.Microsecond)
		w.take()
	}
}

func worst(d []time.Duration) (m time.Duration) {
	for _, x := range d {
		m = max(m, x)
	}
	return m
}

// TestPingBesideBulk: while one circuit fills a slow port twice over, the frames of
// another wait for one or two of its frames, and the first does not wait long itself.
func TestPingBesideBulk(t *testing.T) {
	rates := []float64{6, 20, 50}
	if testing.Short() {
		rates = rates[:1]
	}
	for _, mbits := range rates {
		t.Run(fmt.Sprint(mbits, " Mbit/s"), func(t *testing.T) {
			w := newNarrow(t, 70, mbits)
			bulk, ping := w.nodes[1].open(0, 3), w.nodes[2].open(0, 3)
			frame := time.Duration(link.FrameLong * 8 / mbits * 1e3)
			const span = 2 * time.Second
			w.send(w.nodes[1], bulk, "bulk", link.FrameLong, frame/2, span)
			w.send(w.nodes[2], ping, "ping", link.FrameShort, 20*time.Millisecond, span)
			w.run(span + 100*time.Millisecond)
			if n, d := len(w.delays["ping"]), worst(w.delays["ping"]); n < 99 || d > 3*frame+time.Millisecond {
				t.Errorf("%d of 100 pings, %v at worst; a long frame takes %v", n, d, frame)
			}
			if d := worst(w.delays["bulk"]); d > link.QueueTarget+3*frame+time.Millisecond {
				t.Errorf("bulk waits %v", d)
			}
			if share := float64(w.bytes["bulk"]*8) / (mbits * 1e6 * span.Seconds()); share < 0.9 {
				t.Errorf("bulk has %.2f of the port", share)
			}
			hub := w.nodes[0]
			if hub.Circuits.N.Relayed == 0 || len(w.nodes[1].slow) < 10 || len(w.nodes[1].slow) > 21 || len(w.nodes[2].slow) != 0 {
				t.Errorf("bulk was told %d times to slow down in 2 s, ping %d times", len(w.nodes[1].slow), len(w.nodes[2].slow))
			}
		})
	}
}

// TestManyCircuits: a neighbour with a hundred circuits gets no more of a port than
// one with one.
func TestManyCircuits(t *testing.T) {
	w := newNarrow(t, 71, 20)
	const span = 3 * time.Second
	one := w.nodes[2].open(0, 3)
	for range 100 {
		c := w.nodes[1].open(0, 3)
		w.send(w.nodes[1], c, "many", link.FrameLong, 30*time.Millisecond, span)
		w.Run(40 * time.Millisecond)
	}
	w.run(500 * time.Millisecond)
	clear(w.bytes)
	w.send(w.nodes[2], one, "one", link.FrameLong, 500*time.Microsecond, span)
	for range 100 {
		w.run(10 * time.Millisecond)
	}
	if many, one := w.bytes["many"], w.bytes["one"]; one < 9*many/10 {
		t.Errorf("one circuit %d bytes, a hundred of another neighbour %d", one, many)
	}
}

// TestCellsGainNothing: a circuit with nothing but control cells for its last hop has
// the share of any other.
func TestCellsGainNothing(t *testing.T) {
	w := newNarrow(t, 72, 6)
	const span = 2 * time.Second
	bulk, cells := w.nodes[1].open(0, 3), w.nodes[2].open(0, 3)
	w.send(w.nodes[1], bulk, "bulk", link.FrameLong, 500*time.Microsecond, span)
	w.every(100*time.Microsecond, int(span/(100*time.Microsecond)), func(i int) { w.nodes[2].ping(cells, 1, uint32(i)) })
	w.run(span)
	if share := float64(w.bytes["bulk"]*8) / (6e6 * span.Seconds()); share < 0.45 || share > 0.6 {
		t.Errorf("bulk has %.2f of the port beside a circuit of cells", share)
	}
}

// TestPaidFirst: the hook of package pay: paid circuits go ahead, the others keep a
// sixteenth.
func TestPaidFirst(t *testing.T) {
	w := newNarrow(t, 73, 20)
	span := 3 * time.Second
	if testing.Short() {
		span = time.Second
	}
	paid, free := w.nodes[1].open(0, 3), w.nodes[2].open(0, 3)
	w.nodes[0].host.Turn(func(time.Time) {
		for _, r := range w.nodes[0].relays {
			if r.up.l.Peer() == w.nodes[1].id.Key() {
				r.setPaid(true)
			}
		}
	})
	w.send(w.nodes[1], paid, "paid", link.FrameLong, 300*time.Microsecond, span)
	w.send(w.nodes[2], free, "free", link.FrameLong, 300*time.Microsecond, span)
	w.run(span)
	if share := float64(w.bytes["free"]) / float64(w.bytes["free"]+w.bytes["paid"]); share < 0.055 || share > 0.075 {
		t.Errorf("unpaid circuits have %.3f of the port, want 1/16", share)
	}
}
