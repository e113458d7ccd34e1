package logs

import (
	"io"
	"strconv"
	"sync/atomic"
	"time"
)

// most is how many lines wait to be written.
const most = 256

// A Queue hands lines on to a writer that may block or fail: a pipe that nobody reads,
// a terminal that is stopped, a reader that has ended. Write never waits. What finds no
// room, or cannot be written, is lost and counted, and said when there is a reader
// again. It is safe for concurrent use.
type Queue struct {
	_       [0]func() // not compared: saves the code
	w       io.Writer
	program string
	lines   chan string // empty: the end
	done    chan struct{}
	lost    atomic.Uint32
}

// NewQueue starts the goroutine that writes to w; what is said of lost lines begins
// with the program's name.
func NewQueue(w io.Writer, program string) *Queue {
	q := &Queue{w: w, program: program, lines: make(chan string, most), done: make(chan struct{})}
	go q.run()
	return q
}

// Write takes a line. It keeps no reference to it, and returns no error.
func (q *Queue) Write(line []byte) (int, error) {
	select {
	case q.lines <- string(line):
	default:
		q.lost.Add(1)
	}
	return len(line), nil
}

// Lost returns how many lines were lost so far. Nil has lost none.
func (q *Queue) Lost() int {
	if q == nil {
		return 0
	}
	return int(q.lost.Load())
}

// Close waits for the lines that are there, but not longer than patience. false: they
// were not written, and who writes to w now may wait for ever. Later lines are lost.
func (q *Queue) Close(patience time.Duration) bool {
	late := time.After(patience)
	select {
	case q.lines <- "":
	case <-late:
		return false
	}
	select {
	case <-q.done:
		return true
	case <-late:
		return false
	}
}

// run writes until the queue is closed and empty.
func (q *Queue) run() {
	said := 0
	for line := range q.lines {
		if line == "" {
			break
		}
		_, err := io.WriteString(q.w, line)
		if err != nil {
			q.lost.Add(1)
		} else if lost := q.Lost(); lost > said {
			io.WriteString(q.w, q.program+": error: log lines lost n="+strconv.Itoa(lost-said)+"\n")
			said = lost
		}
	}
	close(q.done)
}
