package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// A logger writes one line an event: "level event key=value ...". The service
// manager adds the time. It is safe for concurrent use.
type logger struct {
	mu    sync.Mutex
	w     io.Writer
	level int
}

var levels = map[string]int{"error": 0, "info": 1, "debug": 2}

func (l *logger) log(level, event string, pairs ...any) {
	if levels[level] > l.level {
		return
	}
	var b strings.Builder
	b.WriteString("hopwire: " + level + ": " + event)
	for i := 0; i+1 < len(pairs); i += 2 {
		v := escape(fmt.Sprint(pairs[i+1]))
		if strings.ContainsAny(v, " =\"") {
			v = fmt.Sprintf("%q", v)
		}
		fmt.Fprintf(&b, " %v=%s", pairs[i], v)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, b.String())
}
