package hop

import (
	"testing"

	"hopwire/link"
)

// What the relay's steps leave out: the tables, and what the ends of a circuit do.
func init() {
	steps["label"] = benchmarkLabel
	steps["window"] = benchmarkWindow
	for _, n := range []struct {
		name string
		size int
	}{{"long", link.BodyLong}, {"short", link.BodyShort}} {
		steps["wrap3/"+n.name] = func(b *testing.B) { benchmarkWrap(b, n.size) }
		steps["unwrap3/"+n.name] = func(b *testing.B) { benchmarkUnwrap(b, n.size) }
	}
}

// benchmarkLabel looks circuits up all over a full table: 2,048 of one neighbour's.
func benchmarkLabel(b *testing.B) {
	const circuits = 2048
	s := &side{cs: &Circuits{table: newRelayTable(circuits)}, in: make([]entry, circuits)}
	for i := range s.cs.table.relays {
		r := &s.cs.table.relays[i]
		r.id, r.upLabel = int32(i), uint32(i)|3*generation
		s.in[i] = entry{of: r.ref(), newest: r.upLabel}
	}
	b.ReportAllocs()
	for i := range b.N {
		label := uint32(i*911%circuits) | 3*generation
		if s.relay(label) == nil {
			b.Fatal("no circuit")
		}
	}
}

func benchmarkWindow(b *testing.B) {
	var w Window
	b.ReportAllocs()
	for i := range b.N {
		seq := uint32(i) & seqMask
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
		WrapForward(keys, 2, ivAddressed, uint32(i), m)
	}
}

// benchmarkUnwrap takes a frame of the last hop's out of three layers.
func benchmarkUnwrap(b *testing.B, size int) {
	keys := hopKeys(b, 3)
	plain := body(size)
	iv, seq := uint64(ivAddressed), uint32(77)
	for i := len(keys) - 1; i >= 0; i-- {
		seq = (seq + keys[i].BackwardOffset) & seqMask
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
