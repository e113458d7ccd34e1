package onion

import (
	"fmt"
	"os"
	"testing"
)

// With INSNS="step rounds" the test binary runs that and nothing else, before main
// and so on the first thread: instructions are counted by thread ('make insns').
func init() {
	var name string
	var b testing.B
	if n, _ := fmt.Sscan(os.Getenv("INSNS"), &name, &b.N); n == 2 {
		steps[name](&b)
		os.Exit(0)
	}
}
