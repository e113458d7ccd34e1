package main

import (
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/route/server"
)

// workers do what the server gives away: a queue and a thread for each kind of work, so
// that a map being made, which takes seconds, keeps no answer waiting.
type workers struct {
	queues  [server.Mapping + 1]chan func() func(now time.Time)
	turn    func(done func(now time.Time))
	running sync.WaitGroup
}

// waiting is how many jobs of a kind may wait.
const waiting = 256

func newWorkers(turn func(done func(now time.Time))) *workers {
	w := &workers{turn: turn}
	for i := range w.queues {
		w.queues[i] = make(chan func() func(now time.Time), waiting)
	}
	return w
}

// do queues a job; false: there are too many.
func (w *workers) do(kind server.Kind, job func() func(now time.Time)) bool {
	select {
	case w.queues[kind] <- job:
		return true
	default:
		return false
	}
}

// start begins to work, until stop is closed: the job at hand is done, the others are not.
func (w *workers) start(stop <-chan struct{}) {
	for i := range w.queues {
		w.running.Go(func() { w.run(stop, w.queues[i], 4*i) })
	}
}

// run does jobs at a niceness: those of answers come before the others.
func (w *workers) run(stop <-chan struct{}, jobs <-chan func() func(now time.Time), nice int) {
	runtime.LockOSThread() // never unlocked: the thread ends with its priority
	unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), nice)
	for {
		select {
		case <-stop:
			return
		case job := <-jobs:
			if done := job(); done != nil {
				w.turn(done)
			}
		}
	}
}
