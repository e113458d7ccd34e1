package cmd_test

import (
	"cmp"
	"go/ast"
	"maps"
	"slices"
	"testing"
)

// rooms are the folders that are counted. Scripts are not.
var rooms = []string{"link", "hop", "route", "pay", "cmd"}

const (
	medianLines  = 10 // of a function, from 'func' to its last brace; assembly is not counted
	p90Lines     = 25
	mostLines    = 60
	mostExported = 70 // names of one package
	leastDoc     = 95 // per cent of the exported names of all rooms
)

// tooMany are the packages that exceed mostExported, with what they have. That may
// only shrink; a package that no longer exceeds must go from here.
var tooMany = map[string]int{"link": 86, "hop": 74}

// TestFunctions: most are about ten lines, nine in ten fit a screen, none is long.
func TestFunctions(t *testing.T) {
	type function struct {
		lines int
		name  string
	}
	var all []function
	for _, s := range sources(t, rooms...) {
		for _, d := range s.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && !s.test() {
				all = append(all, function{s.lines(f), s.path + ": " + f.Name.Name})
			}
		}
	}
	slices.SortFunc(all, func(a, b function) int { return cmp.Compare(a.lines, b.lines) })
	median, p90 := all[len(all)/2].lines, all[len(all)*9/10].lines
	t.Logf("functions are short: %d, median %d lines (at most %d), p90 %d (%d), none above %d; the longest:",
		len(all), median, medianLines, p90, p90Lines, mostLines)
	for _, f := range slices.Backward(all[len(all)-5:]) {
		t.Logf("%4d  %s", f.lines, f.name)
	}
	if median > medianLines || p90 > p90Lines {
		t.Errorf("median %d lines, p90 %d; at most %d and %d", median, p90, medianLines, p90Lines)
	}
	for _, f := range all {
		if f.lines > mostLines {
			t.Errorf("%s has %d lines, more than %d", f.name, f.lines, mostLines)
		}
	}
}

// A room is what a package shows to others.
type room struct {
	names, documented int
	bare              []string // names without a comment
}

// TestExports: a package shows few names, and says what they are. Counted are
// package-level names and the methods of exported types, not fields. 'go test -v'
// prints the names without a comment.
func TestExports(t *testing.T) {
	all := map[string]*room{}
	for _, s := range sources(t, rooms...) {
		if s.Name.Name == "main" || s.test() {
			continue
		}
		r := all[s.folder()]
		if r == nil {
			r = &room{}
			all[s.folder()] = r
		}
		for name, documented := range exported(s) {
			r.names++
			if documented {
				r.documented++
			} else {
				r.bare = append(r.bare, name)
			}
		}
	}
	var sum room
	for _, p := range slices.Sorted(maps.Keys(all)) {
		r := all[p]
		sum.names += r.names
		sum.documented += r.documented
		t.Logf("%-16s %3d names, %3d documented; not: %v", p, r.names, r.documented, r.bare)
		checkNames(t, p, r.names)
	}
	t.Logf("packages show at most %d names (%v excepted), %d %% of all documented:", mostExported, tooMany, leastDoc)
	t.Logf("%-16s %3d names, %.1f %% documented", "all", sum.names, 100*float64(sum.documented)/float64(sum.names))
	if 100*sum.documented < leastDoc*sum.names {
		t.Errorf("%d of %d exported names are documented, less than %d %%", sum.documented, sum.names, leastDoc)
	}
	for p := range tooMany {
		if all[p] == nil {
			t.Errorf("tooMany: there is no package %s", p)
		}
	}
}

// checkNames holds a package to its limit.
func checkNames(t *testing.T, folder string, names int) {
	t.Helper()
	known, listed := tooMany[folder]
	switch {
	case listed && names <= mostExported:
		t.Errorf("%s has %d exported names: remove it from tooMany", folder, names)
	case names > max(known, mostExported):
		t.Errorf("%s has %d exported names, more than %d", folder, names, max(known, mostExported))
	}
}
