package onion

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	mrand "math/rand/v2"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20"

	"hopwire/link"
	"hopwire/link/aead"
	"hopwire/link/identity"
)

// A testPath is n hops with their onion keys.
func testPath(r *mrand.ChaCha8, n int) (hops []SetupHop, private []Key) {
	for i := range n {
		o := NewKeys(r, time.Unix(1e9, 0))
		h := SetupHop{Onion: o.now.public, Parity: byte(i & 1), Info: Info{Lifetime: 1, Price: 3, Last: i == n-1}}
		if i < n-1 {
			h.Info.Next = identity.ShortID{byte(i + 1), 9}
		}
		hops, private = append(hops, h), append(private, o.now)
	}
	return hops, private
}

func TestSetup(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{1})
	for n := 1; n <= MaxHops; n++ {
		hops, private := testPath(r, n)
		packet, keys, err := BuildSetup(r, hops)
		if err != nil {
			t.Fatal(err)
		}
		for i := range hops {
			if Parity(packet) != hops[i].Parity {
				t.Errorf("hop %d of %d: parity", i, n)
			}
			info, k, err := opens(&private[i], packet)
			if err != nil || info != hops[i].Info {
				t.Fatalf("hop %d of %d: %+v, %v", i, n, info, err)
			}
			if k.ForwardOffset != keys[i].ForwardOffset || k.ControlBackward != keys[i].ControlBackward || k.Forward.nh != keys[i].Forward.nh || k.Backward.k0 != keys[i].Backward.k0 {
				t.Errorf("hop %d of %d: other keys than the source", i, n)
			}
		}
	}
	if _, _, err := BuildSetup(r, make([]SetupHop, MaxHops+1)); !errors.Is(err, ErrSetup) {
		t.Errorf("17 hops: %v", err)
	}
}

func TestSetupDestroyed(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{2})
	hops, private := testPath(r, 5)
	packet, _, _ := BuildSetup(r, hops)
	for i := range packet {
		bad := *packet
		bad[i] ^= 1 << (i % 8)
		was := bad
		if _, _, err := opens(&private[0], &bad); !errors.Is(err, ErrSetup) {
			t.Errorf("byte %d may change: %v", i, err)
		} else if bad != was {
			t.Errorf("byte %d: a packet that does not open was changed", i)
		}
	}
	low := *packet
	clear(low[offE:offMAC])
	if _, _, err := opens(&private[0], &low); !errors.Is(err, ErrSetup) {
		t.Errorf("low order: %v", err)
	}
}

// TestSetupShowsNothing: the packet looks the same at every place of routes of
// every length.
func TestSetupShowsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("draws many samples")
	}
	r := mrand.NewChaCha8([32]byte{3})
	var counts [SetupSize][16]int
	n := 0
	for range 12 {
		for length := 1; length <= MaxHops; length += 3 {
			hops, private := testPath(r, length)
			packet, _, _ := BuildSetup(r, hops)
			for i := range hops {
				n++
				for j, b := range packet {
					counts[j][b>>4]++
				}
				opens(&private[i], packet)
			}
		}
	}
	for j := range counts {
		if j == offE+31 {
			continue // its top bit is the parity
		}
		x, want := 0.0, float64(n)/16
		for _, c := range counts[j] {
			x += (float64(c) - want) * (float64(c) - want) / want
		}
		if x > 60 {
			t.Errorf("byte %d: χ² = %.0f over %d packets", j, x, n)
		}
	}
}

// hopKeys are keys as BuildSetup gives them.
func hopKeys(t testing.TB, n int) []*HopKeys {
	r := mrand.NewChaCha8([32]byte{4})
	hops, _ := testPath(r, n)
	_, keys, err := BuildSetup(r, hops)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func body(n int) []byte {
	b := make([]byte, n)
	mrand.NewChaCha8([32]byte{5}).Read(b)
	return b
}

func TestForwardAddressing(t *testing.T) {
	all := hopKeys(t, MaxHops)
	for n := 1; n <= MaxHops; n++ {
		keys := all[:n]
		for to := range n {
			for _, size := range []int{link.BodyShort, link.BodyLong} {
				plain := body(size)
				b := append(make([]byte, 0, size+16), plain...)
				seq := uint32(SeqMask - 3) // the offsets wrap
				iv := WrapForward(keys, to, IVControl, seq, b)
				for i := 0; i <= to; i++ {
					if bytes.Equal(b, plain) {
						t.Fatalf("plain before hop %d", i)
					}
					iv = keys[i].Forward.Apply(seq, iv, b)
					if (iv == IVControl) != (i == to) {
						t.Fatalf("%d hops, to %d: at hop %d iv is %d", n, to, i, iv)
					}
					if i < to {
						seq = (seq + keys[i].ForwardOffset) & SeqMask
					}
				}
				if !bytes.Equal(b, plain) {
					t.Fatalf("%d hops, to %d, %d bytes: body differs", n, to, size)
				}
				if to == n-1 && seq != LastSeq(keys, SeqMask-3) {
					t.Errorf("LastSeq: %d, want %d", LastSeq(keys, SeqMask-3), seq)
				}
			}
		}
	}
}

func TestBackwardAddressing(t *testing.T) {
	all := hopKeys(t, MaxHops)
	for n := 1; n <= MaxHops; n++ {
		keys := all[:n]
		for from := range n {
			for _, answer := range []bool{true, false} {
				if !answer && from != n-1 {
					continue
				}
				plain := body(link.BodyShort)
				b := append(make([]byte, 0, len(plain)+16), plain...)
				seq := uint32(77)
				wire := seq
				if answer {
					wire |= AnswerBit
				}
				iv := keys[from].Backward.Apply(wire, IVAddressed, b)
				for i := from - 1; i >= 0; i-- {
					if answer {
						wire = (wire-keys[i].ForwardOffset)&SeqMask | AnswerBit
					} else {
						wire = (wire + keys[i].BackwardOffset) & SeqMask
					}
					iv = keys[i].Backward.Apply(wire, iv, b)
				}
				hop, number, ok := UnwrapBackward(keys, wire, iv, b)
				if !ok || hop != from || number != seq || !bytes.Equal(b, plain) {
					t.Fatalf("%d hops, from %d, answer %v: %d %d %v", n, from, answer, hop, number, ok)
				}
			}
		}
	}
}

// TestOneBitDestroysAll: a changed bit of body, iv or number changes half of what
// the next hop passes on, and nobody is the addressee any more.
func TestOneBitDestroysAll(t *testing.T) {
	keys := hopKeys(t, 2)
	plain := body(link.BodyLong)
	make2 := func() (uint64, []byte) {
		b := append(make([]byte, 0, link.BodyLong+16), plain...)
		return WrapForward(keys, 1, IVAddressed, 9, b), b
	}
	pass := func(seq uint32, iv uint64, b []byte) (uint64, []byte) {
		iv = keys[0].Forward.Apply(seq, iv, b)
		return keys[1].Forward.Apply(seq+keys[0].ForwardOffset&SeqMask, iv, b), b
	}
	iv, good := make2()
	_, good = pass(9, iv, good)
	for name, spoil := range map[string]func(seq *uint32, iv *uint64, b []byte){
		"body first": func(_ *uint32, _ *uint64, b []byte) { b[0] ^= 1 },
		"body last":  func(_ *uint32, _ *uint64, b []byte) { b[link.BodyLong-1] ^= 0x80 },
		"iv":         func(_ *uint32, iv *uint64, _ []byte) { *iv ^= 1 << 63 },
		"seq":        func(seq *uint32, _ *uint64, _ []byte) { *seq ^= 1 },
	} {
		iv, b := make2()
		seq := uint32(9)
		spoil(&seq, &iv, b)
		iv, b = pass(seq, iv, b)
		diff := 0
		for i := range b {
			diff += bits.OnesCount8(b[i] ^ good[i])
		}
		if share := float64(diff) / (8 * link.BodyLong); iv < 1<<16 || share < 0.46 || share > 0.54 {
			t.Errorf("%s: iv %d, %.3f of the bits differ", name, iv, share)
		}
	}
}

// TestLayerTwin: the layer against the plain reading of wire.md.
func TestLayerTwin(t *testing.T) {
	material := make([]byte, layerMaterial)
	mrand.NewChaCha8([32]byte{6}).Read(material)
	for size := 8; size <= 1400; size += 8 {
		var l Layer
		l.init(material, 1<<31)
		b := body(size)
		want := append([]byte(nil), b...)
		iv := l.Apply(7, 99, b)
		// the stream: ChaCha20, block 1 on, nonce seq ‖ iv
		var nonce [12]byte
		binary.LittleEndian.PutUint32(nonce[:], 7)
		binary.LittleEndian.PutUint64(nonce[4:], iv)
		c, _ := chacha20.NewUnauthenticatedCipher(material[:32], nonce[:])
		c.SetCounter(1)
		c.XORKeyStream(want, want)
		if !bytes.Equal(b, want) {
			t.Fatalf("%d bytes: the stream is another", size)
		}
		if l.Remove(7, iv, b) != 99 {
			t.Fatalf("%d bytes: Remove is not the inverse", size)
		}
		n := make([]byte, (size+127)/128*8)
		aead.NH(&l.nh, n, b)
		for i := 0; i < len(n)/8; i++ {
			if got, want := binary.LittleEndian.Uint64(n[8*i:]), slowNH(material[48:], b[128*i:min(size, 128*i+128)]); got != want {
				t.Fatalf("%d bytes: NH of chunk %d: %x, want %x", size, i, got, want)
			}
		}
	}
}

func slowNH(key, m []byte) (n uint64) {
	word := func(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
	for i := 0; i+1 < len(m)/4; i += 2 {
		n += uint64(word(m, i)+word(key, i)) * uint64(word(m, i+1)+word(key, i+1))
	}
	return n
}

// TestSeqWindow: against a plain set, across the wrap.
func TestSeqWindow(t *testing.T) {
	r := mrand.New(mrand.NewPCG(1, 2))
	var w SeqWindow
	seen := map[uint64]bool{}
	at := uint64(SeqMask) - 30000
	high := at
	w.Accept(uint32(at))
	seen[at] = true
	for range 100_000 {
		at += uint64(r.IntN(3))
		c := at - uint64(r.IntN(1300))
		want := !seen[c] && (c > high || high-c < seqWindow)
		if got := w.Check(uint32(c) & SeqMask); got != want {
			t.Fatalf("Check(%d) = %v with highest %d", c, got, high)
		}
		if want {
			w.Accept(uint32(c) & SeqMask)
			seen[c] = true
			high = max(high, c)
		}
	}
	if w.Check(uint32(high+seqAhead+1) & SeqMask) {
		t.Error("more than 2^20 ahead is taken")
	}
}

// TestAnswers: every hop answers every one of some frames, in any order, and
// Broken repeats; all pass once, none twice, and nobody pushes the floor.
func TestAnswers(t *testing.T) {
	r := mrand.New(mrand.NewPCG(1, 3))
	var a Answers
	passed, sent := 0, 0
	for frame := uint32(1000); frame < 1400; frame += 8 {
		for _, hop := range r.Perm(15) {
			sent++
			hash := uint64(frame)<<20 | uint64(hop)<<1 | 1
			if a.Check(frame, frame+3) && a.Accept(frame, hash) {
				passed++
			}
			if a.Accept(frame, hash) {
				t.Fatal("an answer passed twice")
			}
		}
	}
	if passed != sent {
		t.Errorf("%d of %d answers passed", passed, sent)
	}
	if a.Check(5000, 1400) {
		t.Error("an answer to a frame that was not passed on")
	}
	if a.Check(1000, 1400) {
		t.Error("an answer below the floor")
	}
}

func TestOnionKeys(t *testing.T) {
	now := time.Unix(1e9, 0)
	o := NewKeys(mrand.NewChaCha8([32]byte{7}), now)
	_, left, first, second := o.Public(now)
	if left != time.Hour {
		t.Errorf("left %v", left)
	}
	have := func(at time.Duration, parity byte) bool { _, ok := o.Private(now.Add(at), parity); return ok }
	for _, c := range []struct {
		at     time.Duration
		parity byte
		want   bool
	}{{0, 0, true}, {0, 1, false}, {57 * time.Minute, 1, false}, {58*time.Minute + time.Second, 1, true}, {61 * time.Minute, 1, true},
		{61 * time.Minute, 0, true}, {71 * time.Minute, 0, false}, {119 * time.Minute, 0, true}} {
		if got := have(c.at, c.parity); got != c.want {
			t.Errorf("after %v, parity %d: %v", c.at, c.parity, got)
		}
	}
	o2 := NewKeys(mrand.NewChaCha8([32]byte{7}), now)
	epoch, _, current, _ := o2.Public(now.Add(61 * time.Minute))
	if epoch != 1 || current != second || current == first {
		t.Error("the next key did not become the current one")
	}
	o2.Advance(now.Add(71 * time.Minute))
	if o2.before != (Key{}) {
		t.Error("the old key was not erased")
	}
}

func TestCells(t *testing.T) {
	k := NewCellKey(&[32]byte{1})
	for _, size := range []int{link.BodyShort, link.BodyLong} {
		b := make([]byte, size)
		k.Seal(9, CellPing, []byte("data"), b)
		for i := 0; i < size; i += 3 {
			bad := bytes.Clone(b)
			bad[i] ^= 4
			if _, _, err := k.Open(bad); err == nil {
				t.Errorf("byte %d may change", i)
			}
		}
		c, n, err := k.Open(b)
		if err != nil || n != 9 || c.Type != CellPing || string(c.Data) != "data" {
			t.Errorf("%+v %d %v", c, n, err)
		}
	}
	p := Pong{1, 2, 3, 4, 5, 6, 7}
	if got, err := ParsePong(p.Append(nil)); err != nil || got != p {
		t.Errorf("%+v %v", got, err)
	}
}

func FuzzOpenSetup(f *testing.F) {
	r := mrand.NewChaCha8([32]byte{8})
	hops, private := testPath(r, 3)
	packet, _, _ := BuildSetup(r, hops)
	f.Add(packet[:])
	f.Fuzz(func(t *testing.T, b []byte) {
		var p [SetupSize]byte
		copy(p[:], b)
		if _, _, err := opens(&private[0], &p); err == nil && !bytes.Equal(b, packet[:]) && len(b) <= SetupSize {
			t.Fatal("opened")
		}
	})
}

func FuzzCellOpen(f *testing.F) {
	f.Add(make([]byte, 280))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) != link.BodyShort && len(b) != link.BodyLong {
			return
		}
		NewCellKey(&[32]byte{1}).Open(b)
	})
}

func ExampleInfo_Life() {
	fmt.Println(Info{Lifetime: 1}.Life())
	// Output: 15m0s
}

func BenchmarkOpenSetup(b *testing.B) {
	r := mrand.NewChaCha8([32]byte{9})
	hops, private := testPath(r, 3)
	packet, _, _ := BuildSetup(r, hops)
	for range b.N {
		p := *packet
		opens(&private[0], &p)
	}
}

// opens is OpenSetup with keys of its own.
func opens(onion *Key, packet *[SetupSize]byte) (Info, *HopKeys, error) {
	keys := new(HopKeys)
	info, err := OpenSetup(onion, packet, keys)
	return info, keys, err
}
