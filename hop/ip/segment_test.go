package ip

import (
	"bytes"
	"encoding/binary"
	mrand "math/rand/v2"
	"slices"
	"testing"
)

// tcpPacket makes a packet of a flow with a checksum that holds.
func tcpPacket(port uint16, seq uint32, flags byte, data []byte) []byte {
	tcp := make([]byte, minTCP+12) // with options
	binary.BigEndian.PutUint16(tcp, port)
	binary.BigEndian.PutUint16(tcp[2:], 80)
	binary.BigEndian.PutUint32(tcp[offSeqTCP:], seq)
	tcp[offHeadTCP], tcp[offFlagsTCP] = byte(len(tcp)/4)<<4, flags
	tcp[minTCP] = 1
	p := ipPacket(tunPeer, tunSelf, protoTCP, append(tcp, data...))
	binary.BigEndian.PutUint16(p[ipHeader+offSumTCP:], slowChecksum(p))
	return p
}

// again cuts what a coalescer wrote into packets.
func again(t *testing.T, b []byte) (packets [][]byte) {
	t.Helper()
	var head [maxHead]byte
	if !split(b[:vnetSize], b[vnetSize:], &head, func(h, rest []byte) { packets = append(packets, Join(h, rest)) }) {
		t.Fatalf("% x does not split", b[:vnetSize])
	}
	return packets
}

// TestMergeSplit: whatever is put together, cut again it is what it was, to the bit,
// and no packet has overtaken one of its flow.
func TestMergeSplit(t *testing.T) {
	r := mrand.New(mrand.NewPCG(11, 1))
	type stream struct {
		seq  uint32
		size int
	}
	streams := [6]stream{}
	for i := range streams {
		streams[i] = stream{r.Uint32(), 1 + r.IntN(1200)}
	}
	var pieces, sent int
	want, got := map[byte][][]byte{}, map[byte][][]byte{}
	c := coalescer{udp: true}
	c.write = func(b []byte) {
		pieces++
		for _, p := range again(t, b) {
			id := p[ipHeader+1]
			got[id] = append(got[id], p)
		}
	}
	packets := 20_000
	if testing.Short() {
		packets = 2000
	}
	for range packets {
		i := r.IntN(len(streams))
		if r.IntN(10) > 0 {
			i = sent / 50 % len(streams) // runs of one flow, as in life
		}
		s := &streams[i]
		n := s.size
		if r.IntN(20) == 0 {
			n = r.IntN(s.size + 1)
		}
		data := random(uint64(sent), n)
		var p []byte
		if i%2 == 0 {
			flags := byte(flagACK)
			if r.IntN(30) == 0 {
				flags |= []byte{flagFIN, flagPSH, flagCWR}[r.IntN(3)]
			}
			p = tcpPacket(uint16(i), s.seq, flags, data)
			if s.seq += uint32(n); r.IntN(40) == 0 {
				s.seq++ // one was lost
			}
		} else {
			p = udpPacket(tunPeer, tunSelf, uint16(i), 80, data)
		}
		if r.IntN(50) == 0 {
			p[ipHeader+offSumUDP] ^= 1 // damaged on the way to us: stays so
			p[ipHeader+offSumTCP] ^= 1
		}
		sent++
		want[byte(i)] = append(want[byte(i)], slices.Clone(p))
		c.Put(p)
		if r.IntN(60) == 0 {
			c.Flush()
		}
	}
	c.Flush()
	for i := range streams {
		w, g := want[byte(i)], got[byte(i)]
		if len(w) != len(g) {
			t.Fatalf("flow %d: %d packets became %d", i, len(w), len(g))
		}
		for k := range w {
			if !bytes.Equal(w[k], g[k]) {
				t.Fatalf("flow %d, packet %d: % x, want % x", i, k, g[k][:80], w[k][:80])
			}
		}
	}
	if pieces > sent/3 {
		t.Errorf("%d packets are %d pieces: hardly anything was put together", sent, pieces)
	}
}

// TestSplitMalformed: whatever stands in front of a packet, nothing is read or
// written beyond it.
func TestSplitMalformed(t *testing.T) {
	r := mrand.New(mrand.NewPCG(12, 1))
	whole := tcpPacket(5, 1, flagACK, random(1, 900))
	var head [maxHead]byte
	tries := 200_000
	if testing.Short() {
		tries = 10_000
	}
	for range tries {
		v := make([]byte, vnetSize)
		for _, at := range []int{offVnetHead, offVnetSize, offVnetStart, offVnetSum} {
			binary.NativeEndian.PutUint16(v[at:], uint16(r.IntN(200)))
		}
		v[offVnetFlags], v[offVnetType] = byte(r.IntN(2)), byte(r.IntN(7))
		p := slices.Clone(whole[:r.IntN(len(whole)+1)])
		if len(p) > ipHeader+offHeadTCP {
			p[ipHeader+offHeadTCP] = byte(r.Uint32())
		}
		split(v, p[:len(p):len(p)], &head, func(h, rest []byte) {
			if len(h) > len(p) || len(rest) > len(p) {
				t.Fatalf("%d and %d bytes of %d", len(h), len(rest), len(p))
			}
		})
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(make([]byte, vnetSize), tcpPacket(5, 1, flagACK, []byte("data")))
	f.Add([]byte{1, 4, 0, 72, 0, 100, 0, 40, 0, 16}, tcpPacket(5, 1, flagACK, random(1, 900)))
	f.Fuzz(func(t *testing.T, v, p []byte) {
		if len(v) != vnetSize {
			return
		}
		var head [maxHead]byte
		split(v, p, &head, func(h, rest []byte) {})
	})
}

// TestSum agrees with the sum of 16-bit words at every length.
func TestSum(t *testing.T) {
	b := random(3, 300)
	for n := range b {
		var slow uint64
		for i := 0; i < n; i += 2 {
			w := uint64(b[i]) << 8
			if i+1 < n {
				w |= uint64(b[i+1])
			}
			slow += w
		}
		if got, want := fold(sum(b[:n], 77)), fold(slow+77); got != want {
			t.Fatalf("%d bytes: %x, want %x", n, got, want)
		}
	}
	if got := fold(sum(bytes.Repeat([]byte{0xff}, 64), 1<<64-1)); got != 0xffff {
		t.Errorf("all ones: %x", got)
	}
}

// random returns n bytes of a seed.
func random(seed uint64, n int) []byte {
	b := make([]byte, n)
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	mrand.NewChaCha8(key).Read(b)
	return b
}
