package onion

import (
	"maps"
	"slices"
	"testing"

	"hopwire/link"
)

// steps are what a relay does with a frame here, and the ends of a circuit; 'make
// insns' knows the names.
var steps = map[string]func(b *testing.B){
	"hash/long":     func(b *testing.B) { benchmarkBody(b, link.BodyLong, hashOnly) },
	"hash/short":    func(b *testing.B) { benchmarkBody(b, link.BodyShort, hashOnly) },
	"layer/long":    func(b *testing.B) { benchmarkBody(b, link.BodyLong, wholeLayer) },
	"layer/short":   func(b *testing.B) { benchmarkBody(b, link.BodyShort, wholeLayer) },
	"window":        benchmarkWindow,
	"wrap3/long":    func(b *testing.B) { benchmarkWrap(b, link.BodyLong) },
	"wrap3/short":   func(b *testing.B) { benchmarkWrap(b, link.BodyShort) },
	"unwrap3/long":  func(b *testing.B) { benchmarkUnwrap(b, link.BodyLong) },
	"unwrap3/short": func(b *testing.B) { benchmarkUnwrap(b, link.BodyShort) },
}

func BenchmarkStep(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		b.Run(name, steps[name])
	}
}

func hashOnly(l *Layer, seq uint32, m []byte)   { l.hash(seq, m) }
func wholeLayer(l *Layer, seq uint32, m []byte) { l.Apply(seq, 1, m) }

func benchmarkBody(b *testing.B, size int, do func(l *Layer, seq uint32, m []byte)) {
	l, m := &hopKeys(b, 1)[0].Forward, body(size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for i := range b.N {
		do(l, uint32(i), m)
	}
}

func benchmarkWindow(b *testing.B) {
	var w SeqWindow
	b.ReportAllocs()
	for i := range b.N {
		seq := uint32(i) & SeqMask
		if !w.Check(seq) {
			b.Fatal("refused")
		}
		w.Accept(seq)
	}
}

// benchmarkWrap is the source's work for a frame over three hops.
func benchmarkWrap(b *testing.B, size int) {
	keys, m := hopKeys(b, 3), body(size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for i := range b.N {
		WrapForward(keys, 2, IVAddressed, uint32(i), m)
	}
}

// benchmarkUnwrap takes a frame of the last hop's out of three layers.
func benchmarkUnwrap(b *testing.B, size int) {
	keys := hopKeys(b, 3)
	plain := body(size)
	iv, seq := uint64(IVAddressed), uint32(77)
	for i := len(keys) - 1; i >= 0; i-- {
		seq = (seq + keys[i].BackwardOffset) & SeqMask
		iv = keys[i].Backward.Apply(seq, iv, plain)
	}
	m := body(size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for range b.N {
		copy(m, plain)
		if hop, _, ok := UnwrapBackward(keys, seq, iv, m); !ok || hop != 2 {
			b.Fatalf("hop %d %v", hop, ok)
		}
	}
}
