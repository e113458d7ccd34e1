package state

import (
	"os"

	"golang.org/x/sys/unix"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
)

// Lock makes sure that one process uses the folder: it holds the folder, which is
// returned, open until it ends. The lock is on the folder itself, because a file to
// lock could not be made on a medium that is read-only or full. Where the file system
// has no locks for folders (NFS), there is none.
func (f *Folder) Lock() (*os.File, error) {
	lock, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK {
		lock.Close()
		return nil, hint.Errorf("stop it, or set "+setting.Name(f.Program, "STATE")+" to another folder", "another %s runs with the state folder %s", f.Program, f.Path)
	}
	return lock, nil
}
