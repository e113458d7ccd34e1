package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"hopwire/cmd/hint"
	"hopwire/link"
)

func identityFile(c *config) string { return filepath.Join(c.State, "identity") }

// loadIdentity reads the identity; fs.ErrNotExist when there is none.
func loadIdentity(c *config) (*link.Identity, error) {
	name := identityFile(c)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint.Errorf("run 'hopwire init' once", "no identity: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, hint.Errorf("chmod 600 "+name+"; if others may have read it, remove it and run 'hopwire init'", "%s can be read by others", name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != 32 {
		return nil, hint.Errorf("restore it from a backup, or remove it and run 'hopwire init' for a new address", "%s is not an identity", name)
	}
	id, err := link.IdentityFromSeed([32]byte(seed))
	if err != nil {
		return nil, hint.Errorf("restore it from a backup, or remove it and run 'hopwire init' for a new address", "%s: %v", name, err)
	}
	return id, nil
}

// initIdentity makes an identity where there is none; an existing one is kept.
func initIdentity(c *config) (id *link.Identity, made bool, err error) {
	if id, err = loadIdentity(c); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return id, false, err
	}
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return nil, false, hint.Errorf("set HOPWIRE_STATE to a folder that can be written", "%v", err)
	}
	if id, err = link.NewIdentity(rand.Reader); err != nil {
		return nil, false, err
	}
	seed := id.Seed()
	return id, true, writeFile(identityFile(c), []byte(hex.EncodeToString(seed[:])+"\n"))
}

// writeFile writes a file of ours whole or not at all: write, fsync, rename, and
// fsync of the folder.
func writeFile(name string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".new-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// lockState makes sure that one daemon uses the state folder; the file stays open
// until the process ends.
func lockState(c *config) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(c.State, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		f.Close()
		return nil, hint.Errorf("stop it, or set HOPWIRE_STATE to another folder", "another hopwire runs with the state folder %s", c.State)
	}
	return f, nil
}
