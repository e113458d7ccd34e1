// Package state keeps what makes a program itself: the state folder with the
// identity file (the seed as hex, 0600) and the lock, and the file of network keys,
// which others hand out.
//
//	folder := &state.Folder{Program: "hopwire", Path: "/var/lib/hopwire"}
//	id, made, err := folder.Init() // once
//	id, err := folder.Load()
//	lock, err := folder.Lock() // until the process ends
//
// It never replaces an identity, whatever is wrong with it: who has it is the node
// that others know. It never writes a secret where others can read it, and no file
// of its is ever half written.
package state

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/link/identity"
)

// A Folder is where a program keeps its state.
type Folder struct {
	_       [0]func() // not compared: saves the code
	Program string    // whose: hints name its command and its setting STATE
	Path    string
}

// File is the name of the identity file.
func (f *Folder) File() string { return filepath.Join(f.Path, "identity") }

// Load reads the identity. The error wraps fs.ErrNotExist when there is none; others
// say what is wrong with it.
func (f *Folder) Load() (*identity.Identity, error) {
	name := f.File()
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint.Errorf("run '"+f.Program+" init' once", "no identity: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, hint.Errorf("chmod 600 "+name+"; if others may have read it, remove it and run '"+f.Program+" init'", "%s can be read by others", name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	id, err := parse(string(text))
	if err != nil {
		return nil, hint.Errorf("restore it from a backup, or remove it and run '"+f.Program+" init' for a new address", "%s: %v", name, err)
	}
	return id, nil
}

var errFormat = errors.New("not an identity of 64 hex digits")

// parse reads what Init has written.
func parse(text string) (*identity.Identity, error) {
	seed, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(seed) != 32 {
		return nil, errFormat
	}
	return identity.IdentityFromSeed([32]byte(seed))
}

// Init makes an identity where there is none, and the folder; one that is there is
// kept and returned.
func (f *Folder) Init() (id *identity.Identity, made bool, err error) {
	if id, err = f.Load(); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return id, false, err
	}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return nil, false, hint.Errorf("set "+setting.Name(f.Program, "STATE")+" to a folder that can be written", "%v", err)
	}
	if id, err = identity.NewIdentity(rand.Reader); err != nil {
		return nil, false, err
	}
	seed := id.Seed()
	return id, true, writeFile(f.File(), []byte(hex.EncodeToString(seed[:])+"\n"))
}
