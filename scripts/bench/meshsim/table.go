package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"hopwire/route/asktest"
	"hopwire/route/meshtest"
)

// columns of the table: a name, its width, and what it is of a row.
var columns = []struct {
	name  string
	width int
	of    func(r *meshtest.Row) string
}{
	{"phase", 7, func(r *meshtest.Row) string { return r.Name }},
	{"lasts", 6, func(r *meshtest.Row) string { return seconds(r.Span) }},
	{"settled", 7, func(r *meshtest.Row) string { return seconds(r.Settled) }},
	{"whole", 7, func(r *meshtest.Row) string { return percent(float64(r.Sight.Whole) / float64(max(1, r.Sight.Nodes))) }},
	{"recall", 7, func(r *meshtest.Row) string { return percent(r.Sight.Recall()) }},
	{"precision", 9, func(r *meshtest.Row) string { return percent(r.Sight.Precision()) }},
	{"gone", 6, of(func(s *meshtest.Sight) int { return s.Gone })},
	{"unreached", 9, of(func(s *meshtest.Sight) int { return s.Unreached })},
	{"far", 6, of(func(s *meshtest.Sight) int { return s.Far })},
	{"stale", 6, of(func(s *meshtest.Sight) int { return s.Stale })},
	{"no way", 6, of(func(s *meshtest.Sight) int { return s.NoWay })},
	{"B/s", 7, func(r *meshtest.Row) string { return fmt.Sprintf("%.0f", r.Bytes) }},
	{"median", 7, func(r *meshtest.Row) string { return fmt.Sprintf("%.0f", r.Median) }},
	{"most", 7, func(r *meshtest.Row) string { return fmt.Sprintf("%.0f", r.Most) }},
	{"frames/s", 8, func(r *meshtest.Row) string { return fmt.Sprintf("%.1f", r.Frames) }},
	{"news/s", 7, func(r *meshtest.Row) string { return fmt.Sprintf("%.2f", r.Accepted) }},
	{"verif/s", 7, func(r *meshtest.Row) string { return fmt.Sprintf("%.2f", r.Verified) }},
	{"heap kB", 7, func(r *meshtest.Row) string { return fmt.Sprintf("%.0f", float64(r.Heap)/1e3) }},
	{"store kB", 8, func(r *meshtest.Row) string { return fmt.Sprintf("%.0f", float64(r.Store)/1e3) }},
	{"pings", 7, func(r *meshtest.Row) string { return fmt.Sprintf("%d/%d", r.Answered, r.Pings) }},
}

// of is a share of the entries.
func of(n func(*meshtest.Sight) int) func(*meshtest.Row) string {
	return func(r *meshtest.Row) string { return percent(float64(n(&r.Sight)) / float64(max(1, r.Sight.Entries))) }
}

func percent(v float64) string { return fmt.Sprintf("%.2f%%", 100*v) }

func seconds(d time.Duration) string {
	if d < 0 {
		return "never"
	}
	return fmt.Sprintf("%.0fs", d.Seconds())
}

func head() {
	for _, c := range columns {
		fmt.Printf("%*s ", c.width, c.name)
	}
	fmt.Println("  took, processor, memory so far")
}

// row prints a phase, and what it took of this machine.
func row(r meshtest.Row, took time.Duration) {
	for _, c := range columns {
		fmt.Printf("%*s ", c.width, c.of(&r))
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		fail(err)
	}
	fmt.Printf("  %.0fs, %ds, %d MB\n", took.Seconds(), u.Utime.Sec+u.Stime.Sec, u.Maxrss>>10)
}

// rings prints how much of each ring is known, by hops.
func rings(rows []meshtest.Row) {
	fmt.Println("\nknown of the whole rings, by hops:")
	for _, r := range rows {
		var b strings.Builder
		for hops, there := range r.Sight.There {
			known := 0
			if hops < len(r.Sight.Known) {
				known = r.Sight.Known[hops]
			}
			if there > 0 {
				fmt.Fprintf(&b, " %.1f%%", 100*float64(known)/float64(there))
			}
		}
		fmt.Fprintf(os.Stdout, "%7s%s\n", r.Name, b.String())
	}
}

// ways prints what asking has brought in a phase, and who carries what.
func ways(w *asktest.Ways, l asktest.Load) {
	fmt.Printf("%8s servers know %d relays, %d run; of %d ways that are wanted %s are known, %s stand, stretch p50 %.2f p90 %.2f p99 %.2f; pings to destinations %d/%d, slowest %.0f ms\n",
		"", w.Relays, w.Right, w.Wanted, percent(float64(w.Known)/float64(max(1, w.Wanted))), percent(float64(w.Stand)/float64(max(1, w.Wanted))),
		w.P50, w.P90, w.P99, w.Answered, w.Pings, float64(w.Slowest)/1e6)
	fmt.Printf("%8s clients %+v; faults by kind %v; servers were asked, by operation %v, and answered, by status %v\n", "", w.Clients, w.Faults, w.Server.Asked, w.Server.Answered)
	fmt.Printf("%8s B/s in and out: servers %.0f, their neighbours %.0f, the median of the others %.0f\n", "", l.Servers, l.Neighbours, l.Median)
}
