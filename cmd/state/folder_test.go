package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	for _, text := range []string{"nonsense", "", "00", strings.Repeat("0", 62) + "xx", strings.Repeat("00", 33)} {
		os.WriteFile(f.File(), []byte(text), 0o600)
		if _, _, err := f.Init(); err == nil || hint.Of(err) == "" {
			t.Errorf("a malformed identity was replaced: %q: %v", text, err)
		}
	}
	if left, _ := filepath.Glob(f.Path + "/.new-*"); len(left) > 0 {
		t.Errorf("left over: %v", left)
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
