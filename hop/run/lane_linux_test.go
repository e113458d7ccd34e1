package run

import (
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLanePriority: lanes go ahead of ordinary programs where that is allowed, and
// run all the same where it is not.
func TestLanePriority(t *testing.T) {
	r, err := New(128)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raised := func() (n int) {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range tasks {
			id, _ := strconv.Atoi(e.Name())
			if raw, err := unix.Getpriority(unix.PRIO_PROCESS, id); err == nil && 20-raw == lanePriority {
				n++
			}
		}
		return n
	}
	want := r.Lanes()
	if unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), -1) != nil {
		want = 0
	} else {
		unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 0)
	}
	for begun := time.Now(); raised() != want; {
		if time.Since(begun) > 5*time.Second {
			t.Fatalf("%d threads at nice %d, want %d", raised(), lanePriority, want)
		}
	}
	ran := make(chan bool, 1)
	r.Turn(func(time.Time) { ran <- true })
	<-ran
}
