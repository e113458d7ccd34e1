// Package state keeps what makes a program itself: the state folder with the
// identity file (the seed as hex, 0600), and the file of network keys, which others
// hand out.
//
//	folder := &state.Folder{Program: "hopwire", Path: "/var/lib/hopwire"}
//	id, made, err := folder.Init() // once
//	id, err := folder.Load()
//	lock, err := folder.Lock() // until the process ends
//
// It never replaces an identity, whatever is wrong with it, unless its file is empty:
// who has it is the node that others know. It never writes a secret where others can
// read it, no file of its is ever half written, and only Init writes at all: a
// program runs on a medium that is read-only or full.
package state

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hopwire/cmd/file"
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

// ErrEmpty is an identity file without anything in it: what a power cut leaves where
// another program, or an older one of ours, wrote it. Nothing is lost by a new one.
var ErrEmpty = errors.New("the identity file is empty")

// maxFile is more than an identity or two keys with comments take (bytes).
const maxFile = 16 << 10

// Load reads the identity. The error wraps fs.ErrNotExist when there is none, and
// ErrEmpty when there is nothing in the file; others say what is wrong with it.
func (f *Folder) Load() (*identity.Identity, error) {
	name := f.File()
	text, err := file.Read(name, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, hint.Errorf("run '"+f.Program+" init' once", "no identity: %w", err)
	case errors.Is(err, file.ErrKind):
		return nil, f.malformed(err)
	case err != nil:
		return nil, err
	case empty(text):
		return nil, hint.Errorf("restore it from a backup, or run '"+f.Program+" init' for a new address", "%s: %w", name, ErrEmpty)
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, hint.Errorf("chmod 600 "+name+"; if others may have read it, remove it and run '"+f.Program+" init'", "%s can be read by others", name)
	}
	id, err := parse(string(text))
	if err != nil {
		return nil, f.malformed(fmt.Errorf("%s: %v", name, err))
	}
	return id, nil
}

// empty says whether there is nothing but blanks and zeros.
func empty(text []byte) bool {
	for _, c := range text {
		if c > ' ' {
			return false
		}
	}
	return true
}

func (f *Folder) malformed(err error) error {
	return hint.Add(err, "restore it from a backup, or remove it and run '"+f.Program+" init' for a new address")
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

// Init makes an identity where there is none, or an empty file, and the folder; one
// that is there is kept and returned. The error of a folder that cannot be written
// says so.
func (f *Folder) Init() (id *identity.Identity, made bool, err error) {
	if id, err = f.Load(); err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrEmpty) {
		return id, false, err
	}
	if id, err = identity.NewIdentity(rand.Reader); err != nil {
		return nil, false, err
	}
	seed := id.Seed()
	if err = os.MkdirAll(f.Path, 0o700); err == nil {
		err = file.Write(f.File(), []byte(hex.EncodeToString(seed[:])+"\n"))
	}
	if err != nil {
		return nil, false, hint.Errorf("make room there or mount it writable, or set "+setting.Name(f.Program, "STATE")+" to a folder that can be written", "the identity cannot be kept: %w", err)
	}
	return id, true, nil
}
