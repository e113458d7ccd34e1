package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// frames watches a relay at work for o.length: frames in, and per frame its CPU time,
// the same in ticks of the time-stamp counter (the core's nominal rate; its real one
// shows in hardware counters only), and how often it slept.
func frames(o *options) error {
	n, cpu, sleeps, begun := received(o.relay), cpuTime(o.relay), switches(o.relay), time.Now()
	time.Sleep(o.length)
	n, cpu, sleeps = received(o.relay)-n, cpuTime(o.relay)-cpu, switches(o.relay)-sleeps
	if n == 0 {
		return fmt.Errorf("process %d has received no frame", o.relay)
	}
	ns := float64(cpu.Nanoseconds()) / float64(n)
	o.say(o.figure+"_frames", float64(n)/time.Since(begun).Seconds(), "frames/s")
	o.say(o.figure+"_frame_ns", ns, "ns/frame")
	o.say(o.figure+"_frame_ticks", ns*megahertz()/1e3, "TSC ticks/frame")
	o.say(o.figure+"_frame_sleeps", float64(sleeps)/float64(n), "sleeps/frame")
	return nil
}

// received counts the packets that came in over all cables of a process's namespace.
func received(pid int) (sum int64) {
	lines(fmt.Sprintf("/proc/%d/net/dev", pid), func(line string) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || name == "lo" || strings.HasPrefix(name, "hopwire") {
			return
		}
		var bytes, packets int64
		fmt.Sscan(rest, &bytes, &packets)
		sum += packets
	})
	return sum
}

// switches counts how often the threads gave their core up to wait.
func switches(pid int) (sum int64) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, t := range tasks {
		lines(t, func(line string) {
			var n int64
			if c, _ := fmt.Sscanf(line, "voluntary_ctxt_switches: %d", &n); c == 1 {
				sum += n
			}
		})
	}
	return sum
}

// megahertz is the first core's rate as the kernel states it.
func megahertz() (mhz float64) {
	lines("/proc/cpuinfo", func(line string) {
		if name, value, ok := strings.Cut(line, ":"); ok && mhz == 0 && strings.HasPrefix(name, "cpu MHz") {
			fmt.Sscan(value, &mhz)
		}
	})
	return mhz
}

func lines(name string, do func(line string)) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		do(s.Text())
	}
}
