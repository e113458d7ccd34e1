package node

import (
	"slices"
	"testing"
	"time"

	"hopwire/hop"
)

// upTo is the way from node 0 of a row to another.
func upTo(last int) (way []int) {
	for i := 1; i <= last; i++ {
		way = append(way, i)
	}
	return way
}

// longRow is a row of 41 nodes that runs; its ends know each other over 40 hops.
func longRow(t *testing.T, seed uint64, nodes int) (w *world, src, dst *member) {
	w = row(t, seed, nodes, time.Millisecond)
	w.start()
	src, dst = w.ends()
	src.way.ways[nodes-1] = [][]int{upTo(nodes - 1)}
	return w, src, dst
}

// TestFarPeer: packets go both ways over 17 to 48 hops, each hop of the circuit in use can
// be traced, no leg is blamed though all are asked for their counts, and when the traffic
// has ended nothing is left.
func TestFarPeer(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	for hops, gap := range map[int]time.Duration{17: 100 * time.Millisecond, 32: 100 * time.Millisecond, 33: 100 * time.Millisecond, 48: 5 * time.Millisecond} {
		w, src, dst := longRow(t, 530+uint64(hops), hops+1)
		w.connect(src, dst)
		w.stream(src, dst, gap, 9*time.Second, true)
		w.wantAll(src, dst)
		if len(src.way.failed) != 0 || src.N.Handshakes != 1 {
			t.Errorf("%d hops: the map was told %v; %d handshakes, want one", hops, src.way.failed, src.N.Handshakes)
		}
		answered := 0
		for i := range hops {
			src.host.Turn(func(now time.Time) {
				src.TraceHop(now, dst.Key(), i, func(_ time.Time, rtt time.Duration, ok bool) {
					if want := time.Duration(2*(i+1)) * time.Millisecond; ok && rtt == want {
						answered++
					}
				})
			})
			w.Run(150 * time.Millisecond)
		}
		if answered != hops {
			t.Errorf("%d of %d hops answered a trace after their round trip", answered, hops)
		}
		w.Run(5 * time.Minute)
		w.wantNothing()
	}
}

// TestFarFails: whichever hop of a long way fails, it is the one that the map is told of.
func TestFarFails(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	const hops = 40
	for _, cut := range []int{5, 15, 16, 17, 31, 32, 33, 39} {
		w, src, dst := longRow(t, 540+uint64(cut), hops+1)
		w.connect(src, dst)
		w.stream(src, dst, 50*time.Millisecond, time.Second, false)
		w.unplug(cut, cut+1)
		w.stream(src, dst, 50*time.Millisecond, 500*time.Millisecond, false)
		if f := src.way.failed; len(f) == 0 || f[0].hop != cut || f[0].why != hop.ReasonLinkDown {
			t.Errorf("node %d lost the next: the map was told %v", cut, f)
		}
	}
}

// TestFarOtherKey: the map takes one onion key of two hops for the other, one in the first
// set-up and one in the second; each is tried with the other.
func TestFarOtherKey(t *testing.T) {
	w, src, dst := longRow(t, 550, 41)
	src.way.wrong = map[int]bool{7: true, 30: true}
	w.connect(src, dst)
	if src.N.OtherKeys != 2 || len(src.way.failed) != 0 {
		t.Errorf("%d other keys were tried, the map was told %v", src.N.OtherKeys, src.way.failed)
	}
}

// TestFarErrand: an errand goes as far, and as far only.
func TestFarErrand(t *testing.T) {
	w := row(t, 560, 50, time.Millisecond)
	s := w.serving(48)
	w.start()
	src := w.members[0]
	got, err := src.errand([]byte("way?"), nil, upTo(48)...)
	w.Run(3 * time.Second)
	if err != nil || got.times != 1 || got.err != nil || len(s.callers) != 1 {
		t.Errorf("%v, told %d times, %v, served %d", err, got.times, got.err, len(s.callers))
	}
	w.wantNothing()
	if _, err := src.errand([]byte("way?"), nil, upTo(49)...); err != hop.ErrNoPath {
		t.Errorf("49 hops: %v, want %v", err, hop.ErrNoPath)
	}
}

// TestFarLoss: the leg that loses is found beyond the first set-up, and no other is blamed.
func TestFarLoss(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for long")
	}
	w, src, dst := longRow(t, 570, 41)
	w.connect(src, dst)
	w.lose(36, 37, 0.3)
	w.stream(src, dst, 5*time.Millisecond, 15*time.Second, true)
	var blamed []int
	for _, f := range src.way.failed {
		if f.why == hop.ReasonLoss && !slices.Contains(blamed, f.hop) {
			blamed = append(blamed, f.hop)
		}
	}
	if !slices.Equal(blamed, []int{36}) {
		t.Errorf("blamed hops %v, want 36 alone", blamed)
	}
}
