package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// cpuTime is what a process has used, all threads: the scheduler's own count in
// nanoseconds. It contains the interrupts that the kernel served on its back (the
// receiving side of a veth cable runs in the sender's time), and what threads used
// that have ended since is lost: the programs measured here keep theirs.
func cpuTime(pid int) (sum time.Duration) {
	if pid == 0 {
		return 0
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, t := range tasks {
		var ns int64
		b, _ := os.ReadFile(t)
		fmt.Sscan(string(b), &ns)
		sum += time.Duration(ns)
	}
	return sum
}

// peakRSS says the most memory that the relay has had resident.
func peakRSS(o *options) error {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.relay))
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	var kB float64
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		return err
	}
	o.say("relay_rss", kB/1024, "MB")
	return nil
}
