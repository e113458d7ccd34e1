package run

import (
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/link"
)

// workQueue bounds the waiting jobs of each class, so that none pushes out another.
const workQueue = 64

// A worker does public-key work on a thread of its own at the lowest priority, so
// that 80 ms of it do not hold up a frame: measured on one CPU, p99 of the RTT is
// 15 ms with the work in the same thread and 0.14 ms so. Lower classes go first.
// It is safe for concurrent use.
type worker struct {
	post   func(done func(now time.Time))
	mu     sync.Mutex
	wake   *sync.Cond
	queues [link.ClassVerify + 1][]func() func(time.Time)
	closed bool
	ended  chan struct{}
}

// newWorker starts the worker; post is called with what each job returned.
func newWorker(post func(done func(now time.Time))) *worker {
	w := &worker{post: post, ended: make(chan struct{})}
	w.wake = sync.NewCond(&w.mu)
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2) // or a job would hold the only P for a time slice
	}
	go w.run()
	return w
}

// do queues a job; false: its class has as many as it may, or the worker is closed.
func (w *worker) do(c link.Cost, job func() func(time.Time)) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.queues[c.Class]) >= workQueue {
		return false
	}
	w.queues[c.Class] = append(w.queues[c.Class], job)
	w.wake.Signal()
	return true
}

// Close ends the worker after the job at hand, whose result is still posted; what
// waits is dropped. It must not be called while holding what post waits for.
func (w *worker) Close() {
	w.mu.Lock()
	w.closed = true
	w.wake.Signal()
	w.mu.Unlock()
	<-w.ended
}

func (w *worker) run() {
	runtime.LockOSThread() // never unlocked: the thread ends with its priority
	if unix.Gettid() == unix.Getpid() {
		// The first thread's priority is shown as the process's, and cannot end
		// before it: while we hold it, another goroutine gets another thread.
		go w.run()
		<-w.ended
		runtime.UnlockOSThread()
		return
	}
	defer close(w.ended)
	unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 19)
	for {
		job := w.next()
		if job == nil {
			return
		}
		if done := job(); done != nil {
			w.post(done)
		}
	}
}

func (w *worker) next() func() func(time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed {
		for i, q := range w.queues {
			if len(q) > 0 {
				job := q[0]
				q[0] = nil // what it holds ends with it
				w.queues[i] = q[1:]
				return job
			}
		}
		w.wake.Wait()
	}
	return nil
}
