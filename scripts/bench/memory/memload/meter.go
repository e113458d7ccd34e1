package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// A sample is the relay's memory, in kB.
type sample struct{ rss, anon, file, peak int }

// A meter keeps the most of each that was seen.
type meter struct {
	source func() (sample, error)
	last   time.Time
	most   sample
}

// watch takes a sample now and then.
func (m *meter) watch() error {
	if time.Since(m.last) < 200*time.Millisecond {
		return nil
	}
	m.last = time.Now()
	s, err := m.source()
	if err != nil {
		return err
	}
	m.most = sample{max(m.most.rss, s.rss), max(m.most.anon, s.anon), max(m.most.file, s.file), max(m.most.peak, s.peak)}
	return nil
}

func procSource(pid int) func() (sample, error) {
	name := fmt.Sprintf("/proc/%d/status", pid)
	return func() (sample, error) {
		text, err := os.ReadFile(name)
		return fields(string(text)), err
	}
}

// guestSource reads what a program that qemu-user emulates has: what of the emulator's
// memory lies where the program's addresses are, from base on.
func guestSource(pid int, base uint64) func() (sample, error) {
	name := fmt.Sprintf("/proc/%d/smaps", pid)
	return func() (s sample, err error) {
		text, err := os.ReadFile(name)
		inside := false
		for _, line := range strings.Split(string(text), "\n") {
			var from, to uint64
			var key string
			var kb int
			if n, _ := fmt.Sscanf(line, "%x-%x", &from, &to); n == 2 {
				inside = from >= base && to <= base+1<<32
			} else if n, _ := fmt.Sscanf(line, "%s %d kB", &key, &kb); n == 2 && inside && key == "Rss:" {
				s.rss += kb
			} else if n == 2 && inside && key == "Anonymous:" {
				s.anon += kb
			}
		}
		s.file = s.rss - s.anon
		return s, err
	}
}

// fields reads "VmRSS: 123 kB" and the like.
func fields(text string) (s sample) {
	words := strings.Fields(text)
	for i, w := range words[:max(0, len(words)-1)] {
		n, _ := strconv.Atoi(words[i+1])
		switch w {
		case "VmRSS:":
			s.rss = n
		case "RssAnon:":
			s.anon = n
		case "RssFile:":
			s.file += n
		case "VmHWM:":
			s.peak = n
		}
	}
	return s
}
