//go:build !xcrypto

package aead

import "testing"

// everyWay runs a test with the code for every kind of processor that this one is too.
func everyWay(t *testing.T, do func(t *testing.T)) {
	defer func(a, b bool) { avx2, avx512 = a, b }(avx2, avx512)
	has2, has512 := avx2, avx512
	for _, way := range []struct {
		name         string
		avx2, avx512 bool
	}{{"SSE2", false, false}, {"AVX2", true, false}, {"AVX-512", true, true}} {
		if way.avx2 && !has2 || way.avx512 && !has512 {
			t.Logf("this processor has no %s", way.name)
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			avx2, avx512 = way.avx2, way.avx512
			do(t)
		})
	}
}
