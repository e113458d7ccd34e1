//go:build (mips || mipsle) && !xcrypto

package aead

import (
	"bytes"
	"os"
)

// release2 says whether the processor knows release 2 of MIPS32, which nearly all
// routers do (not Broadcom's BMIPS3300 and 4350). The kernel tells it nowhere but
// in /proc/cpuinfo; when in doubt, no.
var release2 = func() bool {
	b, _ := os.ReadFile("/proc/cpuinfo")
	return bytes.Contains(b, []byte("mips32r2"))
}()
