package main

import (
	"math/rand/v2"
	"testing"
)

func randomFrames(r *rand.ChaCha8, n int, spoil func(b []byte)) *sorter {
	s := newSorter()
	for range n {
		b := make([]byte, header+320)
		r.Read(b[header:])
		if spoil != nil {
			spoil(b[header:])
		}
		s.add(b)
	}
	return s
}

func TestVerdicts(t *testing.T) {
	r := rand.NewChaCha8([32]byte{1})
	counter := byte(0)
	for _, c := range []struct {
		name  string
		n     int
		spoil func(b []byte)
		want  bool
	}{
		{"random, many", 2000, nil, true},
		{"random, some", 300, nil, true},
		{"random, few", 40, nil, true},
		{"one fixed bit", 2000, func(b []byte) { b[17] |= 1 }, false},
		{"one fixed bit, few", 60, func(b []byte) { b[17] |= 1 }, false},
		{"a counter", 2000, func(b []byte) { counter++; b[0], b[1], b[2], b[3] = counter, 0, 0, 0 }, false},
		{"a string that comes again", 30, func(b []byte) { copy(b[8:], "hopwire!") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := randomFrames(r, c.n, c.spoil).report(); got != c.want {
				t.Errorf("verdict %v, want %v", got, c.want)
			}
		})
	}
}
