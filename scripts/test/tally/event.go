package main

import (
	"slices"
	"strings"
)

// An event of go test -json; see 'go doc test2json' and 'go help buildjson'.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string // "": the package itself
	Elapsed    float64
	Output     string
}

const shown = 60 // lines of a failed test, its last

func (t *tally) event(e event) {
	if e.Action == "build-output" {
		t.say("%s", e.Output)
	}
	if e.Package == "" {
		return
	}
	p := t.running[e.Package]
	if p == nil {
		p = &running{output: map[string][]string{}}
		t.running[e.Package] = p
	}
	switch e.Action {
	case "output":
		p.output[e.Test] = append(p.output[e.Test], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(p, e)
		} else {
			t.endTest(p, e)
		}
	}
}

// endTest counts a test, and shows what it said if it is not well.
func (t *tally) endTest(p *running, e event) {
	name := short(e.Package) + " " + e.Test
	outer := !strings.Contains(e.Test, "/")
	switch {
	case e.Action == "pass" && outer:
		p.passed++
	case e.Action == "skip":
		p.skipped++
		t.fail(name + " (skipped)")
		t.show(p.output[e.Test])
	case e.Action == "fail":
		if outer {
			p.failed++
		}
		if !t.failedInside(name) {
			t.fail(name)
		}
		t.show(p.output[e.Test])
	}
	delete(p.output, e.Test)
}

// failedInside reports whether a subtest of it has been named already.
func (t *tally) failedInside(name string) bool {
	return slices.ContainsFunc(t.names, func(n string) bool { return strings.HasPrefix(n, name+"/") })
}

// endPackage says how a package ended. It can fail without a test that does: it was
// not built, or a goroutine panicked behind the last one.
func (t *tally) endPackage(p *running, e event) {
	delete(t.running, e.Package)
	if e.Action == "skip" { // it has no tests
		return
	}
	if e.Action == "fail" && p.failed == 0 {
		p.failed++
		t.fail(short(e.Package))
		t.show(p.output[""])
	}
	t.counts.add(p.count)
	t.say("%-24s %v, %.1f s\n", short(e.Package), p.count, e.Elapsed)
}

// show prints the last lines of a test's output, without go test's own.
func (t *tally) show(output []string) {
	lines := strings.Split(strings.TrimRight(strings.Join(output, ""), "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "=== ") })
	t.say("%s\n", strings.Join(lines[max(0, len(lines)-shown):], "\n"))
}

func short(pkg string) string { return strings.TrimPrefix(pkg, "hopwire/") }
