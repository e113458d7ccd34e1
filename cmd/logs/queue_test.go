package logs

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// A pen writes when it is let.
type pen struct {
	let chan error // what the next write returns
	mu  sync.Mutex
	b   strings.Builder
}

func (p *pen) Write(b []byte) (int, error) {
	if err := <-p.let; err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *pen) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// TestQueueBlocked: who logs never waits for a writer that blocks; what finds no room is
// counted, and said when the writer goes on.
func TestQueueBlocked(t *testing.T) {
	p := &pen{let: make(chan error)}
	q := NewQueue(p, "p")
	log := New(q, "p", Info)
	const lines = 10_000
	for range lines {
		log.Info("event", "key", "value")
	}
	lost := q.Lost()
	if kept := lines - lost; kept < most || kept > most+1 { // one is being written
		t.Errorf("%d of %d lines kept, want %d", kept, lines, most)
	}
	if q.Close(time.Millisecond) {
		t.Error("closed, though nothing can be written")
	}
	close(p.let)
	if !q.Close(10 * time.Second) {
		t.Error("not closed, though all can be written")
	}
	log.Info("late")
	got := p.text()
	if n, want := strings.Count(got, "p: info: event key=value\n"), lines-lost; n != want {
		t.Errorf("%d lines written, want %d", n, want)
	}
	if strings.Count(got, "p: error: log lines lost n=") == 0 || strings.Contains(got, "late") {
		t.Errorf("%q", got[len(got)-100:])
	}
}

// TestQueueFails: lines of a reader that has ended are counted, and the count is said
// when there is one again.
func TestQueueFails(t *testing.T) {
	p := &pen{let: make(chan error)}
	q := NewQueue(p, "p")
	for _, line := range []string{"one\n", "two\n", "three\n"} {
		q.Write([]byte(line))
	}
	p.let <- errors.New("broken pipe")
	p.let <- errors.New("broken pipe")
	close(p.let)
	if !q.Close(10 * time.Second) {
		t.Fatal("not closed")
	}
	if got, want := p.text(), "three\np: error: log lines lost n=2\n"; got != want || q.Lost() != 2 {
		t.Errorf("%q, want %q; %d lost", got, want, q.Lost())
	}
}

// TestQueuePipe: a full pipe that nobody reads, as a service manager that hangs.
func TestQueuePipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w.Write(make([]byte, 64<<10)) // all that it holds
	q := NewQueue(w, "p")
	for range 5000 {
		q.Write([]byte(strings.Repeat("x", 99) + "\n"))
	}
	if q.Close(time.Millisecond) || q.Lost() == 0 {
		t.Errorf("closed, or %d lines lost", q.Lost())
	}
	w.Close()
	if !q.Close(10 * time.Second) {
		t.Error("the writer did not end")
	}
}
