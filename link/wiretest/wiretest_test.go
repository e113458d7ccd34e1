package wiretest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const document = "# a: the wire\n\n## Frame\n\n" +
	"| name | offset | size | constant | meaning |\n|---|---|---|---|---|\n" +
	"| counter | 0 | 8 | `offCounter` | masked |\n| body | 8 | n | `offBody` | |\n\n" +
	"## Head\n\n| name | offset | size | constant | meaning |\n|---|---|---|---|---|\n| label | 0 | 4 | `offLabel` | |\n\n" +
	"## Constants\n\n| constant | value | traded against |\n|---|---|---|\n| `gap` | 1.5 s | silence |\n| `most` | 64 | memory |\n"

var (
	layout    = map[string]int{"offCounter": 0, "offBody": 8, "offLabel": 0}
	constants = map[string]any{"gap": 1500 * time.Millisecond, "most": 64}
)

// A recorder counts what a test would report. What it does not have panics.
type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.errors++ }

func write(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "wire.md")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAgrees(t *testing.T) {
	path := write(t, document)
	sizes := Layouts(t, path, layout)
	if got := sizes["Frame"]; !slices.Equal(got, []int{8}) {
		t.Errorf("the table of Frame has %v bytes, want [8]", got)
	}
	if got := sizes["Head"]; !slices.Equal(got, []int{4}) {
		t.Errorf("the table of Head has %v bytes, want [4]", got)
	}
	Constants(t, path, constants)
	if got := Rows(t, path, "Constants"); len(got) != 2 || got[0][0] != "gap" || got[1][1] != "64" {
		t.Errorf("rows of Constants: %q", got)
	}
}

// TestDiffers: each single difference between document and code is one report or more.
func TestDiffers(t *testing.T) {
	path := write(t, document)
	for name, do := range map[string]func(r *recorder){
		"another offset":  func(r *recorder) { Layouts(r, path, map[string]int{"offCounter": 0, "offBody": 9, "offLabel": 0}) },
		"not in the code": func(r *recorder) { Layouts(r, path, map[string]int{"offCounter": 0, "offBody": 8}) },
		"not in the document": func(r *recorder) {
			Layouts(r, path, map[string]int{"offCounter": 0, "offBody": 8, "offLabel": 0, "offTag": 8})
		},
		"another duration": func(r *recorder) { Constants(r, path, map[string]any{"gap": time.Second, "most": 64}) },
		"another number":   func(r *recorder) { Constants(r, path, map[string]any{"gap": 1500 * time.Millisecond, "most": 65}) },
		"no such value":    func(r *recorder) { Constants(r, path, map[string]any{"gap": 1500 * time.Millisecond}) },
		"no such row": func(r *recorder) {
			Constants(r, path, map[string]any{"gap": 1500 * time.Millisecond, "most": 64, "least": 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var r recorder
			if do(&r); r.errors == 0 {
				t.Error("not reported")
			}
		})
	}
}

// TestSizes: an offset must follow from the sizes before it, though the code has it too.
func TestSizes(t *testing.T) {
	path := write(t, "| name | offset | size | constant |\n|---|---|---|---|\n| a | 0 | 8 | `offA` |\n| b | 9 | 1 | `offB` |\n")
	var r recorder
	if Layouts(&r, path, map[string]int{"offA": 0, "offB": 9}); r.errors != 1 {
		t.Errorf("%d reports, want 1", r.errors)
	}
}
