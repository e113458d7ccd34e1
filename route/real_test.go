package route_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"hopwire/hop/run"
	"hopwire/link/identity"
)

// until polls for at most ten seconds.
func until(t *testing.T, what string, true func() bool) {
	t.Helper()
	for begun := time.Now(); !true(); runtime.Gosched() {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("not after 10 s: ", what)
		}
	}
}

// An end is a whole node on real time in this process.
type end struct {
	*run.Runner
	got  atomic.Int64
	sent int64
	pack []byte // what it sends
}

// pings says whether one ping comes back.
func (e *end) pings(to identity.Key) bool {
	answer := make(chan bool, 1)
	e.Turn(func(now time.Time) {
		if e.Node().Ping(now, to, func(_ time.Time, _ time.Duration, ok bool) { answer <- ok }) != nil {
			answer <- false
		}
	})
	return <-answer
}
