package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hopwire/cmd/file"
	"hopwire/cmd/hint"
)

func TestIdentityFile(t *testing.T) {
	f := &Folder{Program: "hopwire", Path: filepath.Join(t.TempDir(), "state")}
	if _, err := f.Load(); !errors.Is(err, os.ErrNotExist) || hint.Of(err) != "run 'hopwire init' once" {
		t.Errorf("without one: %v", err)
	}
	first, made, err := f.Init()
	if err != nil || !made {
		t.Fatal(err)
	}
	again, made, err := f.Init()
	if err != nil || made || again.Key() != first.Key() {
		t.Errorf("a second init: %v, made %v", err, made)
	}
	info, _ := os.Stat(f.File())
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if info, _ := os.Stat(f.Path); info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the folder %v", info.Mode())
	}
	os.Chmod(f.File(), 0o640)
	if _, err := f.Load(); err == nil || !strings.Contains(err.Error(), "read by others") {
		t.Errorf("readable by the group: %v", err)
	}
	os.Chmod(f.File(), 0o600)
	for _, text := range []string{"nonsense", "x\x00", "00", strings.Repeat("0", 62) + "xx", strings.Repeat("00", 33)} {
		os.WriteFile(f.File(), []byte(text), 0o600)
		if _, _, err := f.Init(); err == nil || hint.Of(err) == "" {
			t.Errorf("a malformed identity was replaced: %q: %v", text, err)
		}
	}
	os.WriteFile(f.File(), make([]byte, maxFile+1), 0o600)
	if _, _, err := f.Init(); err == nil || hint.Of(err) == "" {
		t.Errorf("a long file was replaced: %v", err)
	}
	if left, _ := filepath.Glob(f.Path + "/.new-*"); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// TestEmptyIdentity: what a power cut leaves is no identity, whatever its mode, and
// is made anew; until then Load says so.
func TestEmptyIdentity(t *testing.T) {
	f := &Folder{Program: "hopwire", Path: t.TempDir()}
	for _, left := range []string{"", "\n", strings.Repeat("\x00", 65)} {
		os.WriteFile(f.File(), []byte(left), 0o644)
		if _, err := f.Load(); !errors.Is(err, ErrEmpty) || !strings.Contains(hint.Of(err), "backup") {
			t.Errorf("%q: %v, want %v", left, err, ErrEmpty)
		}
		id, made, err := f.Init()
		if err != nil || !made {
			t.Fatalf("%q: made %v, %v", left, made, err)
		}
		if again, err := f.Load(); err != nil || again.Key() != id.Key() {
			t.Errorf("%q: it is not kept: %v", left, err)
		}
		os.Remove(f.File())
	}
}

// TestIdentityIsNoFile: a FIFO or a folder in its place is said; the start hung.
func TestIdentityIsNoFile(t *testing.T) {
	for _, make := range []func(string) error{func(p string) error { return unix.Mkfifo(p, 0o600) }, func(p string) error { return os.Mkdir(p, 0o700) }} {
		f := &Folder{Program: "hopwire", Path: t.TempDir()}
		make(f.File())
		if _, made, err := f.Init(); err == nil || made || hint.Of(err) == "" || !strings.Contains(err.Error(), f.File()) {
			t.Errorf("made %v, %v, hint %q", made, err, hint.Of(err))
		}
		if _, err := NetworkKeys("hopwire", f.File()); err == nil || !strings.Contains(err.Error(), f.File()) {
			t.Errorf("of keys: %v", err)
		}
	}
}

// TestReadOnlyFolder: a program with an identity locks the folder and reads it; what
// must be written says so. The lock was a file.
func TestReadOnlyFolder(t *testing.T) {
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root")
		}
		return
	}
	f := &Folder{Program: "hopwire", Path: t.TempDir()}
	first, _, err := f.Init()
	if err != nil {
		t.Fatal(err)
	}
	mount := func(flags uintptr) {
		t.Helper()
		if err := unix.Mount(f.Path, f.Path, "", flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	mount(unix.MS_BIND)
	defer unix.Unmount(f.Path, unix.MNT_DETACH)
	mount(unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY)
	lock, err := f.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if id, made, err := f.Init(); err != nil || made || id.Key() != first.Key() {
		t.Errorf("made %v, %v", made, err)
	}
	sub := &Folder{Program: "hopwire", Path: filepath.Join(f.Path, "sub")}
	if _, _, err := sub.Init(); !file.Unwritable(err) || !strings.Contains(hint.Of(err), "HOPWIRE_STATE") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}

// TestNoFolder: where none can be made, the setting is named, of whatever program.
func TestNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	os.Symlink("nowhere", path)
	_, made, err := (&Folder{Program: "hopwire-route", Path: path}).Init()
	if err == nil || made || !strings.Contains(hint.Of(err), "HOPWIRE_ROUTE_STATE") {
		t.Errorf("made %v, %v, hint %q", made, err, hint.Of(err))
	}
}

func TestStateIsLocked(t *testing.T) {
	c := &Folder{Program: "hopwire-route", Path: t.TempDir()}
	f, err := c.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Lock(); err == nil || !strings.Contains(err.Error(), "another hopwire-route") || !strings.Contains(hint.Of(err), "HOPWIRE_ROUTE_STATE") {
		t.Errorf("two daemons may use one state folder: %v", err)
	}
	f.Close()
	if g, err := c.Lock(); err != nil {
		t.Error(err)
	} else {
		g.Close()
	}
}

func TestNetworkKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	for _, c := range []struct {
		text, word string
		keys       int
	}{
		{strings.Repeat("ab", 32) + "\n", "", 1},
		{strings.Repeat("ab", 32) + "\n" + strings.Repeat("cd", 32) + "\n", "", 2},
		{"", file, 0},
		{"ab\n", file, 0},
	} {
		os.WriteFile(file, []byte(c.text), 0o600)
		keys, err := NetworkKeys("hopwire-route", file)
		if len(keys) != c.keys || (err == nil) != (c.keys > 0) {
			t.Errorf("%q: %d keys, want %d: %v", c.text, len(keys), c.keys, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "HOPWIRE_ROUTE_NETWORK_KEY_FILE "+c.word) || !strings.Contains(hint.Of(err), "urandom")) {
			t.Errorf("%q: %v, hint %q", c.text, err, hint.Of(err))
		}
	}
	if _, err := NetworkKeys("hopwire", ""); err == nil || err.Error() != "HOPWIRE_NETWORK_KEY_FILE is not set" {
		t.Errorf("without a setting: %v", err)
	}
	if _, err := NetworkKeys("hopwire", file+"2"); !strings.Contains(err.Error(), "no such file") {
		t.Errorf("without a file: %v", err)
	}
}
