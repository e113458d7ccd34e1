// Package cmd_test holds what is true of the whole repository: the direction of
// imports, how long functions are, what packages show, that cores read no clock, that
// signposts lead somewhere. 'go test -v ./cmd' prints the figures.
package cmd_test

import (
	"go/build"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hopwire/cmd/setting"
)

// allowed says what of ours a package may import; those below it by prefix too.
var allowed = map[string][]string{
	"link/aead":                    {},                         // crypto alone
	"link/step":                    {},                         // below all that is stepped, so it knows none of it
	"link":                         {"link/aead", "link/step"}, // step: timers, buckets, drawing, as in hop and route
	"link/nic":                     {"link"},                   // the system calls of ports; the core knows none
	"link/wiretest":                {},                         // reads a wire.md for the tests
	"link/linktest":                {"link"},
	"hop/offheap":                  {},
	"hop/onion":                    {"link", "link/aead", "link/step", "hop/offheap"}, // link: X25519, short ids, sizes; offheap: the filter
	"hop/call":                     {"link/step", "link"},                             // link: lists; knows no session
	"hop/ip":                       {"link", "link/step"},                             // link: the mesh's prefix; step: errors a second
	"hop":                          {"link", "link/step", "hop/onion", "hop/offheap"}, // circuits: no session, no IP
	"hop/node":                     {"link", "link/aead", "link/step", "hop", "hop/onion", "hop/call", "hop/ip"},
	"hop/run":                      {"link", "link/nic", "link/step", "hop", "hop/node", "hop/offheap"}, // the clock, and nothing above a node
	"hop/names":                    {"link"},
	"route":                        {"link", "link/step", "hop", "hop/onion"},                          // onion: keys that are announced
	"route/meshtest":               {"link", "link/linktest", "hop", "hop/node", "hop/onion", "route"}, // whole nodes for the tests
	"pay":                          {"link"},
	"scripts/test/capture":         {}, // an outsider's view: it must not know our keys
	"scripts/bench/load":           {}, // measures peers with the same code as us
	"scripts/bench/memory/memload": {"link", "link/nic", "hop", "hop/node", "hop/run", "hop/onion"},
	"scripts/test/memsearch":       {"link"},
	"scripts/test/tally":           {}, // counts what it is told of tests
	"scripts/test/openwrt/box":     {},
	"scripts/product/ipk":          {},
	"scripts/product/fleet":        {"link"}, // addresses and keys are judged by the code that will read them
}

// commands are the rooms of cmd, with the reason for each arrow. What the programs
// share stands below them and knows nothing of a node: a program that is none must
// not link one.
var commands = map[string]map[string]string{
	"cmd/hint": {},
	"cmd/hopwire": {
		"link":         "links are counted",
		"link/nic":     "ports are opened, interfaces are watched",
		"hop":          "the words of a path",
		"hop/node":     "the node",
		"hop/run":      "what runs it",
		"hop/onion":    "keys that the map announces",
		"hop/ip":       "the TUN",
		"hop/names":    "answers for names",
		"route":        "the map of the node",
		"pay":          "payment of the node",
		"cmd/hint":     "errors say what to do",
		"cmd/command":  "which command, help, errors",
		"cmd/control":  "the other commands ask the node that runs",
		"cmd/identity": "the node's key, and those of its network",
		"cmd/logs":     "the log of the node",
		"cmd/table":    "answers of the node",
		"cmd/setting":  "the settings of the node",
	},
	"cmd/command": {"cmd/hint": "errors are printed with their hints"},
	"cmd/control": {
		"cmd/hint":    "errors cross the socket with their hints",
		"cmd/setting": "hints name settings",
		"cmd/table":   "most answers are tables",
	},
	"cmd/identity": {
		"link":        "an identity is a link's; what a file of keys may hold is judged there",
		"cmd/hint":    "most faults of files are the operator's to mend",
		"cmd/setting": "hints name settings",
	},
	"cmd/logs":    {"cmd/table": "a value stays on its line by the same rule"},
	"cmd/table":   {},
	"cmd/setting": {"cmd/hint": "a bad value is the operator's to mend"},
}

func TestImports(t *testing.T) {
	seen := 0
	for name, arrows := range commands {
		allowed[name] = slices.Collect(maps.Keys(arrows))
	}
	filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || strings.HasPrefix(d.Name(), ".") && path != ".." {
			return err
		}
		p, err := build.ImportDir(path, 0)
		if err != nil || len(p.GoFiles) == 0 {
			return nil // nothing but tests, or no Go files
		}
		name, _ := filepath.Rel("..", path)
		want, ok := allowed[name]
		if !ok {
			t.Errorf("package %s is not in the table", name)
		}
		seen++
		for _, i := range p.Imports {
			if ours, found := strings.CutPrefix(i, "hopwire/"); found && !slices.Contains(want, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
		}
		return nil
	})
	if seen != len(allowed) {
		t.Errorf("%d packages found, %d in the table", seen, len(allowed))
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
	for _, p := range []string{"net/http", "crypto/tls", "encoding/json", "github.com/skycoin/skycoin/src/coin"} {
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
