package run

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/link"
)

// A gate is a job that holds the worker until it is opened.
func gate(w *worker) (open func()) {
	c := make(chan struct{})
	w.do(link.Cost{}, func() func(time.Time) { <-c; return nil })
	synctest.Wait()
	return func() { close(c) }
}

func TestWorkerOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		w := newWorker(func(done func(time.Time)) { done(time.Now()) })
		defer w.Close()
		open := gate(w)
		for i := range 2 {
			for c := link.ClassVerify + 1; c > 0; c-- {
				name := fmt.Sprint(c-1, i)
				if !w.do(link.Cost{Class: c - 1}, func() func(time.Time) { return func(time.Time) { got = append(got, name) } }) {
					t.Fatalf("%s refused", name)
				}
			}
		}
		open()
		synctest.Wait()
		if want := []string{"0 0", "0 1", "1 0", "1 1", "2 0", "2 1"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestWorkerBounds: a class that is full refuses, and the others do not.
func TestWorkerBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := 0
		w := newWorker(func(done func(time.Time)) { done(time.Now()) })
		defer w.Close()
		open := gate(w)
		job := func() func(time.Time) { return func(time.Time) { ran++ } }
		for i := range workQueue + 1 {
			if ok := w.do(link.Cost{Class: link.ClassVerify}, job); ok != (i < workQueue) {
				t.Errorf("verification %d: %v, want %v", i, ok, !ok)
			}
		}
		if !w.do(link.Cost{Class: link.ClassHandshake}, job) || !w.do(link.Cost{Class: link.ClassSetup}, job) {
			t.Error("verification pushed out a handshake or a set-up")
		}
		open()
		synctest.Wait()
		if ran != workQueue+2 {
			t.Errorf("%d ran, want %d", ran, workQueue+2)
		}
	})
}

// TestWorkerClose: the job at hand ends, what waits does not run, nothing is taken.
func TestWorkerClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var posted []string
		w := newWorker(func(done func(time.Time)) { done(time.Now()) })
		c := make(chan struct{})
		result := func(name string) func(time.Time) { return func(time.Time) { posted = append(posted, name) } }
		w.do(link.Cost{}, func() func(time.Time) { <-c; return result("at hand") })
		synctest.Wait()
		w.do(link.Cost{}, func() func(time.Time) { return result("waiting") })
		var ended sync.WaitGroup
		ended.Go(w.Close)
		synctest.Wait()
		if w.do(link.Cost{}, func() func(time.Time) { return result("late") }) {
			t.Error("a closed worker took a job")
		}
		close(c)
		ended.Wait()
		if want := []string{"at hand"}; !slices.Equal(posted, want) {
			t.Errorf("posted %v, want %v", posted, want)
		}
	})
}

// TestWorkerThread: jobs run on one thread, at nice 19, which is not the others'.
func TestWorkerThread(t *testing.T) {
	type thread struct{ id, nice int }
	got := make(chan thread)
	w := newWorker(func(done func(time.Time)) { done(time.Now()) })
	defer w.Close()
	for range 3 {
		w.do(link.Cost{}, func() func(time.Time) {
			raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0) // the kernel says 20 minus nice
			if err != nil {
				t.Error(err)
			}
			me := thread{unix.Gettid(), 20 - raw}
			return func(time.Time) { got <- me }
		})
	}
	a, b, c := <-got, <-got, <-got
	if a != b || b != c || a.nice != 19 {
		t.Errorf("got %v, %v, %v; want one thread at nice 19", a, b, c)
	}
	if raw, err := unix.Getpriority(unix.PRIO_PROCESS, unix.Getpid()); err != nil || 20-raw == 19 {
		t.Errorf("the process is at nice %d, %v; want it untouched", 20-raw, err)
	}
}
