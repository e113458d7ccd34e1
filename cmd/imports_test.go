// Package cmd_test holds what is true of the whole repository: the direction of
// imports, how long functions are, what packages show, that cores read no clock, that
// signposts lead somewhere. 'go test -v ./cmd' prints the figures.
package cmd_test

import (
	"go/build"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hopwire/cmd/setting"
)

// TestImports holds every package to its arrows, and every arrow to an import.
func TestImports(t *testing.T) {
	seen := 0
	filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || strings.HasPrefix(d.Name(), ".") && path != ".." {
			return err
		}
		if p, err := build.ImportDir(path, 0); err == nil && len(p.GoFiles) > 0 { // else nothing but tests
			name, _ := filepath.Rel("..", path)
			checkArrows(t, name, p.Imports)
			seen++
		}
		return nil
	})
	t.Logf("imports follow the arrows, and every arrow is used: %d packages", seen)
	if seen != len(arrows) {
		t.Errorf("%d packages found, %d have arrows", seen, len(arrows))
	}
}

func checkArrows(t *testing.T, name string, imports []string) {
	want, ok := arrows[name]
	if !ok {
		t.Errorf("package %s is not in the table", name)
	}
	for _, i := range imports {
		if ours, found := strings.CutPrefix(i, "hopwire/"); found && want[ours] == "" {
			t.Errorf("%s imports %s", name, ours)
		}
	}
	for to := range want {
		if !slices.Contains(imports, "hopwire/"+to) {
			t.Errorf("%s has an arrow to %s and does not import it", name, to)
		}
	}
}

// TestPrograms: each program is in the list by which settings are told apart.
func TestPrograms(t *testing.T) {
	dirs, _ := filepath.Glob("hopwire*")
	for _, d := range dirs {
		if !slices.Contains(setting.Programs[:], d) {
			t.Errorf("%s is not in setting.Programs", d)
		}
	}
	t.Logf("settings know their programs: %d here, %d in the list", len(dirs), len(setting.Programs))
	if len(dirs) == 0 {
		t.Error("no programs found")
	}
}

// TestOneReaderOfSettings: what envconfig would let through stands in one place.
func TestOneReaderOfSettings(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{.Imports}}", "hopwire/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(out)) {
		if strings.Contains(l, "envconfig") && !strings.HasPrefix(l, "hopwire/cmd/setting ") {
			t.Errorf("only cmd/setting may import envconfig: %s", l)
		}
	}
}

// TestNotLinked: what would not fit a router's flash.
func TestNotLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "hopwire/cmd/hopwire").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	t.Logf("no large library is linked, the mandated ones are: %d packages in hopwire", len(deps))
	for _, p := range []string{"net/http", "crypto/tls", "encoding/json", "hopwire/pay/gateway", "database/sql", "modernc.org/sqlite", "github.com/skycoin/skycoin/src/coin"} {
		if slices.Contains(deps, p) {
			t.Errorf("hopwire links %s", p)
		}
	}
	for _, p := range []string{"github.com/vishvananda/netlink/nl", "github.com/mdlayher/raw", "golang.org/x/sys/unix", "github.com/kelseyhightower/envconfig"} {
		if !slices.Contains(deps, p) {
			t.Errorf("hopwire does not use %s", p)
		}
	}
}
