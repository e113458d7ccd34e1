package logs

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestLine(t *testing.T) {
	var b strings.Builder
	log := New(&b, "hopwire-route", Info)
	log.Info("link up", "at", "[::1]:7", "reason", "no carrier", "error", errors.New("a=b\n\"c\""), "n", 3, "odd")
	log.Error("port")
	log.Log(Debug, "unseen")
	want := "hopwire-route: info: link up at=[::1]:7 reason=\"no carrier\" error=\"a=b \\\"c\\\"\" n=3\nhopwire-route: error: port\n"
	if got := b.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLevels(t *testing.T) {
	for text, want := range map[string]int{"error": 1, "info": 2, "debug": 3} {
		level, ok := ParseLevel(text)
		var b strings.Builder
		log := New(&b, "p", level)
		log.Error("e")
		log.Info("e")
		log.Log(Debug, "e")
		if got := strings.Count(b.String(), "\n"); got != want || !ok || names[level] != text {
			t.Errorf("%s: %d lines, want %d; %v %v", text, got, want, level, ok)
		}
	}
	if _, ok := ParseLevel("loud"); ok {
		t.Error("loud is a level")
	}
}

// TestConcurrent: lines come whole.
func TestConcurrent(t *testing.T) {
	var b strings.Builder
	log := New(&b, "p", Info)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				log.Info("event", "key", "value")
			}
		})
	}
	all.Wait()
	if got, want := b.String(), strings.Repeat("p: info: event key=value\n", 400); got != want {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}
