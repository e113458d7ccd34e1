//go:build !xcrypto

package aead

import (
	"testing"

	"golang.org/x/sys/cpu"
)

// everyWay runs a test with the code for processors with and without AVX2.
func everyWay(t *testing.T, do func(t *testing.T)) {
	defer func(was bool) { avx2 = was }(avx2)
	for _, avx2 = range []bool{false, true} {
		t.Run(map[bool]string{false: "SSE2", true: "AVX2"}[avx2], func(t *testing.T) {
			if avx2 && !cpu.X86.HasAVX2 {
				t.Skip("this processor has no AVX2")
			}
			do(t)
		})
	}
}
