package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A count is of tests; of those with subtests only the outer one, but every skip.
type count struct{ passed, failed, skipped int }

func (c *count) add(d count) {
	c.passed += d.passed
	c.failed += d.failed
	c.skipped += d.skipped
}

func (c count) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

// A tally is what has been read.
type tally struct {
	out     io.Writer
	all     count
	names   []string            // of what failed or was skipped
	running map[string]*running // packages that have begun
	stage   string
	begun   time.Time // the stage
	counts  count     // of the stage
	done    bool      // the last line came
	spoke   bool      // the line at hand led to output
}

// A running package.
type running struct {
	count
	output map[string][]string // by test, those that run; "" is the package
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, running: map[string]*running{}}
}

func (t *tally) say(format string, args ...any) {
	fmt.Fprintf(t.out, format, args...)
	t.spoke = true
}

func (t *tally) fail(name string) { t.names = append(t.names, name) }

// line takes a line of input, and reports whether it led to output.
func (t *tally) line(line string, now time.Time) (spoke bool) {
	t.spoke = false
	line = strings.TrimRight(line, "\n")
	var e event
	switch {
	case strings.HasPrefix(line, "# "):
		t.mark(line, now)
	case strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &e) == nil:
		t.event(e)
	default:
		t.plain(line)
	}
	return t.spoke
}

// mark takes a line of test.sh's own.
func (t *tally) mark(line string, now time.Time) {
	switch words := strings.Fields(line); {
	case line == "# done":
		t.done = true
	case len(words) == 3 && words[1] == "begin":
		t.stage, t.begun, t.counts = words[2], now, count{}
	case len(words) == 4 && words[1] == "end" && words[2] == t.stage:
		t.endStage(words[3], now)
	default:
		t.say("%s\n", line)
	}
}

// endStage says how a stage ended; its exit status counts, whatever its lines said.
func (t *tally) endStage(status string, now time.Time) {
	switch {
	case status != "0" && t.counts.failed == 0:
		t.counts.failed++
		t.fail(t.stage + ": exit status " + status)
	case status == "0" && t.counts.passed == 0:
		t.counts.failed++
		t.fail(t.stage + ": nothing was tested")
	}
	t.all.add(t.counts)
	t.say("== %s: %v, %.0f s\n", t.stage, t.counts, now.Sub(t.begun).Seconds())
	t.stage = ""
}

// plain takes a line that is no event: of a scenario, or of the go command.
func (t *tally) plain(line string) {
	name, isOK := strings.CutPrefix(line, "ok - ")
	bad, isBad := strings.CutPrefix(line, "not ok - ")
	switch {
	case isOK && name != "":
		t.counts.passed++
	case isBad:
		t.counts.failed++
		t.fail(t.stage + ": " + bad)
		t.say("%s\n", line)
	default:
		t.say("%s\n", line)
	}
}

// waiting says what takes its time.
func (t *tally) waiting(since time.Duration) {
	names := []string{t.stage}
	for name := range t.running {
		names = append(names, name)
	}
	slices.Sort(names[1:])
	t.say("... %.0f s: %s\n", since.Seconds(), strings.Join(names, " "))
}

// end says the outcome, and reports whether all is well.
func (t *tally) end() bool {
	if !t.done {
		t.all.add(t.counts)
		t.all.failed++
		t.fail(t.stage + ": interrupted")
	}
	if len(t.names) > 0 {
		t.say("\nfailed or skipped:\n  %s\n", strings.Join(t.names, "\n  "))
	}
	t.say("%v\n", t.all)
	if t.all.failed > 0 || t.all.skipped > 0 {
		t.say("test: FAILED\n")
		return false
	}
	t.say("test: ok\n")
	return true
}
