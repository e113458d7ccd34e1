//go:build (mips || mipsle) && !xcrypto

package aead

import "testing"

// everyWay runs a test with the code for both releases of MIPS32, whatever was
// detected: on a processor of release 1 add -test.run '/release 1'.
func everyWay(t *testing.T, do func(t *testing.T)) {
	defer func(r bool) { release2 = r }(release2)
	for _, r := range []bool{false, true} {
		release2 = r
		t.Run(map[bool]string{false: "release 1", true: "release 2"}[r], do)
	}
}
