package announce

import (
	"math"
	"testing"
	"time"
)

// TestCostSteps: a cost is the next power of 1.1, over the whole range.
func TestCostSteps(t *testing.T) {
	for rtt := time.Duration(0); rtt < time.Hour; rtt = rtt*5/4 + 7*time.Microsecond {
		for _, kbits := range []uint32{0, 1, 700, 1 << 17, math.MaxUint32} {
			for _, loss := range []float64{0, 0.02, 0.5, 1} {
				k, ok := float64(kbits), 1-min(loss, 0.95)
				if kbits == 0 {
					k = unknownKbits
				}
				exact := (float64(max(rtt, leastRTT))/2 + 4*float64(airBytes)*8/k*1e6) / (ok * ok)
				want := math.Pow(1.1, math.Ceil(math.Log(exact)/math.Log(1.1)))
				if got := steps[cost(rtt, kbits, loss)]; math.Abs(got/want-1) > 1e-9 {
					t.Fatalf("rtt %v, %d kbit/s, loss %v: %v, want %v", rtt, kbits, loss, got, want)
				}
			}
		}
	}
}
