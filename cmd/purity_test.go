package cmd_test

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// impure is what a core may not use: the clock, and randomness that nobody passed in.
// Of math/rand/v2 a core may use the generators that it is given; "*" is all of a
// package.
var impure = map[string][]string{
	"time":                   {"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep"},
	"golang.org/x/sys/unix":  {"ClockGettime", "Gettimeofday", "Time", "Nanosleep", "ClockNanosleep", "Getrandom"},
	"syscall":                {"Gettimeofday", "Time", "Nanosleep"},
	"crypto/rand":            {"*"},
	"math/rand":              {"*"},
	"hash/maphash":           {"*"},
	"crypto/mlkem":           {"GenerateKey768", "GenerateKey1024"},
	"crypto/mlkem/mlkemtest": {"*"},
	"math/rand/v2": {"ExpFloat64", "Float32", "Float64", "Int", "Int32", "Int32N", "Int64", "Int64N", "IntN", "N",
		"NormFloat64", "Perm", "Shuffle", "Uint", "Uint32", "Uint32N", "Uint64", "Uint64N", "UintN"},
}

// impureMethods are known by their name alone: these read crypto/rand whatever they
// are given (GenerateKey since Go 1.26).
var impureMethods = []string{"Encapsulate", "GenerateKey"}

// A license says where a use is allowed, in a file or in a package, and why.
type license struct{ where, what, why string }

var licenses = []license{
	{"hop/run", "time", "the runner: it hands the time to the cores"},
	{"link/nic", "time", "looks again at the interfaces every few seconds; no core calls it"},
	{"link/handshake/handshake.go", "Encapsulate", "crypto/mlkem has none that takes its randomness"},
}

// TestCoresArePure: link, hop and route read no clock and draw no global
// randomness, so a simulation repeats. Tests' helpers (linktest, meshtest) neither.
func TestCoresArePure(t *testing.T) {
	used := map[license]bool{}
	for _, s := range sources(t, "link", "hop", "route") {
		if s.test() {
			continue
		}
		for _, u := range uses(s) {
			i := slices.IndexFunc(licenses, func(l license) bool {
				return (l.where == s.path || l.where == s.folder()) && l.what == u.of
			})
			if i < 0 {
				t.Errorf("%s:%d: %s: the caller passes time and randomness in", s.path, u.line, u.name)
			} else {
				used[licenses[i]] = true
			}
		}
	}
	t.Logf("cores read no clock and draw from nobody's generator; %d places may", len(licenses))
	for _, l := range licenses {
		if !used[l] {
			t.Errorf("%s no longer needs %s: remove its license", l.where, l.what)
		}
	}
}

// TestNoSleep: a test that sleeps is slow when all is well and fails when the machine
// is busy. It waits for what it needs, or moves a clock of its own.
func TestNoSleep(t *testing.T) {
	files := 0
	for _, s := range sources(t, rooms...) {
		if !s.test() {
			continue
		}
		files++
		for _, u := range uses(s) {
			if u.name == "time.Sleep" {
				t.Errorf("%s:%d: time.Sleep in a test", s.path, u.line)
			}
		}
	}
	t.Logf("no test sleeps: %d files", files)
}

// A use is one place where something impure is named, called or not.
type use struct {
	of, name string // what a license is for, and all of it: time, time.Now
	line     int
}

// uses finds what is impure in a file.
func uses(s source) (all []use) {
	imports := imported(s)
	if path := imports["."]; impure[path] != nil {
		all = append(all, use{path, "import . " + strconv.Quote(path), s.line(s.Name.Pos())})
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name, line := sel.Sel.Name, s.line(sel.Pos())
		x, _ := sel.X.(*ast.Ident)
		if x != nil && x.Obj == nil && imports[x.Name] != "" { // Obj: something local of that name
			path := imports[x.Name]
			if bad := impure[path]; slices.Contains(bad, name) || slices.Contains(bad, "*") {
				all = append(all, use{path, path + "." + name, line})
			}
		} else if slices.Contains(impureMethods, name) {
			all = append(all, use{name, name, line})
		}
		return true
	})
	return all
}

// imported maps the names of a file's imports to their paths.
func imported(s source) map[string]string {
	names := map[string]string{}
	for _, i := range s.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		name := strings.TrimSuffix(path, "/v2")
		name = name[strings.LastIndexByte(name, '/')+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = path
	}
	return names
}
