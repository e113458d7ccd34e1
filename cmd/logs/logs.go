// Package logs writes one line an event: "program: level: event key=value ...". The
// service manager adds the time.
//
//	log := logs.New(os.Stderr, "hopwire", logs.Info)
//	log.Info("link up", "neighbour", key, "interface", "eth1")
//
// A value stays on its line and is quoted where it would be taken for several. A
// program that must go on whatever becomes of its log has a Queue before the writer:
//
//	queue := logs.NewQueue(os.Stderr, "hopwire")
//	log := logs.New(queue, "hopwire", logs.Info)
//	defer queue.Close(time.Second)
//
// It never ends the program, and it is not for what comes by the frame.
package logs

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"hopwire/cmd/table"
)

// A Level says how much is logged: events of it and of those below.
type Level int

const (
	Error Level = iota // what the operator should look at
	Info               // what changes: links, interfaces, files
	Debug
)

var names = [...]string{"error", "info", "debug"}

// ParseLevel reads error, info or debug.
func ParseLevel(s string) (l Level, ok bool) {
	for i, n := range names {
		if n == s {
			return Level(i), true
		}
	}
	return Info, false
}

// A Logger writes to one writer. It is safe for concurrent use.
type Logger struct {
	_       [0]func() // not compared: saves the code
	mu      sync.Mutex
	w       io.Writer
	program string
	level   Level
}

// New makes a logger for a program.
func New(w io.Writer, program string, level Level) *Logger {
	return &Logger{w: w, program: program, level: level}
}

// Error logs what the operator should look at; pairs are keys and values in turn.
func (l *Logger) Error(event string, pairs ...any) { l.Log(Error, event, pairs...) }

// Info logs a change.
func (l *Logger) Info(event string, pairs ...any) { l.Log(Info, event, pairs...) }

// Log logs an event of any level.
func (l *Logger) Log(level Level, event string, pairs ...any) {
	if level > l.level {
		return
	}
	line := l.program + ": " + names[level] + ": " + event
	for i := 0; i+1 < len(pairs); i += 2 {
		v := table.Clean(fmt.Sprint(pairs[i+1]))
		if strings.ContainsAny(v, " =\"") {
			v = strconv.Quote(v)
		}
		line += " " + fmt.Sprint(pairs[i]) + "=" + v
	}
	l.mu.Lock()
	io.WriteString(l.w, line+"\n")
	l.mu.Unlock()
}
