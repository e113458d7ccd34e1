package hop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"testing"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/aead"
)

// A foe is a relay of a circuit that holds back what comes, and sends what it
// likes instead.
type foe struct {
	*testNode
	held map[bool][]wireFrame // by direction, true: backward; as it would pass them on
	r    *relay               // of its first circuit
	show func() []wireFrame   // what has come to anybody since the last call
}

// A wireFrame is a data frame between two nodes.
type wireFrame struct {
	at   int // who received it
	h    link.Header
	body []byte
}

func (w wireFrame) clone() wireFrame { w.body = slices.Clone(w.body); return w }

// turnBad makes node i of the net one, and taps the net.
func (n *testNet) turnBad(i int) *foe {
	m := n.nodes[i]
	e := &foe{testNode: m, held: map[bool][]wireFrame{}, r: m.relays[0]}
	m.evil = func(now time.Time, from *link.Link, h link.Header, f *link.Frame) bool {
		e.hold(m.side(from), h, f)
		m.host.Free(f)
		return true
	}
	var shown []wireFrame
	n.tap = func(at *testNode, _ *link.Link, h link.Header, body []byte) {
		if at != m {
			shown = append(shown, wireFrame{at.index, h, slices.Clone(body)})
		}
	}
	e.show = func() []wireFrame {
		all := shown
		shown = nil
		return all
	}
	return e
}

// hold does a relay's work on a frame, and keeps the result.
func (e *foe) hold(s *side, h link.Header, f *link.Frame) {
	back := h.Label&backward != 0
	if r := s.relay(h.Label); !back && r != nil {
		iv := r.keys.Forward.Apply(h.Seq, h.IV, f.Body())
		h = link.Header{Label: r.downLabel, Seq: (h.Seq + r.keys.ForwardOffset) & onion.SeqMask, IV: iv}
	} else if o := s.slot(h.Label); back && o != nil {
		r = s.cs.relay(o.of)
		seq := (h.Seq + r.keys.BackwardOffset) & onion.SeqMask
		if h.Seq&onion.AnswerBit != 0 {
			seq = (h.Seq-r.keys.ForwardOffset)&onion.SeqMask | onion.AnswerBit
		}
		iv := r.keys.Backward.Apply(seq, h.IV, f.Body())
		h = link.Header{Label: r.upLabel | backward, Seq: seq, IV: iv}
	}
	e.held[back] = append(e.held[back], wireFrame{e.index, h, slices.Clone(f.Body())})
}

// send sends a frame of the foe's making to the next node in a direction, and
// returns what came of it at those beyond.
func (e *foe) send(back bool, w wireFrame) (beyond []wireFrame) {
	e.show()
	e.host.Turn(func(now time.Time) {
		f := e.host.Alloc()
		f.N = link.FrameLong - link.BodyLong + len(w.body)
		copy(f.Body(), w.body)
		s := e.r.down
		if back {
			s = e.r.up
		}
		s.l.Send(now, w.h, f, nil)
	})
	e.net.Run(5 * time.Millisecond)
	return e.show()[1:] // the first is the frame itself at the next node
}

// An attempt is one frame that a foe made, and what came of it.
type attempt struct {
	name   string
	sent   wireFrame
	beyond []wireFrame
}

// An attack makes a frame out of those that were held back.
type attack struct {
	name    string
	dropped bool // the next node must not pass it on
	make    func(held []wireFrame) wireFrame
}

// with returns the attack that changes a copy of frame i.
func with(name string, dropped bool, i int, change func(w *wireFrame, held []wireFrame)) attack {
	return attack{name, dropped, func(held []wireFrame) wireFrame {
		w := held[i].clone()
		change(&w, held)
		return w
	}}
}

// attacks is all that a relay may do to the frames of one circuit and direction.
// Of the held frames the even ones are long, the odd ones short; all say the same.
func attacks() (all []attack) {
	add := func(name string, dropped bool, i int, change func(w *wireFrame, held []wireFrame)) {
		all = append(all, with(name, dropped, i, change))
	}
	for i := range 4 {
		add("as it is", false, i, func(*wireFrame, []wireFrame) {})
	}
	for i := range 4 {
		add("repeated", true, i, func(*wireFrame, []wireFrame) {})
		add("repeated with another iv", true, i, func(w *wireFrame, _ []wireFrame) { w.h.IV ^= 1 })
		add("repeated with another body", true, i, func(w *wireFrame, _ []wireFrame) { w.body[9] ^= 1 })
	}
	next := 200 // numbers that are not of any frame held
	add = func(name string, _ bool, i int, change func(w *wireFrame, held []wireFrame)) {
		n := uint32(next)
		next++
		all = append(all, with(name, false, i, func(w *wireFrame, held []wireFrame) {
			w.h.Seq = (held[0].h.Seq + n) & onion.SeqMask
			change(w, held)
		}))
	}
	for i := range 16 {
		add("renumbered", false, i%4, func(*wireFrame, []wireFrame) {})
	}
	for _, iv := range []uint64{0, 1, 2, 1 << 63, ^uint64(0)} {
		for i := range 2 {
			add(fmt.Sprintf("renumbered, iv %x", iv), false, i, func(w *wireFrame, _ []wireFrame) { w.h.IV = iv })
			add(fmt.Sprintf("zeros, iv %x", iv), false, i, func(w *wireFrame, _ []wireFrame) { w.h.IV = iv; clear(w.body) })
		}
	}
	alterations(func(name string, i int, change func(w *wireFrame, held []wireFrame)) { add(name, false, i, change) })
	return all
}

// alterations use every region of a frame, and parts of several.
func alterations(add func(name string, of int, change func(w *wireFrame, held []wireFrame))) {
	for at := 0; at < link.BodyLong; at += 64 {
		add(fmt.Sprint("byte ", at), 0, func(w *wireFrame, _ []wireFrame) { w.body[at] ^= 0x80 })
		add(fmt.Sprint("16 bytes at ", at), 2, func(w *wireFrame, _ []wireFrame) { clear(w.body[at:min(at+16, len(w.body))]) })
	}
	for at := 0; at < link.BodyShort; at += 24 {
		add(fmt.Sprint("byte of short ", at), 1, func(w *wireFrame, _ []wireFrame) { w.body[at] ^= 1 })
	}
	for bit := range 64 {
		add(fmt.Sprint("iv bit ", bit), 0, func(w *wireFrame, _ []wireFrame) { w.h.IV ^= 1 << bit })
	}
	add("body of another", 0, func(w *wireFrame, held []wireFrame) { w.body = slices.Clone(held[2].body) })
	add("iv of another", 0, func(w *wireFrame, held []wireFrame) { w.h.IV = held[2].h.IV })
	add("halves of two", 0, func(w *wireFrame, held []wireFrame) { copy(w.body[704:], held[2].body[704:]) })
	add("sum of two", 0, func(w *wireFrame, held []wireFrame) { xor(w.body, held[2].body) })
	add("blocks moved", 0, func(w *wireFrame, _ []wireFrame) { copy(w.body, bytes.Clone(w.body[16:])) })
	add("chunks exchanged", 0, func(w *wireFrame, _ []wireFrame) {
		first := bytes.Clone(w.body[:aead.NHChunk])
		copy(w.body, w.body[aead.NHChunk:2*aead.NHChunk])
		copy(w.body[aead.NHChunk:], first)
	})
	add("made short", 0, func(w *wireFrame, _ []wireFrame) { w.body = w.body[:link.BodyShort] })
	add("made long", 1, func(w *wireFrame, _ []wireFrame) {
		w.body = append(w.body, make([]byte, link.BodyLong-link.BodyShort)...)
	})
}

func xor(a, b []byte) {
	for i := range a {
		a[i] ^= b[i]
	}
}

// strays are frames that no honest node passes on.
func strays() []attack {
	return []attack{
		with("other direction", true, 0, func(w *wireFrame, _ []wireFrame) { w.h.Label ^= backward; w.h.Seq += 5000 }),
		with("next generation", true, 0, func(w *wireFrame, _ []wireFrame) { w.h.Label += generation; w.h.Seq += 5000 }),
		with("no such index", true, 0, func(w *wireFrame, _ []wireFrame) { w.h.Label += 7; w.h.Seq += 5000 }),
		with("too far behind", true, 0, func(w *wireFrame, _ []wireFrame) { w.h.Seq = (w.h.Seq - 1100) & onion.SeqMask }),
		with("too far ahead", true, 0, func(w *wireFrame, _ []wireFrame) { w.h.Seq = (w.h.Seq + 1<<20 + 5000) & onion.SeqMask }),
		with("number of an answer to nothing", true, 0, func(w *wireFrame, _ []wireFrame) { w.h.Seq = (w.h.Seq+1<<20)&onion.SeqMask | onion.AnswerBit }),
	}
}

// answers are frames by which a relay speaks to the source: several may bear the
// number of one forward frame. passed is such a number.
func answers(passed uint32) (all []attack) {
	add := func(name string, dropped bool, seq uint32, change func(w *wireFrame)) {
		all = append(all, with(name, dropped, 1, func(w *wireFrame, _ []wireFrame) {
			w.h.Seq = seq&onion.SeqMask | onion.AnswerBit
			change(w)
		}))
	}
	for i := range uint32(3) {
		add("first of a number", false, passed-i, func(*wireFrame) {})
		add("the same again", true, passed-i, func(*wireFrame) {})
		add("the same with another iv", true, passed-i, func(w *wireFrame) { w.h.IV ^= 1 })
		add("the same with another upper half of iv", true, passed-i, func(w *wireFrame) { w.h.IV ^= 1 << 40 })
		add("another body", false, passed-i, func(w *wireFrame) { w.body[100] ^= 1 << i })
		add("another body and iv", false, passed-i, func(w *wireFrame) { w.body[200] ^= 1; w.h.IV ^= 2 << i })
	}
	add("to a frame that has not passed", true, passed+1, func(*wireFrame) {})
	return all
}

// badLine is a line of six of which one in the middle is bad, with two circuits
// over it and frames that it holds back.
func badLine(t *testing.T, seed uint64, bad int) (n *testNet, e *foe) {
	n = line(t, seed, 6)
	src, dst := n.nodes[0], n.nodes[5]
	c, other := src.open(1, 2, 3, 4, 5), src.open(1, 2, 3, 4, 5)
	first, second := dst.terminals[0], dst.terminals[1]
	src.send(c, link.FrameShort, "opens")
	src.send(other, link.FrameShort, "opens")
	n.Run(10 * time.Millisecond)
	if len(dst.got) != 2 {
		t.Fatalf("the last hop got %q", dst.got)
	}
	dst.got = nil
	e = n.turnBad(bad)
	for i := range 12 {
		size := []int{link.FrameLong, link.FrameShort}[i%2]
		src.send(c, size, "the same")
		dst.reply(first, size, "the same")
	}
	src.send(other, link.FrameLong, "the same")
	dst.reply(second, link.FrameLong, "the same")
	n.Run(10 * time.Millisecond)
	return n, e
}

// TestBadRelay: whatever a relay in the middle repeats, alters, renumbers and
// mixes, nothing equal or related comes out beyond the next honest node, in
// either direction, and no header field that it chose but the distance of numbers.
func TestBadRelay(t *testing.T) {
	for _, c := range []struct {
		bad  int
		back bool
	}{{2, false}, {3, false}, {2, true}, {3, true}} {
		t.Run(fmt.Sprint("node ", c.bad, ", backward ", c.back), func(t *testing.T) {
			n, e := badLine(t, uint64(70+c.bad), c.bad)
			held := e.held[c.back]
			list := slices.Concat(attacks(), strays())
			if c.back {
				list = append(list[:len(list)-1], answers(e.held[false][11].h.Seq-e.r.keys.ForwardOffset)...)
			}
			tries := e.try(t, c.back, held, list)
			// the same frame on the other circuit, and those of the other direction
			last := len(held) - 1
			for i := range 3 {
				w := held[0].clone()
				w.h.Label, w.h.Seq = held[last].h.Label, (held[last].h.Seq+uint32(i))&onion.SeqMask
				tries = append(tries, attempt{"other circuit", w, e.send(c.back, w)})
				w = held[0].clone()
				w.h.Seq, w.body = (w.h.Seq+uint32(800+i))&onion.SeqMask, slices.Clone(e.held[!c.back][2*i].body)
				tries = append(tries, attempt{"of the other direction", w, e.send(c.back, w)})
			}
			checkUnrelated(t, tries)
			checkHeaders(t, tries)
			got, want := n.nodes[5].got, 4 // those as they are
			if c.back {
				got = n.nodes[0].heard
			}
			if len(got) != want {
				t.Errorf("the far end took %d frames, want %d: %q", len(got), want, got)
			}
		})
	}
}

// try makes the attempts in turn.
func (e *foe) try(t *testing.T, back bool, held []wireFrame, list []attack) (tries []attempt) {
	for _, a := range list {
		w := a.make(held)
		beyond := e.send(back, w)
		if (len(beyond) == 0) != a.dropped {
			t.Errorf("%s: seen %d times beyond the next node; want that it is dropped: %v", a.name, len(beyond), a.dropped)
		}
		tries = append(tries, attempt{a.name, w, beyond})
	}
	return tries
}

// checkUnrelated: of all frames beyond the next node, no two have a block of 16
// bytes in common wherever it stands, no two differ as the frames differ that
// they came of, and any two differ in about half of their bits.
func checkUnrelated(t *testing.T, tries []attempt) {
	type place struct {
		name   string
		at, of int
	}
	blocks := map[[16]byte]place{}
	for _, a := range tries {
		for _, w := range a.beyond {
			for i := 0; i+16 <= len(w.body); i += 8 {
				b := [16]byte(w.body[i:])
				if o, ok := blocks[b]; ok {
					t.Fatalf("16 bytes of %q at node %d, offset %d, were in %q at node %d, offset %d", a.name, w.at, i, o.name, o.at, o.of)
				}
				blocks[b] = place{a.name, w.at, i}
			}
		}
	}
	for i, a := range tries {
		for _, b := range tries[:i] {
			for _, x := range a.beyond {
				for _, y := range b.beyond {
					if why := related(a.sent, b.sent, x, y); why != "" {
						t.Fatalf("%q at node %d and %q at node %d: %s", a.name, x.at, b.name, y.at, why)
					}
				}
			}
		}
	}
	if len(blocks) < 1000 {
		t.Errorf("only %d blocks were compared", len(blocks))
	}
}

// related says what x and y have in common, which came of a and b.
func related(a, b, x, y wireFrame) string {
	n := min(len(x.body), len(y.body))
	differ, like := 0, 0
	for i := range n {
		d := x.body[i] ^ y.body[i]
		differ += bits.OnesCount8(d)
		if i < len(a.body) && i < len(b.body) && d == a.body[i]^b.body[i] {
			like++
		}
	}
	// Of 8n bits half differ, ± √(8n)/2; of n bytes one in 256 is as it was sent.
	if d := 2*differ - 8*n; d*d > 8*8*8*n {
		return fmt.Sprintf("%d of %d bits differ", differ, 8*n)
	}
	if d := like - n/256; d > 30 {
		return fmt.Sprintf("%d of %d bytes differ as they were sent", like, n)
	}
	if x.at == y.at && x.h.IV^y.h.IV == a.h.IV^b.h.IV {
		return "the iv differ as they were sent"
	}
	return ""
}

// checkHeaders: beyond the next node, labels are the circuits' own, and numbers are
// those that were sent plus what is secret and constant.
func checkHeaders(t *testing.T, tries []attempt) {
	type key struct {
		at   int
		sent uint32 // label
		is   uint32 // whether an answer
	}
	labels, offsets := map[key]uint32{}, map[key]uint32{}
	for _, a := range tries {
		for _, w := range a.beyond {
			k := key{w.at, a.sent.h.Label, w.h.Seq & onion.AnswerBit}
			if was, ok := labels[k]; ok && was != w.h.Label {
				t.Errorf("%q has label %x at node %d, others %x", a.name, w.h.Label, w.at, was)
			}
			offset := (w.h.Seq - a.sent.h.Seq) & onion.SeqMask
			if was, ok := offsets[k]; ok && was != offset {
				t.Errorf("%q has number %d at node %d, %d beyond what was sent, others %d", a.name, w.h.Seq, w.at, offset, was)
			}
			labels[k], offsets[k] = w.h.Label, offset
		}
	}
}

// TestBadRelaySignals: the bits that a bad relay writes into iv and body do not
// show in any bit beyond the next honest node, though it sends one body only.
func TestBadRelaySignals(t *testing.T) {
	for _, back := range []bool{false, true} {
		t.Run(fmt.Sprint("backward ", back), func(t *testing.T) {
			n, e := badLine(t, 80, map[bool]int{false: 2, true: 3}[back])
			const frames = 600
			var agree []int // by bit of what comes out
			for i := range frames {
				w := e.held[back][1].clone()
				w.h.Seq = (e.held[back][0].h.Seq + uint32(i)) & onion.SeqMask
				message := byte(n.Rand.Uint32() & 1)
				w.h.IV = -uint64(message)
				w.body[len(w.body)-1] ^= message
				beyond := e.send(back, w)
				if len(beyond) == 0 {
					t.Fatal("not passed on")
				}
				shown := binary.LittleEndian.AppendUint64(slices.Clone(beyond[0].body), beyond[0].h.IV)
				agree = append(agree, make([]int, 8*len(shown)-len(agree))...)
				for j := range agree {
					if shown[j/8]>>(j%8)&1 == message {
						agree[j]++
					}
				}
			}
			for j, same := range agree {
				if d := 2*same - frames; d*d > 6*6*frames {
					t.Errorf("bit %d is the message in %d of %d frames", j, same, frames)
				}
			}
		})
	}
}

// TestFlippedBit: a bit flipped anywhere in a body by a bad relay changes half of
// all bits at every node beyond the next honest one, and no end takes the frame.
// What would have come is known from a twin world where nothing is flipped.
func TestFlippedBit(t *testing.T) {
	cases := []struct {
		size int
		back bool
	}{{link.FrameShort, false}, {link.FrameShort, true}, {link.FrameLong, false}, {link.FrameLong, true}}
	if testing.Short() {
		cases = cases[:2] // the layer is the same for both lengths
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d bytes, backward %v", c.size, c.back), func(t *testing.T) {
			intact, taken := flips(t, c.size, c.back, 0)
			flipped, spoiled := flips(t, c.size, c.back, 1)
			if taken != len(intact) || spoiled != 0 {
				t.Errorf("the end took %d of %d true frames, and %d of the flipped", taken, len(intact), spoiled)
			}
			for i, beyond := range flipped {
				for k, w := range beyond {
					o := intact[i][k]
					if o.at != w.at || o.h.Seq != w.h.Seq {
						t.Fatalf("the worlds differ: %v %v", o.h, w.h)
					}
					differ := bits.OnesCount64(o.h.IV ^ w.h.IV)
					for j := range w.body {
						differ += bits.OnesCount8(o.body[j] ^ w.body[j])
					}
					all := 8*len(w.body) + 64
					if d := 2*differ - all; d*d > 7*7*all {
						t.Errorf("bit %d: %d of %d bits differ at node %d", i, differ, all, w.at)
					}
				}
			}
		})
	}
}

// flips has a bad relay pass on one frame for every bit of a body, which it flips
// if flip is 1, and returns what came of each and how many the end took.
func flips(t *testing.T, size int, back bool, flip byte) (beyond [][]wireFrame, taken int) {
	n := line(t, 90, 6)
	src, dst := n.nodes[0], n.nodes[5]
	c := src.open(1, 2, 3, 4, 5)
	src.send(c, link.FrameShort, "opens")
	n.Run(10 * time.Millisecond)
	e := n.turnBad(map[bool]int{false: 2, true: 3}[back])
	end := &dst.got
	if back {
		end = &src.heard
	}
	*end = nil
	for bit := 0; bit < 8*(size-link.FrameLong+link.BodyLong); bit++ {
		if back {
			dst.reply(dst.terminals[0], size, "the same")
		} else {
			src.send(c, size, "the same")
		}
		n.Run(5 * time.Millisecond)
		w := e.held[back][0]
		delete(e.held, back)
		w.body[bit/8] ^= flip << (bit % 8)
		beyond = append(beyond, e.send(back, w))
	}
	return beyond, len(*end)
}
