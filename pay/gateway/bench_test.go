//go:build (amd64 || arm64) && !race

package gateway

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/request"
)

// BenchmarkHandle is mixed calls of 10,000 accounts: signed before the clock runs, checked,
// done, committed and receipted while it does. Reported are calls a second and CPU a call.
func BenchmarkHandle(b *testing.B) {
	w := newWorld(b)
	w.c.Workers, w.c.wait = runtime.NumCPU(), batchWait
	j, err := OpenJournal(w.c.Database + ".journal")
	if err != nil {
		b.Fatal(err)
	}
	w.c.Journal, w.c.Recovery = j, testRecovery()
	w.open()
	const accounts = 10_000
	all := make([]*client, accounts)
	for i := range all {
		all[i] = w.client(i)
		w.chain.deposit(all[i].name, pay.Coin)
	}
	round(b, all, func(i int, c *client) pay.Call { return c.next(pay.OpClaim, nil) })
	mixed := func(i int, c *client) pay.Call {
		switch to := all[(i*7919+int(c.r.Seq))%accounts]; {
		case c.r.Seq%10 == 9:
			return c.next(pay.OpDeposit, nil)
		case c.r.Seq%10 == 5:
			return c.next(pay.OpBalance, nil)
		default:
			return c.next(pay.OpTransfer, c.transfer(to, 1000))
		}
	}
	b.ResetTimer()
	var calls int
	var wall, cpu time.Duration
	for n := 0; n < b.N; n += accounts {
		part := all[:min(accounts, b.N-n)]
		t, c := round(b, part, mixed)
		wall, cpu, calls = wall+t, cpu+c, calls+len(part)
	}
	b.ReportMetric(float64(calls)/wall.Seconds(), "calls/s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(calls), "cpu-µs/call")
}

// round has every account do one call, and says how long it took, and how much CPU.
func round(b *testing.B, all []*client, make1 func(i int, c *client) pay.Call) (wall, cpu time.Duration) {
	b.StopTimer()
	calls := make([][]byte, len(all))
	for i, c := range all {
		calls[i] = c.raw(make1(i, c))
	}
	answers := make([][]byte, len(all))
	done := make(chan bool, len(all))
	began, used := time.Now(), processCPU()
	b.StartTimer()
	for i := range all {
		all[i].w.g.Handle(identity.Key{byte(i)}, calls[i], func(answer []byte) { answers[i] = answer; done <- true })
	}
	for range all {
		<-done
	}
	b.StopTimer()
	wall, cpu = time.Since(began), processCPU()-used
	for i, c := range all {
		o, items, _ := request.ParseAnswer(answers[i])
		if s := c.take(calls[i], o, items); s != pay.OK {
			b.Fatalf("status %d of op %d", s, calls[i][2])
		}
	}
	b.StartTimer()
	return wall, cpu
}

func processCPU() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
