package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hopwire/link/identity"
)

// mark is the first line of what is written here: only that is ever replaced.
const mark = "# Made by hopwire's scripts/image; edit the mesh file instead.\n"

// keyPath is the network key's place, the only file that is never replaced.
const keyPath = "etc/hopwire/network.key"

// networkKey returns the text of the key file, which is made when it is missing.
func (m mesh) networkKey(meshFile string, w io.Writer) (string, error) {
	name := m.keyFile(meshFile)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		var key identity.NetworkKey
		rand.Read(key[:]) // never fails
		_, err = fmt.Fprintf(f, "%x\n", key)
		fmt.Fprintf(w, "image: made %s: keep a copy, it is the secret of the mesh\n", name)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return "", err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", hint("chmod 600 "+name, "%s can be read by others", name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	keys, err := identity.ParseNetworkKeys(text)
	if err != nil {
		return "", hint("restore it from a copy; or remove it, and a new key for a new mesh is made", "%s: %w", name, err)
	}
	lines := ""
	for _, k := range keys {
		lines += fmt.Sprintf("%x\n", k)
	}
	return lines, nil
}

// files are the overlay's: paths and texts; no text means no file. standard is the
// package's /etc/config/hopwire.
func (m mesh) files(key, standard string) map[string]string {
	f := map[string]string{keyPath: mark + key, "etc/config/hopwire": mark + m.config(standard), "etc/dropbear/authorized_keys": ""}
	if keys := m["ssh_key"]; keys != nil {
		f["etc/dropbear/authorized_keys"] = mark + strings.Join(keys, "\n") + "\n"
	}
	return f
}

// writeOverlay writes the files into the folder and leaves others there alone.
func writeOverlay(dir string, files map[string]string) error {
	for name, text := range files {
		if err := replaceable(filepath.Join(dir, name), name, text); err != nil {
			return err
		}
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if text == "" {
			if old, err := os.ReadFile(path); err == nil && bytes.HasPrefix(old, []byte(mark)) {
				if err := os.Remove(path); err != nil { // of an older description
					return err
				}
			}
			continue
		}
		if err := writeFile(dir, name, text); err != nil {
			return err
		}
	}
	return nil
}

// replaceable says whether a file may be written over: never another network key,
// nor what somebody else wrote.
func replaceable(path, name, text string) error {
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case string(old) == text:
		return nil
	case name == keyPath:
		return hint("if the key was changed on purpose, remove that file", "%s holds another network key", path)
	case text != "" && !bytes.HasPrefix(old, []byte(mark)):
		return hint("move it away, or put what it says into the mesh file", "%s was not written by this tool", path)
	}
	return nil
}

// private folders are those that only root may look into.
var private = []string{"etc/hopwire", "etc/dropbear"}

// writeFile writes 0600 below folders of 0755, or 0700 where they are private: the
// image keeps modes.
func writeFile(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	for d := filepath.Dir(name); ; d = filepath.Dir(d) {
		mode := fs.FileMode(0o755)
		if slices.Contains(private, d) {
			mode = 0o700
		}
		if err := os.Chmod(filepath.Join(dir, d), mode); err != nil { // whatever the umask is
			return err
		}
		if d == "." {
			break
		}
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}
