package state

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
)

// Lock makes sure that one process uses the folder: it holds the file that is
// returned open until it ends.
func (f *Folder) Lock() (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(f.Path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		lock.Close()
		return nil, hint.Errorf("stop it, or set "+setting.Name(f.Program, "STATE")+" to another folder", "another %s runs with the state folder %s", f.Program, f.Path)
	}
	return lock, nil
}
