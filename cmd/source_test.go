package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A source is one parsed Go file. Its path is from the root of the repository.
type source struct {
	path string
	*ast.File
	set *token.FileSet
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// folder is the package's path.
func (s source) folder() string { return filepath.ToSlash(filepath.Dir(s.path)) }

func (s source) line(p token.Pos) int { return s.set.Position(p).Line }

// lines is how many lines a node takes.
func (s source) lines(n ast.Node) int { return s.line(n.End()) - s.line(n.Pos()) + 1 }

// walk calls visit with every file below a folder of the repository whose name ends
// in one of these ways. Hidden folders, testdata and what is built are left out.
func walk(t *testing.T, folder string, visit func(path string), ends ...string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && name != ".." && (name[0] == '.' || slices.Contains([]string{"testdata", "bin", "dist"}, name)) {
			return filepath.SkipDir
		}
		if rel, _ := filepath.Rel("..", path); !d.IsDir() && slices.Contains(ends, filepath.Ext(name)) {
			visit(filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources parses the Go files of some folders, tests too, whatever they are built for.
func sources(t *testing.T, folders ...string) []source {
	t.Helper()
	set := token.NewFileSet()
	var all []source
	for _, folder := range folders {
		walk(t, folder, func(path string) {
			f, err := parser.ParseFile(set, filepath.Join("..", path), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, source{path, f, set})
		}, ".go")
	}
	return all
}
