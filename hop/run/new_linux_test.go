package run

import (
	"errors"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNoDescriptors: without descriptors New says so, and leaves none and no loop behind.
func TestNoDescriptors(t *testing.T) {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	free, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(free)
	loops := runtime.NumGoroutine()
	for room := range uint64(2) { // for no descriptor, and for a half of what a loop needs
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(free) + room, Max: old.Max})
		r, err := New(128)
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old)
		if r != nil || !errors.Is(err, unix.EMFILE) {
			t.Errorf("room for %d: %v, want %v", room, err, unix.EMFILE)
		}
	}
	again, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(again)
	if n := runtime.NumGoroutine(); again != free || n != loops {
		t.Errorf("descriptor %d is the next, want %d; %d goroutines, want %d", again, free, n, loops)
	}
}
