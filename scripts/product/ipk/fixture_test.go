package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const epoch = 1_700_000_000

// write makes a file and the folders above it.
func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// standIns are small trees of what the two packages hold.
var standIns = map[string]os.FileMode{
	"openwrt/hopwire/files/etc/config/hopwire":                             0o644,
	"openwrt/hopwire/files/etc/init.d/hopwire":                             0o755,
	"openwrt/hopwire/files/etc/init.d-other":                               0o644, // sorts apart from init.d/
	"openwrt/hopwire/files/lib/upgrade/keep.d/hopwire":                     0o644,
	"openwrt/luci-app-hopwire/htdocs/luci-static/resources/view/status.js": 0o644,
	"openwrt/luci-app-hopwire/root/usr/share/rpcd/acl.d/hopwire.json":      0o644,
}

// small is a repository with stand-ins, a binary for amd64 that does nothing, and
// a key.
func small(t *testing.T) places {
	t.Helper()
	root := t.TempDir()
	p := places{root, filepath.Join(root, "bin"), filepath.Join(root, "dist"), filepath.Join(root, "keys")}
	for name, mode := range standIns {
		text := name + "\n"
		if strings.Contains(name, "keep.d") {
			text = "/etc/hopwire/\n"
		}
		write(t, filepath.Join(root, name), text, mode)
	}
	write(t, filepath.Join(root, "openwrt/architectures"), "# two\nx86_64 amd64\nother amd64 x86\n", 0o644)
	write(t, filepath.Join(p.bin, "amd64/hopwire"), string(nothing()), 0o755)
	if err := makeKey(p.keys); err != nil {
		t.Fatal(err)
	}
	return p
}

// nothing is a program that does nothing, built as 'make cross' builds.
var nothing = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "hopwire-ipk")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	os.WriteFile(dir+"/main.go", []byte("package main\n\nfunc main() {}\n"), 0o644)
	os.WriteFile(dir+"/go.mod", []byte("module nothing\n\ngo 1.26\n"), 0o644)
	c := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", "nothing")
	c.Dir = dir
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=-buildvcs=false")
	if out, err := c.CombinedOutput(); err != nil {
		panic(string(out))
	}
	b, err := os.ReadFile(dir + "/nothing")
	if err != nil {
		panic(err)
	}
	return b
})

func mustPack(t *testing.T, p places, epoch int64, only ...string) {
	t.Helper()
	if err := pack(p, "1.2.3", epoch, only); err != nil {
		t.Fatal(err)
	}
	if err := check(p, io.Discard); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
