// Command tally reads the output of all tests as it comes and says, for a person who
// waits, how far they are. test.sh writes to it:
//
//	# begin NAME            of a stage: the Go tests, or a scenario
//	{"Action":...}          from go test -json
//	ok - TEXT               from a scenario, or: not ok - TEXT
//	# end NAME STATUS       with the exit status
//	# done
//
// Each package and each scenario is a line when it ends, what fails is shown at once,
// and every half minute of silence says what is being waited for. At the end stand the
// names of what failed, the counts, and "test: ok" or "test: FAILED". A skipped test is
// a failure, and so is a stage that fails without naming a test, or names none at all.
package main

import (
	"bufio"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	signal.Ignore(os.Interrupt, syscall.SIGTERM) // the tests are told as well: what they say last is read
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewReader(os.Stdin)
		for {
			line, err := in.ReadString('\n')
			if line != "" {
				lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	if !follow(newTally(os.Stdout), lines) {
		os.Exit(1)
	}
}

const patience = 30 * time.Second // of silence, before it is said what runs

// follow takes lines until all is done, and reports whether all is well.
func follow(t *tally, lines <-chan string) bool {
	begun := time.Now()
	quiet := time.NewTimer(patience)
	for !t.done {
		select {
		case line, ok := <-lines:
			if !ok {
				return t.end()
			}
			if t.line(line, time.Now()) {
				quiet.Reset(patience)
			}
		case now := <-quiet.C:
			t.waiting(now.Sub(begun))
			quiet.Reset(patience)
		}
	}
	return t.end()
}
