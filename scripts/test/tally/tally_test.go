package main

import (
	"strings"
	"testing"
	"time"
)

// TestTally: the last lines for what can happen; the names for what failed.
func TestTally(t *testing.T) {
	const (
		good  = `{"Action":"pass","Package":"hopwire/a","Test":"TestA"}` + "\n"
		over  = `{"Action":"pass","Package":"hopwire/a","Elapsed":1.5}` + "\n"
		bad   = `{"Action":"fail","Package":"hopwire/a","Test":"TestB/one"}` + "\n" + `{"Action":"fail","Package":"hopwire/a","Test":"TestB"}` + "\n"
		lost  = `{"Action":"fail","Package":"hopwire/a"}` + "\n"
		skip  = `{"Action":"skip","Package":"hopwire/a","Test":"TestC/deep"}` + "\n"
		none  = `{"Action":"skip","Package":"hopwire/empty"}` + "\n"
		begin = "# begin go\n"
		fine  = "# end go 0\n"
		done  = "# done\n"
	)
	for _, c := range []struct{ name, input, names, want string }{
		{"all well", begin + good + over + none + fine + "# begin s.sh\nok - x\n# end s.sh 0\n" + done, "", "2 passed, 0 failed, 0 skipped\ntest: ok\n"},
		{"a test fails in a subtest", begin + good + bad + lost + "# end go 1\n" + done, "  a TestB/one\n", "1 passed, 1 failed, 0 skipped\ntest: FAILED\n"},
		{"a skip deep inside", begin + good + skip + over + fine + done, "  a TestC/deep (skipped)\n", "1 passed, 0 failed, 1 skipped\ntest: FAILED\n"},
		{"a package fails, no test", begin + good + lost + "# end go 1\n" + done, "  a\n", "1 passed, 1 failed, 0 skipped\ntest: FAILED\n"},
		{"only the exit status", begin + good + over + "# end go 2\n" + done, "  go: exit status 2\n", "1 passed, 1 failed, 0 skipped\ntest: FAILED\n"},
		{"a scenario fails", "# begin s.sh\nok - x\nnot ok - y: why\n# end s.sh 1\n" + done, "  s.sh: y: why\n", "1 passed, 1 failed, 0 skipped\ntest: FAILED\n"},
		{"nothing tested", "# begin s.sh\n# end s.sh 0\n" + done, "  s.sh: nothing was tested\n", "0 passed, 1 failed, 0 skipped\ntest: FAILED\n"},
		{"interrupted", "# begin s.sh\nok - x\n", "  s.sh: interrupted\n", "1 passed, 1 failed, 0 skipped\ntest: FAILED\n"},
	} {
		var out strings.Builder
		lines := make(chan string, 20)
		for _, l := range strings.SplitAfter(c.input, "\n") {
			lines <- l
		}
		close(lines)
		well := follow(newTally(&out), lines)
		_, names, _ := strings.Cut(out.String(), "failed or skipped:\n")
		if got := out.String(); !strings.HasSuffix(got, c.names+c.want) || well != strings.HasSuffix(c.want, "ok\n") {
			t.Errorf("%s: got %q, %v; want an end of %q", c.name, got, well, c.names+c.want)
		}
		if c.names == "" && names != "" {
			t.Errorf("%s: got names %q", c.name, names)
		}
	}
}

// TestOutput: what a failed test said is shown, what a good one said is not, and a
// line of a test that looks like an event is none.
func TestOutput(t *testing.T) {
	var out strings.Builder
	y := newTally(&out)
	for _, l := range []string{
		`{"Action":"output","Package":"hopwire/a","Test":"TestA","Output":"quiet\n"}`,
		`{"Action":"output","Package":"hopwire/a","Test":"TestB","Output":"{\"Action\":\"pass\"}\n"}`,
		`{"Action":"pass","Package":"hopwire/a","Test":"TestA"}`,
		`{"Action":"fail","Package":"hopwire/a","Test":"TestB"}`,
		`{"Action":"build-output","ImportPath":"hopwire/b","Output":"undefined: x\n"}`,
	} {
		y.line(l+"\n", time.Time{})
	}
	if got, want := out.String(), "{\"Action\":\"pass\"}\nundefined: x\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := y.running["hopwire/a"].count, (count{1, 1, 0}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
