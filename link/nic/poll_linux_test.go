package nic

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pollerTest is a poller with one descriptor that can be made readable.
func pollerTest(t *testing.T) (p *Poller, fd int) {
	t.Helper()
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	fd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); unix.Close(fd) })
	if err := p.Add(fd, 7, true, false); err != nil {
		t.Fatal(err)
	}
	return p, fd
}

// TestPollerTimes: a wait ends when it should, with or without the newer system call.
func TestPollerTimes(t *testing.T) {
	for _, coarse := range []bool{false, true} {
		p, fd := pollerTest(t)
		p.coarse = coarse
		for _, timeout := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
			begun := time.Now()
			for left := timeout; ; left = timeout - time.Since(begun) { // a signal may end it before
				if n := len(p.Wait(max(0, left))); n != 0 {
					t.Fatalf("%d events of nothing", n)
				}
				if left <= 0 {
					break
				}
			}
			if d := time.Since(begun); d < timeout {
				t.Errorf("coarse %v: %v of %v", coarse, d, timeout)
			}
		}
		go unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 1})
		var e []Event
		for len(e) == 0 {
			e = p.Wait(-1)
		}
		if e[0] != (Event{Token: 7, Readable: true}) {
			t.Errorf("coarse %v: %v", coarse, e)
		}
	}
}
