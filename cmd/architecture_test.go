package cmd_test

import (
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

// onePage is how long ARCHITECTURE.md may be: what is longer is not read.
const onePage, onePageWords = 200, 2000

// A place is a Go file of ours, and mostly what is declared in it: a function, a type
// or a Type.Method.
var place = regexp.MustCompile("`([a-z0-9_/]+\\.go)(?::([A-Za-z0-9.]+))?`")

// TestArchitecture: ARCHITECTURE.md is one page, all that it points to exists, and it
// names every package.
func TestArchitecture(t *testing.T) {
	b, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if lines, words := strings.Count(text, "\n"), len(strings.Fields(text)); lines > onePage || words > onePageWords {
		t.Errorf("%d lines, %d words; at most %d and %d", lines, words, onePage, onePageWords)
	}
	there := declarations(t)
	found := place.FindAllStringSubmatch(text, -1)
	for _, m := range found {
		if names := there[m[1]]; names == nil || m[2] != "" && !names[m[2]] {
			t.Errorf("there is no %s", strings.Trim(m[0], "`"))
		}
	}
	t.Logf("ARCHITECTURE.md points to what is there: %d places, %d packages", len(found), len(arrows))
	if len(found) < 80 {
		t.Errorf("%d places found, want 80 at least: are they still read?", len(found))
	}
	for p := range arrows {
		if !strings.Contains(text, "`"+p+"`") {
			t.Errorf("package %s is not named", p)
		}
	}
}

// declarations are what each Go file declares, by its path: methods as Type.Method.
func declarations(t *testing.T) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, s := range sources(t, ".") {
		names := map[string]bool{}
		for _, d := range s.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				name, _ := method(d)
				names[name] = true
			case *ast.GenDecl:
				declared(d, names)
			}
		}
		all[s.path] = names
	}
	return all
}

// declared enters the names of one const, var or type declaration.
func declared(d *ast.GenDecl, names map[string]bool) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			names[spec.Name.Name] = true
		case *ast.ValueSpec:
			for _, n := range spec.Names {
				names[n.Name] = true
			}
		}
	}
}
